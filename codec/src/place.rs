//! What all places have in common: a macro that the generated places are written with.
//!
//! A place is where a message is met, such as "client to reader, sealed". Its decoder tells the messages apart by
//! their first byte and refuses the messages of other places.

/// An enum over the messages of one place.
macro_rules! place {
    (
        $(#[$about:meta])*
        pub enum $place:ident {
            $($(#[$doc:meta])* $code:literal $variant:ident($message:ident),)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $place<'a> {
            $($(#[$doc])* $variant($message<'a>),)+
        }

        impl<'a> $place<'a> {
            /// Decodes exactly one message of this place from all of `bytes`.
            ///
            /// # Errors
            /// The first rule that the bytes break, with field and offset; `message-type` where the first byte names
            /// no message of this place.
            #[inline]
            pub fn decode(bytes: &'a [u8]) -> Result<Self, $crate::DecodeError> {
                match bytes.first() {
                    $(Some($code) => $crate::Message::decode(bytes).map(Self::$variant),)+
                    _ => Err($crate::DecodeError {
                        rule: $crate::message::CodecRule::MessageType,
                        field: $crate::shape::Title::new("code"),
                        offset: 0,
                    }),
                }
            }

            /// Encodes this message at the start of `out` and returns the length in bytes.
            ///
            /// # Errors
            /// A value that no decoder would take, or a buffer that is too small.
            pub fn encode(&self, out: &mut [u8]) -> Result<usize, $crate::EncodeError> {
                let mut writer = $crate::wire::Writer::new(out);
                let (extensions, shape) = match self {
                    $(
                        Self::$variant(message) => {
                            $crate::Message::write(message, &mut writer)?;
                            (message.extensions, <$message<'_> as $crate::Message<'_>>::SHAPE)
                        }
                    )+
                };
                $crate::wire::finish(writer, extensions, shape)
            }

            /// The first byte of the encoding.
            #[must_use]
            pub const fn code(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $code,)+
                }
            }

            /// The schema's name of the message.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$message<'_> as $crate::Message<'_>>::NAME,)+
                }
            }
        }

        $(
            impl<'a> From<$message<'a>> for $place<'a> {
                fn from(message: $message<'a>) -> Self {
                    Self::$variant(message)
                }
            }
        )+
    };
}

pub(crate) use place;

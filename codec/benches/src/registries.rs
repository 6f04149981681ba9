//! The closed registries of the mix, for the peers and the twin: an enum whose unknown values are refused.

/// An enum that every peer checks by its own means.
macro_rules! closed {
    ($($registry:ident { $($variant:ident = $value:tt,)+ })+) => {
        $(
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq,
                serde::Serialize, serde::Deserialize,
                bincode::Encode, bincode::Decode,
                minicbor::Encode, minicbor::Decode,
                wincode::SchemaWrite, wincode::SchemaRead,
            )]
            #[repr(u8)]
            #[cbor(index_only)]
            #[wincode(tag_encoding = "u8")]
            pub(crate) enum $registry {
                $(
                    #[n($value)]
                    #[wincode(tag = $value)]
                    $variant = $value,
                )+
            }

            impl $registry {
                /// The value of this number.
                #[inline]
                pub(crate) const fn from_u8(number: u8) -> Option<Self> {
                    match number {
                        $($value => Some(Self::$variant),)+
                        _ => None,
                    }
                }
            }

            impl crate::model::Number for $registry {
                #[inline(always)]
                fn number(&self) -> u64 {
                    *self as u64
                }
            }

            // What holds a registry's value as a number, as protobuf does.
            impl crate::model::Held<$registry> for i32 {
                fn hold(fact: $registry) -> Self {
                    fact as Self
                }
            }

            impl crate::model::Held<$registry> for cardwire_codec::message::$registry {
                fn hold(fact: $registry) -> Self {
                    match fact {
                        $($registry::$variant => Self::$variant,)+
                    }
                }
            }

            impl crate::model::Number for cardwire_codec::message::$registry {
                #[inline(always)]
                fn number(&self) -> u64 {
                    u64::from(self.value())
                }
            }
        )+
    };
}

closed! {
    JobState { Unknown = 0, Running = 1, Interrupted = 2, Done = 3, }
    Policy { WholeService = 1, PerStep = 2, }
    WorkingState { Disabled = 0, Enabled = 1, Busy = 2, Failed = 3, }
}

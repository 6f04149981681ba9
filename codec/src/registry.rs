//! What all registries have in common: two macros that the generated registries are written with.

/// A registry whose unknown values the codec refuses: an enum.
macro_rules! closed_registry {
    (
        $(#[$about:meta])*
        pub enum $registry:ident: $number:ident {
            $($(#[$doc:meta])* $variant:ident = $value:literal $name:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr($number)]
        pub enum $registry {
            $($(#[$doc])* $variant = $value,)+
        }

        impl $registry {
            /// Every value, in the order of the schema.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The number on the wire.
            #[must_use]
            pub const fn value(self) -> $number {
                self as $number
            }

            /// The value of this number, if one is registered.
            #[must_use]
            pub const fn from_value(value: $number) -> Option<Self> {
                match value {
                    $($value => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The schema's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl core::fmt::Display for $registry {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }

        #[cfg(feature = "plain")]
        impl serde::Serialize for $registry {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        #[cfg(feature = "plain")]
        impl<'de> serde::Deserialize<'de> for $registry {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let all = Self::ALL.iter().copied();
                let known = all.map(|value| (value, value.name(), u64::from(value.value())));
                from.deserialize_any($crate::plain::RegisteredVisitor::new(known, |_| None))
            }
        }

        impl $crate::wire::Part<'_> for $registry {
            #[inline(always)]
            fn read(cursor: &mut $crate::wire::Cursor<'_>) -> Option<Self> {
                Self::from_value(cursor.$number()?)
            }

            #[inline(always)]
            fn write(
                &self,
                writer: &mut $crate::wire::Writer<'_>,
                _field: &'static str,
            ) -> Result<(), $crate::EncodeError> {
                writer.$number(self.value())
            }
        }
    };
}

/// A registry whose unknown values are kept, to be judged later: a number with names.
macro_rules! open_registry {
    (
        $(#[$about:meta])*
        pub struct $registry:ident: $number:ident {
            $($(#[$doc:meta])* $constant:ident = $value:literal $name:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $registry(
            /// The number on the wire.
            pub $number,
        );

        impl $registry {
            $($(#[$doc])* pub const $constant: Self = Self($value);)+

            /// Every registered value, in the order of the schema.
            pub const ALL: &[Self] = &[$(Self::$constant),+];

            /// The number on the wire.
            #[must_use]
            pub const fn value(self) -> $number {
                self.0
            }

            /// The schema's name, if the value is registered.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)+
                    _ => None,
                }
            }
        }

        impl core::fmt::Display for $registry {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#0width$X}", self.0, width = 2 + 2 * size_of::<Self>()),
                }
            }
        }

        #[cfg(feature = "plain")]
        impl serde::Serialize for $registry {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self.name() {
                    Some(name) => to.serialize_str(name),
                    None => to.serialize_u64(u64::from(self.0)),
                }
            }
        }

        #[cfg(feature = "plain")]
        impl<'de> serde::Deserialize<'de> for $registry {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let known = Self::ALL
                    .iter()
                    .filter_map(|value| Some((*value, value.name()?, u64::from(value.0))));
                let unknown = |value| $number::try_from(value).ok().map(Self);
                from.deserialize_any($crate::plain::RegisteredVisitor::new(known, unknown))
            }
        }

        impl $crate::wire::Part<'_> for $registry {
            #[inline(always)]
            fn read(cursor: &mut $crate::wire::Cursor<'_>) -> Option<Self> {
                cursor.$number().map(Self)
            }

            #[inline(always)]
            fn write(
                &self,
                writer: &mut $crate::wire::Writer<'_>,
                _field: &'static str,
            ) -> Result<(), $crate::EncodeError> {
                writer.$number(self.0)
            }
        }
    };
}

pub(crate) use {closed_registry, open_registry};

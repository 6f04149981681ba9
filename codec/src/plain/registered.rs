//! Registry values in JSON: a name, or a number.

use core::{fmt, marker::PhantomData};
use serde::de::{Error, Visitor};

/// Takes the name or the number of a registry value.
pub(crate) struct RegisteredVisitor<T, K, U> {
    known: K,
    unknown: U,
    value: PhantomData<T>,
}

impl<T, K, U> RegisteredVisitor<T, K, U>
where
    K: Iterator<Item = (T, &'static str, u64)>,
    U: Fn(u64) -> Option<T>,
{
    /// `known` gives the registered values with name and number, `unknown` the value of another number.
    pub(crate) fn new(known: K, unknown: U) -> Self {
        Self {
            known,
            unknown,
            value: PhantomData,
        }
    }
}

impl<T, K, U> Visitor<'_> for RegisteredVisitor<T, K, U>
where
    K: Iterator<Item = (T, &'static str, u64)>,
    U: Fn(u64) -> Option<T>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name of the registry, or a number")
    }

    fn visit_str<E: Error>(mut self, name: &str) -> Result<T, E> {
        let found = self.known.find(|(_, known, _)| *known == name);
        found
            .map(|(value, _, _)| value)
            .ok_or_else(|| E::custom(format_args!("`{name}` is not in the registry")))
    }

    fn visit_u64<E: Error>(mut self, number: u64) -> Result<T, E> {
        let found = self.known.find(|(_, _, known)| *known == number);
        found
            .map(|(value, _, _)| value)
            .or_else(|| (self.unknown)(number))
            .ok_or_else(|| E::custom(format_args!("{number} is not in the registry")))
    }
}

//! Values for fuzzers: what the generated `Arbitrary` implementations are made of. Each function gives one that takes
//! the fuzzer's bytes.

pub(super) use ::arbitrary::{Arbitrary, Result, Unstructured};

use super::{EXTENSION_MAX, Extension, NAME};
use crate::{check::CRITICAL, shape::Shape};
use ::arbitrary::unstructured::Int;
use alloc::{string::String, vec::Vec};

pub(super) fn any<T: for<'b> Arbitrary<'b>>() -> impl Fn(&mut Unstructured<'_>) -> Result<T> {
    |bytes| T::arbitrary(bytes)
}

pub(super) fn structure<T: for<'b> Arbitrary<'b>>() -> impl Fn(&mut Unstructured<'_>) -> Result<T> {
    any()
}

pub(super) fn number<T: Int>(min: T, max: T) -> impl Fn(&mut Unstructured<'_>) -> Result<T> {
    move |bytes| bytes.int_in_range(min..=max)
}

pub(super) fn array<const N: usize>() -> impl Fn(&mut Unstructured<'_>) -> Result<[u8; N]> {
    any()
}

pub(super) fn bytes(min: usize, max: usize) -> impl Fn(&mut Unstructured<'_>) -> Result<Vec<u8>> {
    list(any::<u8>(), min, max)
}

pub(super) fn name(min: usize, max: usize) -> impl Fn(&mut Unstructured<'_>) -> Result<String> {
    let character = one_of(NAME);
    move |bytes| {
        let characters = list(&character, min, max)(bytes)?;
        Ok(characters.into_iter().map(char::from).collect())
    }
}

/// A registered value, or any number.
pub(super) fn open<T: Copy, N: for<'b> Arbitrary<'b>>(
    registered: &'static [T],
    of: impl Fn(N) -> T,
) -> impl Fn(&mut Unstructured<'_>) -> Result<T> {
    move |bytes| {
        if bytes.arbitrary()? {
            bytes.choose(registered).copied()
        } else {
            bytes.arbitrary().map(&of)
        }
    }
}

pub(super) fn one_of<T: Copy>(values: &'static [T]) -> impl Fn(&mut Unstructured<'_>) -> Result<T> {
    move |bytes| bytes.choose(values).copied()
}

pub(super) fn perhaps<T>(
    value: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> impl Fn(&mut Unstructured<'_>) -> Result<Option<T>> {
    move |bytes| {
        if bytes.arbitrary()? {
            value(bytes).map(Some)
        } else {
            Ok(None)
        }
    }
}

pub(super) fn list<T>(
    item: impl Fn(&mut Unstructured<'_>) -> Result<T>,
    min: usize,
    max: usize,
) -> impl Fn(&mut Unstructured<'_>) -> Result<Vec<T>> {
    move |bytes| {
        let count = bytes.int_in_range(min..=max)?;
        (0..count).map(|_| item(bytes)).collect()
    }
}

/// A list that ascends. Of a fuzzer's bytes that are used up come equal items: they stand for one, so that there may be
/// fewer than asked for, and one at least.
pub(super) fn ascending<T: Ord>(
    item: impl Fn(&mut Unstructured<'_>) -> Result<T>,
    min: usize,
    max: usize,
) -> impl Fn(&mut Unstructured<'_>) -> Result<Vec<T>> {
    move |bytes| {
        let mut items = list(&item, min, max)(bytes)?;
        items.sort();
        items.dedup();
        Ok(items)
    }
}

/// Extensions that the schema does not define, none of them critical.
pub(super) fn extensions(shape: &'static Shape) -> impl Fn(&mut Unstructured<'_>) -> Result<Vec<Extension>> {
    move |input| {
        let all = list(
            |input: &mut Unstructured<'_>| {
                Ok(Extension {
                    tag: number(0, !CRITICAL)(input)?,
                    value: bytes(0, EXTENSION_MAX)(input)?,
                })
            },
            0,
            2,
        )(input)?;
        Ok(Extension::arrange(all, shape))
    }
}

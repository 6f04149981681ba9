//! Values for property tests: what the generated strategies are made of.

pub(super) use ::proptest::strategy::{BoxedStrategy, Strategy};

use super::{EXTENSION_MAX, Extension, NAME};
use crate::{check::CRITICAL, shape::Shape};
use ::proptest::{
    arbitrary::Arbitrary, collection, option, prelude::any as any_value, sample, strategy::Just,
};
use alloc::{string::String, vec::Vec};
use core::{fmt::Debug, ops::RangeInclusive};

/// What property tests can make values of.
pub trait Generate: Sized {
    /// Values that keep the schema's bounds, the bounds themselves more often than chance has it.
    fn strategy() -> BoxedStrategy<Self>;
}

pub(super) fn any<T: Arbitrary + 'static>() -> BoxedStrategy<T> {
    any_value::<T>().boxed()
}

pub(super) fn structure<T: Generate>() -> BoxedStrategy<T> {
    T::strategy()
}

pub(super) fn number<T>(min: T, max: T) -> BoxedStrategy<T>
where
    T: Copy + Debug + 'static,
    RangeInclusive<T>: Strategy<Value = T>,
{
    ::proptest::prop_oneof![1 => Just(min), 1 => Just(max), 6 => min..=max].boxed()
}

pub(super) fn array<const N: usize>() -> BoxedStrategy<[u8; N]> {
    any_value::<[u8; N]>().boxed()
}

pub(super) fn bytes(min: usize, max: usize) -> BoxedStrategy<Vec<u8>> {
    list(any::<u8>(), min, max)
}

pub(super) fn name(min: usize, max: usize) -> BoxedStrategy<String> {
    list(one_of(NAME), min, max)
        .prop_map(|characters| characters.into_iter().map(char::from).collect())
        .boxed()
}

/// A registered value, or any number.
pub(super) fn open<T: Copy + Debug + 'static, N: Arbitrary + 'static>(
    registered: &'static [T],
    of: impl Fn(N) -> T + 'static,
) -> BoxedStrategy<T> {
    ::proptest::prop_oneof![one_of(registered), any::<N>().prop_map(of)].boxed()
}

pub(super) fn one_of<T: Copy + Debug + 'static>(values: &'static [T]) -> BoxedStrategy<T> {
    sample::select(values).boxed()
}

pub(super) fn perhaps<T: Debug + Clone + 'static>(value: BoxedStrategy<T>) -> BoxedStrategy<Option<T>> {
    option::of(value).boxed()
}

pub(super) fn list<T: Debug + 'static>(
    item: BoxedStrategy<T>,
    min: usize,
    max: usize,
) -> BoxedStrategy<Vec<T>> {
    number(min, max)
        .prop_flat_map(move |count| collection::vec(item.clone(), count))
        .boxed()
}

/// A list that ascends.
pub(super) fn ascending<T: Debug + Ord + 'static>(
    item: BoxedStrategy<T>,
    min: usize,
    max: usize,
) -> BoxedStrategy<Vec<T>> {
    list(item, min, max)
        .prop_map(|mut items| {
            items.sort();
            items.dedup();
            items
        })
        .boxed()
}

/// Extensions that the schema does not define, none of them critical.
pub(super) fn extensions(shape: &'static Shape) -> BoxedStrategy<Vec<Extension>> {
    let one =
        (number(0, !CRITICAL), bytes(0, EXTENSION_MAX)).prop_map(|(tag, value)| Extension { tag, value });
    collection::vec(one, 0..3)
        .prop_map(|all| Extension::arrange(all, shape))
        .boxed()
}

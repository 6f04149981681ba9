//! One entry point for each call that a board makes.

use crate::board::Board;
use cardwire_core::{Identity, Instant, ModuleEvent, Reader};
use core::{hint::black_box, mem::MaybeUninit};

/// Who calls: with a reader, a time and bytes that nothing is known about.
pub(crate) struct Given<'g> {
    reader: &'g mut Reader<Board>,
    place: &'g mut MaybeUninit<Reader<Board>>,
    now: Instant,
    bytes: &'g [u8],
    event: ModuleEvent<'g>,
    identity: Identity,
}

type Entry = fn(&mut Given<'_>);

/// All of them.
pub(crate) static ENTRIES: &[Entry] = &[
    boot,
    bytes,
    link_reset,
    module,
    time,
    next_timeout,
    poll_module,
    poll_output,
];

#[inline(never)]
fn boot(given: &mut Given<'_>) {
    // As a board does it: into the place where the reader stays.
    let identity = black_box(given.identity.clone());
    let reader = given.place.write(Reader::unbooted(identity, Board, given.now));
    reader.boot(given.now);
}

#[inline(never)]
fn bytes(given: &mut Given<'_>) {
    given.reader.handle_bytes(given.now, &mut given.bytes);
}

#[inline(never)]
fn link_reset(given: &mut Given<'_>) {
    given.reader.handle_link_reset(given.now);
}

#[inline(never)]
fn module(given: &mut Given<'_>) {
    given.reader.handle_module(given.now, given.event);
}

#[inline(never)]
fn time(given: &mut Given<'_>) {
    given.reader.handle_time(given.now);
}

#[inline(never)]
fn next_timeout(given: &mut Given<'_>) {
    black_box(given.reader.next_timeout());
}

#[inline(never)]
fn poll_module(given: &mut Given<'_>) {
    black_box(given.reader.poll_module());
}

#[inline(never)]
fn poll_output(given: &mut Given<'_>) {
    black_box(given.reader.poll_output());
}

/// How large a reader is, as the size of a variable that the image keeps.
pub(crate) static READER: [u8; size_of::<Reader<Board>>()] = [0; size_of::<Reader<Board>>()];

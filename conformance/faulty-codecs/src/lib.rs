//! Codecs with one fault each, and programs that are no codecs at all: what the conformance suite must catch.
//!
//! A faulty codec is the interpreter of the specification, behind the requests of the book's chapter *Testing a codec*,
//! with one fault: another schema, a lax decoder, a wrong encoder, a wrong framer, or an answer that is tampered with.
//! Only the proof that the suite can tell starts it, as a process of its own.

pub mod codec;
pub mod faults;
pub mod framing;
pub mod nulls;

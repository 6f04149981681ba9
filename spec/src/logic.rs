//! Execution logic of services as text: assembler and disassembler, driven by the schema's instructions.
//!
//! ```text
//! service card.identify 0x0001    ; name and number
//! version 1
//! policy whole-service
//! on-client-loss abort
//! modules contact-card indicator  ; left out where there are none
//! takes "pin" text client required 4 8 ; left out where there are none
//! budget 64                       ; instructions executed at most
//!
//!     reset r0
//!     emit "atr" bytes none r0
//!     apdu 00A4000C022FE2 r1
//!     when-status FFFF 9000 found
//!     end card-status
//! found:
//!     end success
//! ```
//!
//! A line is a header line, a label with a colon, or an instruction with its operands; a comment begins with `;`.
//!
//! | operand | written as |
//! | --- | --- |
//! | register | `r0` to `r7` |
//! | label | its name, or `@001F`: an offset in the code |
//! | u16 | four hexadecimal digits, as status words are written: `9000`, or `0x9000` |
//! | other numbers | decimal, or hexadecimal behind `0x` |
//! | bytes | hexadecimal, or text in quotes; `""` is none |
//! | text | in quotes; `\"` and `\\` stand for quote and backslash |
//! | a registry's value | its name, or a number |

mod assemble;
mod disassemble;
mod operand;
pub(crate) mod pack;
mod takes;
mod token;

pub use assemble::{Lines, assemble, assemble_with_lines};
pub use disassemble::{Step, disassemble, steps, words};

/// The document that holds execution logic.
const DOCUMENT: &str = "logic";

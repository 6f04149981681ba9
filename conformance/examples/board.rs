//! A hard life for a reader on a serial line, in a laboratory of `cargo xtask firmware`: cuts of its supply in the middle of
//! updates, streams of bytes that mean it no good, and steps that are measured one by one.
//!
//! `board kills ENDPOINT LABORATORY BOARD KILLS SEED`, `board hostile ENDPOINT FRAMES SEED`, `board steps ENDPOINT CONTROL`.

#[path = "board/hostile.rs"]
mod hostile;
#[path = "board/kills.rs"]
mod kills;
#[cfg(unix)]
#[path = "board/steps.rs"]
mod steps;
#[path = "board/visit.rs"]
mod visit;

use std::process::ExitCode;

/// What a part of the program ends with.
type Result<T = ()> = core::result::Result<T, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["kills", endpoint, laboratory, board, kills, seed] => {
            kills::run(endpoint, (laboratory, board), kills, seed)
        }
        ["hostile", endpoint, frames, seed] => hostile::run(endpoint, frames, seed),
        #[cfg(unix)]
        ["steps", endpoint, control] => steps::run(endpoint, control),
        _ => Err("expected kills, hostile or steps, and what each takes".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Numbers that a seed decides (splitmix64): what was done once can be done again.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

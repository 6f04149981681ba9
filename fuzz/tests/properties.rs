//! Every target on seeded random input, so that a plain `cargo test` runs it too.

use cardwire_fuzz::TARGETS;

/// How many inputs each target gets.
const ROUNDS: usize = 5_000;

#[test]
fn properties_hold_for_random_input() {
    for target in TARGETS {
        let mut random = Random(0x2545_F491_4F6C_DD1D);
        for _ in 0..ROUNDS {
            (target.check)(&random.input());
        }
    }
}

/// The same inputs each time: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Mostly small bytes: they are lengths, counts and codes.
    fn input(&mut self) -> Vec<u8> {
        let length = (self.next() % 120) as usize;
        (0..length)
            .map(|_| {
                if self.next().is_multiple_of(3) {
                    self.next() as u8
                } else {
                    (self.next() % 8) as u8
                }
            })
            .collect()
    }
}

//! A link that loses and corrupts frames, for labs: the same ones each time, by a seed.

use core::{fmt, str::FromStr};

/// How bad the link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lossy {
    /// How many of a million frames are hit, in each direction.
    per_million: u32,
    seed: u64,
}

/// `PERCENT` or `PERCENT:SEED`; without a seed it is 1.
impl FromStr for Lossy {
    type Err = NoLossy;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let (percent, seed) = given.split_once(':').unwrap_or((given, "1"));
        let percent: f64 = percent.parse().map_err(|_| NoLossy)?;
        let seed = seed.parse().map_err(|_| NoLossy)?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(NoLossy);
        }
        let per_million = (percent * 10_000.0).round() as u32;
        Ok(Self { per_million, seed })
    }
}

/// Text that says nothing of a lossy link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLossy;

impl fmt::Display for NoLossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a percentage from 0 to 100, and behind it :SEED or nothing")
    }
}

impl core::error::Error for NoLossy {}

/// One direction of a lossy link: bytes go in, those that arrive come out.
#[derive(Debug)]
pub(crate) struct Direction {
    lossy: Lossy,
    state: u64,
    fate: Fate,
    /// Bytes of the frame that have passed.
    passed: usize,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    /// All of it is lost.
    Lost,
    /// A bit of its byte of this number flips; of a shorter one its delimiter's.
    Flipped(usize),
    /// It ends behind this many bytes, its delimiter included, and the next one begins there.
    Cut(usize),
}

impl Direction {
    /// `number` tells directions with one seed apart.
    pub(crate) fn new(lossy: Lossy, number: u64) -> Self {
        let mixed =
            lossy.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03);
        // Zero would stay zero.
        let state = mixed.max(1);
        let mut direction = Self {
            lossy,
            state,
            fate: Fate::Arrives,
            passed: 0,
        };
        for _ in 0..8 {
            direction.draw();
        }
        direction.fate = direction.next_fate();
        direction
    }

    /// What arrives of these bytes.
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut arrived = Vec::with_capacity(bytes.len());
        for byte in bytes {
            let is_end = *byte == 0;
            match self.fate {
                Fate::Arrives => arrived.push(*byte),
                Fate::Lost => {}
                Fate::Flipped(at) if at == self.passed || (is_end && at > self.passed) => {
                    arrived.push(byte ^ 1 << (at % 8));
                }
                Fate::Flipped(_) => arrived.push(*byte),
                Fate::Cut(at) if self.passed < at && !is_end => arrived.push(*byte),
                Fate::Cut(_) => {}
            }
            self.passed += 1;
            if is_end {
                self.passed = 0;
                self.fate = self.next_fate();
            }
        }
        arrived
    }

    fn next_fate(&mut self) -> Fate {
        if self.draw() % 1_000_000 >= u64::from(self.lossy.per_million) {
            return Fate::Arrives;
        }
        let at = (self.draw() % 64) as usize;
        match self.draw() % 3 {
            0 => Fate::Lost,
            1 => Fate::Flipped(at),
            _ => Fate::Cut(at),
        }
    }

    /// xorshift64*: the high half is the good one.
    fn draw(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(count: usize) -> Vec<Vec<u8>> {
        let frame = |number: usize| [&[7, (number % 250) as u8 + 1][..], &[0x55; 40], &[0]].concat();
        (0..count).map(frame).collect()
    }

    #[test]
    fn as_many_frames_are_hit_as_it_says_and_each_seed_hits_others() {
        for (text, few, many) in [("0", 0, 0), ("10:3", 800, 1200), ("100", 10_000, 10_000)] {
            let mut direction = Direction::new(text.parse().unwrap(), 1);
            let frames = frames(10_000);
            let hit = frames
                .iter()
                .filter(|frame| direction.pass(frame) != **frame)
                .count();
            assert!((few..=many).contains(&hit), "{text}: {hit}");
        }
        let passed = |text: &str, number| {
            let mut direction = Direction::new(text.parse().unwrap(), number);
            direction.pass(&frames(500).concat())
        };
        assert!(passed("5:9", 1) == passed("5:9", 1));
        assert!(passed("5:9", 1) != passed("5:9", 2));
        assert!(passed("5:9", 1) != passed("5:8", 1));
    }

    #[test]
    fn pieces_fare_as_the_whole_does() {
        let bytes = frames(300).concat();
        let lossy: Lossy = "30:4".parse().unwrap();
        let whole = Direction::new(lossy, 1).pass(&bytes);
        let mut direction = Direction::new(lossy, 1);
        let pieces: Vec<u8> = bytes.chunks(7).flat_map(|piece| direction.pass(piece)).collect();
        assert!(pieces == whole);
        assert!(whole.len() < bytes.len());
    }

    #[test]
    fn text_that_says_nothing() {
        for text in ["", "x", "101", "-1", "NaN", "5:", "5:x", "5:1:2"] {
            assert_eq!(text.parse::<Lossy>(), Err(NoLossy), "{text}");
        }
        assert_eq!("2.5".parse::<Lossy>().unwrap().per_million, 25_000);
    }
}

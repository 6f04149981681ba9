//! A bad line: what it does to frames, in bursts, by seed. Knows nothing of what the frames are.

use core::fmt;

/// What becomes of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Passed,
    Lost,
    /// It arrives, and once more this many milliseconds later: behind frames that were sent after it.
    Repeated(u64),
    /// These bytes arrive in its place.
    Corrupted(Vec<u8>),
}

/// What a line did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub frames: u64,
    pub lost: u64,
    pub repeated: u64,
    pub corrupted: u64,
    /// Bursts, and the frames of the longest run without one that arrived as it was.
    pub bursts: u64,
    pub longest: u64,
}

impl Counts {
    pub fn hit(&self) -> u64 {
        self.lost + self.repeated + self.corrupted
    }

    /// Of a thousand frames, how many did not arrive once and whole.
    pub fn permille(&self) -> u64 {
        self.hit() * 1000 / self.frames.max(1)
    }

    pub fn add(self, other: Self) -> Self {
        Self {
            frames: self.frames + other.frames,
            lost: self.lost + other.lost,
            repeated: self.repeated + other.repeated,
            corrupted: self.corrupted + other.corrupted,
            bursts: self.bursts + other.bursts,
            longest: self.longest.max(other.longest),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            frames,
            lost,
            repeated,
            corrupted,
            bursts,
            longest,
        } = self;
        let (whole, tenth) = (self.permille() / 10, self.permille() % 10);
        write!(
            f,
            "{frames} frames, {lost} lost, {repeated} repeated, {corrupted} corrupted ({whole}.{tenth} %) in {bursts} \
             bursts, at most {longest} in a row"
        )
    }
}

/// The model of Gilbert and Elliott: a line is good or bad, changes between the two at random, and hits few frames while
/// it is good and most while it is bad.
#[derive(Clone, Debug)]
pub struct Loss {
    seed: u64,
    bad: bool,
    row: u64,
    pub counts: Counts,
}

/// Of a thousand frames: before how many of them the line turns bad, or good again; and how many it hits.
const TURNS_BAD: u64 = 36;
const TURNS_GOOD: u64 = 220;
const HITS_WHILE_GOOD: u64 = 5;
const HITS_WHILE_BAD: u64 = 620;

/// A repeated frame arrives at most this much later.
const LATEST_MS: u64 = 4000;

impl Loss {
    pub fn new(seed: u64) -> Self {
        Self {
            seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            bad: false,
            row: 0,
            counts: Counts::default(),
        }
    }

    pub fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) % below.max(1)
    }

    /// Decides on a frame, with its delimiter.
    pub fn fate(&mut self, frame: &[u8]) -> Fate {
        let turns = if self.bad { TURNS_GOOD } else { TURNS_BAD };
        if self.random(1000) < turns {
            self.bad = !self.bad;
            self.counts.bursts += u64::from(self.bad);
        }
        self.counts.frames += 1;
        let hits = if self.bad { HITS_WHILE_BAD } else { HITS_WHILE_GOOD };
        if self.random(1000) >= hits {
            self.row = 0;
            return Fate::Passed;
        }
        self.row += 1;
        self.counts.longest = self.counts.longest.max(self.row);
        match self.random(10) {
            0..5 => {
                self.counts.lost += 1;
                Fate::Lost
            }
            5..7 => {
                self.counts.repeated += 1;
                Fate::Repeated(1 + self.random(LATEST_MS))
            }
            _ => {
                self.counts.corrupted += 1;
                Fate::Corrupted(self.corrupt(frame))
            }
        }
    }

    /// Flips bits, drops bytes or puts some in; the delimiter may be among them.
    fn corrupt(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut bytes = frame.to_vec();
        for _ in 0..1 + self.random(6) {
            let at = self.random(bytes.len() as u64) as usize;
            match self.random(5) {
                0 if bytes.len() > 1 => drop(bytes.remove(at)),
                1 => bytes.insert(at, self.random(256) as u8),
                2 => bytes.truncate(at + 1),
                _ => bytes[at] ^= 1 << self.random(8),
            }
        }
        if bytes == frame {
            // What was undone again is done once more.
            bytes[0] ^= 0x10;
        }
        bytes
    }
}

//! NOR flash as chips are at their worst, in memory.

use super::random::Random;
use alloc::{vec, vec::Vec};
use core::fmt;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// When the power goes, seen from an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It does not begin.
    Before,
    /// Part of it happens: of a write the first words, and of the next word some bits; of an erase some bits or bytes.
    Inside,
    /// All of it happens, and nobody is told.
    After,
}

/// One power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which write or erase it hits, counted from 0 since the power came on.
    pub operation: u64,
    /// When.
    pub moment: Moment,
    /// Decides which part of it happens.
    pub seed: u64,
}

/// Flash that wears out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wear {
    /// Erases that a page survives. Later one of its bits, chosen by the seed, is never cleared again.
    pub erases: u32,
    /// Decides which bit.
    pub seed: u64,
}

/// What this flash refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MockError {
    /// The power is off.
    PowerOff,
    /// A word would be written a second time since it was erased, or in a page whose erase was cut.
    WrittenTwice,
    /// The range is not on words or pages, or not in the flash.
    Range(NorFlashErrorKind),
}

impl NorFlashError for MockError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::PowerOff | Self::WrittenTwice => NorFlashErrorKind::Other,
            Self::Range(kind) => *kind,
        }
    }
}

impl fmt::Display for MockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOff => f.write_str("the power is off"),
            Self::WrittenTwice => f.write_str("a word is written twice between erases"),
            Self::Range(kind) => write!(f, "the range is wrong: {kind}"),
        }
    }
}

impl core::error::Error for MockError {}

/// Flash with words of `WORD` and pages of `PAGE` bytes.
#[derive(Clone)]
pub struct MockFlash<const WORD: usize, const PAGE: usize> {
    bytes: Vec<u8>,
    /// Words that are not to be written before the next erase.
    used: Vec<bool>,
    /// Erases of each page.
    erases: Vec<u32>,
    /// Writes and erases since the power came on.
    operations: u64,
    cut: Option<Cut>,
    off: bool,
    wear: Option<Wear>,
    refused: u32,
}

impl<const WORD: usize, const PAGE: usize> MockFlash<WORD, PAGE> {
    /// A new flash of so many pages.
    #[must_use]
    pub fn new(pages: usize) -> Self {
        Self {
            bytes: vec![0xff; pages * PAGE],
            used: vec![false; pages * PAGE / WORD],
            erases: vec![0; pages],
            operations: 0,
            cut: None,
            off: false,
            wear: None,
            refused: 0,
        }
    }

    /// The same that wears out.
    #[must_use]
    pub fn with_wear(self, wear: Option<Wear>) -> Self {
        Self { wear, ..self }
    }

    /// The power comes on, and goes at this cut, if there is one.
    pub fn power_on(&mut self, cut: Option<Cut>) {
        self.off = false;
        self.operations = 0;
        self.cut = cut;
    }

    /// Whether the cut has come.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.off
    }

    /// Writes and erases since the power came on.
    #[must_use]
    pub const fn operations(&self) -> u64 {
        self.operations
    }

    /// How often each page was erased.
    #[must_use]
    pub fn erases(&self) -> &[u32] {
        &self.erases
    }

    /// How often something was to be written that must not be written: a fault of whoever did it.
    #[must_use]
    pub const fn refused(&self) -> u32 {
        self.refused
    }

    /// What stands on it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, to be damaged.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Counts an operation; what the cut does to it.
    fn begin(&mut self) -> Result<Option<Cut>, MockError> {
        if self.off {
            return Err(MockError::PowerOff);
        }
        let cut = self.cut.filter(|cut| cut.operation == self.operations);
        self.operations += 1;
        if cut.is_some() {
            self.off = true;
        }
        if cut.is_some_and(|cut| cut.moment == Moment::Before) {
            return Err(MockError::PowerOff);
        }
        Ok(cut)
    }

    fn put(&mut self, at: usize, byte: u8) {
        let mut new = self.bytes[at] & byte;
        let page = at / PAGE;
        if let Some(wear) = self.wear
            && self.erases[page] > wear.erases
        {
            let weak = Random::new(wear.seed ^ page as u64).next();
            // Within what is written most: the front of the page.
            if at % PAGE == (weak >> 8) as usize % (PAGE / 4) {
                new |= 1 << (weak & 7);
            }
        }
        self.bytes[at] = new;
    }

    fn end(&self) -> Result<(), MockError> {
        if self.off {
            Err(MockError::PowerOff)
        } else {
            Ok(())
        }
    }

    /// What is left of a page whose erase was cut.
    fn tear_page(&mut self, page: usize, random: &mut Random) {
        let page_bytes = &mut self.bytes[page * PAGE..(page + 1) * PAGE];
        match random.below(6) {
            0 => {
                let from = random.below(PAGE as u64) as usize;
                page_bytes[..from].fill(0xff);
            }
            1 => {
                let from = random.below(PAGE as u64) as usize;
                page_bytes[from..].fill(0xff);
            }
            2 => {
                // Almost all ones: what a field device was seen with.
                page_bytes.fill(0xff);
                for _ in 0..random.below(4) {
                    let (at, bit) = (random.below(PAGE as u64), random.below(8));
                    page_bytes[at as usize] &= !(1 << bit);
                }
            }
            density => {
                // One bit in two, eight, thirty-two.
                for byte in page_bytes {
                    let mut some = random.next();
                    for _ in 0..2 * (density - 3) {
                        some &= random.next();
                    }
                    *byte |= some as u8;
                }
            }
        }
        // Whatever they read as: they are not erased.
        self.used[page * PAGE / WORD..(page + 1) * PAGE / WORD].fill(true);
    }
}

impl<const WORD: usize, const PAGE: usize> ErrorType for MockFlash<WORD, PAGE> {
    type Error = MockError;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for MockFlash<WORD, PAGE> {
    // The coarsest that is allowed, so that nobody reads bytes where a chip gives words.
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), MockError> {
        check_read(&*self, offset, bytes.len()).map_err(MockError::Range)?;
        self.end()?;
        let offset = offset as usize;
        bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for MockFlash<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), MockError> {
        check_erase(&*self, from, to).map_err(MockError::Range)?;
        let cut = self.begin()?;
        let pages = from as usize / PAGE..to as usize / PAGE;
        let mut random = Random::new(cut.map_or(0, |cut| cut.seed));
        for page in pages {
            self.erases[page] += 1;
            if cut.is_some_and(|cut| cut.moment == Moment::Inside) {
                self.tear_page(page, &mut random);
            } else {
                self.bytes[page * PAGE..(page + 1) * PAGE].fill(0xff);
                self.used[page * PAGE / WORD..(page + 1) * PAGE / WORD].fill(false);
            }
        }
        self.end()
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), MockError> {
        check_write(&*self, offset, bytes.len()).map_err(MockError::Range)?;
        let first = offset as usize / WORD;
        let words = bytes.len() / WORD;
        if !self.off && self.used[first..first + words].contains(&true) {
            self.refused += 1;
            return Err(MockError::WrittenTwice);
        }
        let cut = self.begin()?;
        let torn = cut.filter(|cut| cut.moment == Moment::Inside);
        let mut random = Random::new(torn.map_or(0, |cut| cut.seed));
        let whole = torn.map_or(words, |_| random.below(words as u64) as usize);
        for (word, part) in bytes.chunks(WORD).enumerate().take(whole) {
            for (index, byte) in part.iter().enumerate() {
                self.put((first + word) * WORD + index, *byte);
            }
            self.used[first + word] = true;
        }
        if torn.is_some() {
            for (index, byte) in bytes[whole * WORD..(whole + 1) * WORD].iter().enumerate() {
                let at = (first + whole) * WORD + index;
                self.put(at, *byte | random.next() as u8);
                // A word of which no bit was touched can't be told from an erased one, by nobody.
                self.used[first + whole] |= self.bytes[at] != 0xff;
            }
        }
        self.end()
    }
}

impl<const WORD: usize, const PAGE: usize> fmt::Debug for MockFlash<WORD, PAGE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockFlash")
            .field("operations", &self.operations)
            .field("cut", &self.cut)
            .field("off", &self.off)
            .finish_non_exhaustive()
    }
}

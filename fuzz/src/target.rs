//! What a fuzzer, a replay and a person who looks at a finding want of a target.

/// One target: a property that holds for every input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its program, of its corpus and of its dictionary.
    pub name: &'static str,
    /// What holds for every input, in one sentence.
    pub property: &'static str,
    /// Checks it on one input.
    ///
    /// # Panics
    /// Where it does not hold: that is a finding.
    pub check: fn(&[u8]),
    /// Says what an input is, decoded, for a person: one line for each thing that happens.
    pub explain: fn(&[u8]) -> String,
    /// Inputs to begin with, made from the vectors: each with a file name.
    pub seeds: fn() -> Vec<Seed>,
    /// Words of the language that its inputs are written in, for its dictionary; none where bytes have no words.
    pub words: fn() -> Vec<Vec<u8>>,
}

/// An input that a campaign begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Its file name, after the vector that it is made from.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

impl Target {
    /// The target of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        crate::TARGETS.iter().find(|target| target.name == name)
    }
}

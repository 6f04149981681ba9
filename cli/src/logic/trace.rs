//! What a run did, step by step. No PIN, PUK or key is in it.

use crate::terminal::{DIM, hex};
use core::fmt::Write as _;
use serde_json::{Map, Value, json};

/// What stands in the place of a secret.
const HIDDEN: &str = "(secret)";

/// Bytes that a trace shows, or that it hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// As they are.
    Whole(Vec<u8>),
    /// These, and behind them some that are hidden.
    Begins(Vec<u8>),
    /// Some that are hidden, and these behind them.
    Ends(Vec<u8>),
}

impl Shown {
    fn text(&self) -> String {
        match self {
            Self::Whole(bytes) if bytes.is_empty() => "(empty)".into(),
            Self::Whole(bytes) => hex(bytes),
            Self::Begins(bytes) => format!("{} {HIDDEN}", hex(bytes)).trim_start().into(),
            Self::Ends(bytes) => format!("{HIDDEN} {}", hex(bytes)).trim_end().into(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Whole(bytes) => hex(bytes).into(),
            Self::Begins(_) | Self::Ends(_) => self.text().into(),
        }
    }
}

/// One call of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    /// What was asked.
    pub(super) asked: String,
    /// The command to the card.
    pub(super) sent: Option<Shown>,
    /// What was answered; nothing where there is nothing to tell.
    pub(super) answered: Option<Shown>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Executed {
    /// Its number, from 1.
    pub(super) step: u16,
    /// Its line, where the logic is a text.
    pub(super) line: Option<usize>,
    /// Its offset in the code.
    pub(super) offset: usize,
    /// The instruction.
    pub(super) words: String,
    /// What modules did.
    pub(super) called: Vec<Called>,
    /// Registers that hold something else than before.
    pub(super) registers: Vec<(u8, Shown)>,
    /// The status word, where it is another one than before.
    pub(super) status_word: Option<u16>,
}

impl Executed {
    /// For people: the instruction, and below it what came of it.
    pub(super) fn text(&self) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let mut text = format!("{:4}  {:04X}{line:<5} {}", self.step, self.offset, self.words);
        let mut tell = |what: &str, value: &str| {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{DIM}{:18}{what:12} {value}{DIM:#}", "");
        };
        for called in &self.called {
            if let Some(sent) = &called.sent {
                tell(&called.asked, &sent.text());
                tell(
                    "",
                    &called.answered.as_ref().map_or("no answer".into(), Shown::text),
                );
            } else {
                // An indicator has nothing to say.
                let nothing = if called.asked == "reset" {
                    "no answer"
                } else {
                    "done"
                };
                let answered = called.answered.as_ref().map_or(nothing.into(), Shown::text);
                tell(&called.asked, &answered);
            }
        }
        for (number, shown) in &self.registers {
            tell(&format!("r{number}"), &shown.text());
        }
        if let Some(status_word) = self.status_word {
            tell("status word", &format!("{status_word:04X}"));
        }
        let lines: Vec<_> = text.lines().map(str::trim_end).collect();
        lines.join("\n")
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let called = self.called.iter().map(|called| {
            json!({
                "asked": called.asked,
                "sent": called.sent.as_ref().map(Shown::json),
                "answered": called.answered.as_ref().map(Shown::json),
            })
        });
        let registers: Map<_, _> = self
            .registers
            .iter()
            .map(|(number, shown)| (format!("r{number}"), shown.json()))
            .collect();
        json!({
            "step": self.step,
            "line": self.line,
            "offset": self.offset,
            "instruction": self.words,
            "called": called.collect::<Vec<_>>(),
            "registers": registers,
            "status_word": self.status_word.map(|word| format!("{word:04x}")),
        })
    }
}

//! A card that does what a script says, in the place of the one in the slot, and notes what the reader did to it: what a
//! laboratory does with a card emulator.

use crate::{board::Happened, person::from_hex};
use cardwire_core::{CardReset, ModuleCommand, SupplyClass};
use core::{fmt, str::FromStr};
use std::collections::VecDeque;

/// Steps that a script may have.
const STEPS_MAX: usize = 64;
/// Things done to the card that are kept for whoever asks; what comes after them is not.
const SEEN_MAX: usize = 256;

/// What the card expects, step by step, and what it does then.
///
/// In text the steps stand one behind the other with a `;` between them, each as `EXPECTED>ANSWER`. What is expected is
/// `cold-c`, `cold-b` or `cold-a`, a reset with this class of supply; `warm`; `line`, a line that is set; the bytes of a TPDU in
/// hexadecimal digits; or `*`, whatever comes; with a `?` behind it, it may be left out. The answer is bytes, or `mute`, or `ok` where a
/// line was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(VecDeque<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// None for whatever comes.
    expected: Option<Done>,
    /// Whether the reader may leave it out.
    is_optional: bool,
    answer: Option<Vec<u8>>,
}

/// Something that the reader did to the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A reset, cold or warm.
    Reset(CardReset),
    /// The line was set.
    Line,
    /// A TPDU was sent.
    Tpdu(Vec<u8>),
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no step of a script: expected cold-c, cold-b, cold-a, warm, line, bytes or *, then >, then bytes, mute or ok"
)]
pub struct NoScript(String);

impl FromStr for Script {
    type Err = NoScript;

    fn from_str(given: &str) -> Result<Self, NoScript> {
        let steps: VecDeque<_> = given
            .split(';')
            .map(|step| Step::read(step.trim()).ok_or_else(|| NoScript(step.trim().to_owned())))
            .collect::<Result<_, _>>()?;
        if steps.len() > STEPS_MAX {
            return Err(NoScript(format!("step {} of {STEPS_MAX} at most", steps.len())));
        }
        Ok(Self(steps))
    }
}

impl Step {
    fn read(text: &str) -> Option<Self> {
        let (expected, answer) = text.split_once('>')?;
        let (expected, is_optional) = match expected.trim().strip_suffix('?') {
            Some(expected) => (expected, true),
            None => (expected.trim(), false),
        };
        Some(Self {
            is_optional,
            expected: match expected {
                "*" => None,
                "cold-c" => Some(Done::Reset(CardReset::Cold(SupplyClass::C))),
                "cold-b" => Some(Done::Reset(CardReset::Cold(SupplyClass::B))),
                "cold-a" => Some(Done::Reset(CardReset::Cold(SupplyClass::A))),
                "warm" => Some(Done::Reset(CardReset::Warm)),
                "line" => Some(Done::Line),
                digits => Some(Done::Tpdu(bytes(digits)?)),
            },
            answer: match answer.trim() {
                "mute" => None,
                "ok" => Some(Vec::new()),
                digits => Some(bytes(digits)?),
            },
        })
    }
}

/// Bytes, one at least.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    from_hex(digits).filter(|bytes| !bytes.is_empty())
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset(CardReset::Cold(SupplyClass::C)) => f.write_str("cold-c"),
            Self::Reset(CardReset::Cold(SupplyClass::B)) => f.write_str("cold-b"),
            Self::Reset(CardReset::Cold(SupplyClass::A)) => f.write_str("cold-a"),
            Self::Reset(CardReset::Warm) => f.write_str("warm"),
            Self::Line => f.write_str("line"),
            Self::Tpdu(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

/// The emulator: a card while it has a script, and what was done to it.
#[derive(Debug, Default)]
pub(crate) struct Emulator {
    script: Option<VecDeque<Step>>,
    seen: Vec<Done>,
}

impl Emulator {
    /// Plays this script from now on, or where there is none leaves the slot to its card.
    pub(crate) fn play(&mut self, script: Option<Script>) {
        self.script = script.map(|Script(steps)| steps);
        self.seen.clear();
    }

    /// What was done to the card since this was last asked.
    pub(crate) fn take_seen(&mut self) -> Vec<Done> {
        core::mem::take(&mut self.seen)
    }

    /// What the emulated card does with a command; nothing where the command is for another module, or there is no script.
    /// What is not expected, and whatever comes behind the end, gets no answer.
    pub(crate) fn answer(&mut self, command: &ModuleCommand<'_>) -> Option<Happened> {
        let steps = self.script.as_mut()?;
        let done = match command {
            ModuleCommand::CardReset(reset) => Done::Reset(*reset),
            ModuleCommand::CardLine(_) => Done::Line,
            ModuleCommand::CardTransmit(tpdu) => Done::Tpdu(tpdu.to_vec()),
            ModuleCommand::Enable(_)
            | ModuleCommand::Disable(_)
            | ModuleCommand::Show(_)
            | ModuleCommand::Ask(_)
            | ModuleCommand::Poll => return None,
        };
        let is_right = |step: &Step| step.expected.as_ref().is_none_or(|expected| *expected == done);
        while steps
            .front()
            .is_some_and(|step| step.is_optional && !is_right(step))
        {
            steps.pop_front();
        }
        let answer = match steps.front().is_some_and(is_right) {
            true => steps.pop_front().and_then(|step| step.answer),
            false => None,
        };
        let happened = match (&done, answer) {
            (_, None) => Happened::CardMute,
            (Done::Reset(_), Some(atr)) => Happened::Atr(atr),
            (Done::Line, Some(_)) => Happened::CardLineSet,
            (Done::Tpdu(_), Some(response)) => Happened::CardResponse(response),
        };
        if self.seen.len() < SEEN_MAX {
            self.seen.push(done);
        }
        Some(happened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(emulator: &mut Emulator) -> String {
        let seen = emulator.take_seen();
        let seen: Vec<_> = seen.iter().map(Done::to_string).collect();
        seen.join("; ")
    }

    #[test]
    fn a_script_is_played_in_its_order() {
        let mut emulator = Emulator::default();
        let cold = ModuleCommand::CardReset(CardReset::Cold(SupplyClass::C));
        assert_eq!(emulator.answer(&cold), None);
        emulator.play(Some(
            "cold-c>mute; cold-b > 3B00; 00a40000>9000; *>6D00"
                .parse()
                .unwrap(),
        ));
        let higher = ModuleCommand::CardReset(CardReset::Cold(SupplyClass::B));
        assert_eq!(emulator.answer(&cold), Some(Happened::CardMute));
        assert_eq!(emulator.answer(&higher), Some(Happened::Atr(vec![0x3B, 0x00])));
        let response = |bytes: &[u8]| Some(Happened::CardResponse(bytes.to_vec()));
        assert_eq!(
            emulator.answer(&ModuleCommand::CardTransmit(&[0, 0xA4, 0, 0])),
            response(&[0x90, 0])
        );
        assert_eq!(
            emulator.answer(&ModuleCommand::CardTransmit(&[1])),
            response(&[0x6D, 0])
        );
        assert_eq!(text(&mut emulator), "cold-c; cold-b; 00a40000; 01");
        assert_eq!(text(&mut emulator), "");
    }

    #[test]
    fn what_is_not_expected_gets_no_answer() {
        let mut emulator = Emulator::default();
        emulator.play(Some("00a40000>9000".parse().unwrap()));
        for bytes in [&[1][..], &[0, 0xA4, 0, 1]] {
            let answer = emulator.answer(&ModuleCommand::CardTransmit(bytes));
            assert_eq!(answer, Some(Happened::CardMute));
        }
        assert_eq!(text(&mut emulator), "01; 00a40001");
        emulator.play(None);
        assert_eq!(emulator.answer(&ModuleCommand::CardTransmit(&[1])), None);
    }

    #[test]
    fn what_may_be_left_out_is_passed_over() {
        let mut emulator = Emulator::default();
        for answers in [&[&[0x90, 0][..]][..], &[&[0x61, 1], &[0x90, 0]]] {
            emulator.play(Some("00a40000?>6101; 00b00000>9000".parse().unwrap()));
            let all: [&[u8]; 2] = [&[0, 0xA4, 0, 0], &[0, 0xB0, 0, 0]];
            for (tpdu, answer) in all[2 - answers.len()..].iter().zip(answers) {
                let given = emulator.answer(&ModuleCommand::CardTransmit(tpdu));
                assert_eq!(given, Some(Happened::CardResponse(answer.to_vec())));
            }
        }
    }

    #[test]
    fn what_is_no_script_is_named() {
        for (wrong, named) in [
            ("", "``"),
            ("cold-c", "`cold-c`"),
            ("cold-d>3b00", "`cold-d>3b00`"),
            ("*>3b00; *>9", "`*>9`"),
            ("*>", "`*>`"),
            ("+0>9000", "`+0>9000`"),
        ] {
            let error = wrong.parse::<Script>().unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
        assert!(
            "*>9000;"
                .repeat(STEPS_MAX + 1)
                .trim_end_matches(';')
                .parse::<Script>()
                .is_err()
        );
    }
}

//! The lines of `cardwire card ... --control`, from the laboratory's own port: `insert`, `remove`, `power`, `fault ...`,
//! each answered by one line; and `work`, answered by how long the board has worked since its boot, in ticks of its clock.

use super::lab::{Answer, Lab};
use crate::firmware::Buffer;

/// The longest line that is taken.
const LINE: usize = 48;
/// The longest piece of an answer.
const PIECE: usize = 96;

/// The digits of the largest number.
const DIGITS: usize = 20;

/// A conversation with the laboratory.
pub(crate) struct Control {
    line: [u8; LINE],
    length: usize,
    output: Buffer<PIECE>,
    /// Which change of a supply is told next.
    change: Option<usize>,
}

impl Control {
    pub(crate) const fn new() -> Self {
        Self {
            line: [0; LINE],
            length: 0,
            output: Buffer::new(),
            change: None,
        }
    }

    /// Whether an answer is on its way: no line is taken meanwhile, so that nothing is said before it is done.
    pub(crate) fn is_busy(&self) -> bool {
        !self.output.is_empty() || self.change.is_some()
    }

    /// Takes one byte from the port; `worked` is what the board has worked by now.
    pub(crate) fn take(&mut self, byte: u8, lab: &mut Lab, worked: u64) {
        if byte != b'\n' {
            if let Some(place) = self.line.get_mut(self.length) {
                *place = byte;
            }
            // Counted on beyond the end, so that a line that is too long is none.
            self.length = self.length.saturating_add(1);
            return;
        }
        let line = self.line.get(..self.length).unwrap_or_default();
        self.length = 0;
        let line = line.trim_ascii();
        if line == b"work" {
            let mut digits = [0; DIGITS];
            return self.say(&[decimal(worked, &mut digits), b"\n"]);
        }
        match lab.obey(line) {
            Answer::Words(words) => self.say(&[words.as_bytes(), b"\n"]),
            Answer::Changes => self.change = Some(0),
        }
    }

    /// Gives what is to be said to the port, which says how much it took; whether there was something.
    pub(crate) fn give(&mut self, lab: &mut Lab, port: impl FnOnce(&[u8]) -> usize) -> bool {
        if self.output.is_empty()
            && let Some(at) = self.change
        {
            match lab.change(at) {
                Some((module, state)) => {
                    let separator: &[u8] = if at == 0 { b"" } else { b"; " };
                    self.say(&[separator, module.as_bytes(), state.as_bytes()]);
                    self.change = Some(at + 1);
                }
                None => {
                    self.say(&[b"\n"]);
                    self.change = None;
                }
            }
        }
        if self.output.is_empty() {
            return false;
        }
        let taken = port(self.output.rest());
        self.output.keep(self.output.rest().len().saturating_sub(taken));
        true
    }

    fn say(&mut self, parts: &[&[u8]]) {
        self.output.fill(|room| {
            let bytes = parts.iter().copied().flatten();
            let said = room.iter_mut().zip(bytes).map(|(place, byte)| *place = *byte);
            said.count()
        });
    }
}

/// The digits of a number.
fn decimal(mut number: u64, digits: &mut [u8; DIGITS]) -> &[u8] {
    let mut first = DIGITS;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    digits.get(first..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::lab::Lab;
    use super::{Control, DIGITS, decimal};
    use cardwire_core::ModuleCommand;
    use cardwire_core::codec::message::ModuleId;

    /// What is said to these lines, over a port that takes three bytes at a time.
    fn said(lab: &mut Lab, lines: &str) -> String {
        let (mut control, mut said) = (Control::new(), Vec::new());
        for byte in lines.bytes() {
            control.take(byte, lab, 90);
            let mut port = |bytes: &[u8]| {
                let taken = bytes.len().min(3);
                said.extend_from_slice(&bytes[..taken]);
                taken
            };
            while control.give(lab, &mut port) {}
            assert!(!control.is_busy());
        }
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn every_line_is_answered_by_one() {
        let mut lab = Lab::new();
        let long = "x".repeat(100);
        let answers = said(&mut lab, &format!("remove\nremove\r\n{long}\ninsert\n"));
        let answers: Vec<_> = answers.lines().collect();
        assert_eq!(answers.len(), 4);
        assert_eq!((answers[0], answers[1], answers[3]), ("ok", "unchanged", "ok"));
        assert!(answers[2].starts_with("error: "), "{answers:?}");
    }

    #[test]
    fn changes_of_supplies_and_work_are_one_line() {
        let mut lab = Lab::new();
        for module in [ModuleId::CONTACT_CARD, ModuleId::INDICATOR] {
            lab.note(&ModuleCommand::Enable(module));
            lab.note(&ModuleCommand::Disable(module));
        }
        assert_eq!(
            said(&mut lab, "power\npower\n"),
            "contact-card on; contact-card off; indicator on; indicator off\nno change\n"
        );
        assert_eq!(said(&mut lab, "work\n"), "90\n");
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 4_096, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; DIGITS]), number.to_string().as_bytes());
        }
    }
}

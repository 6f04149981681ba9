//! What a laboratory does to the simulated modules: moves the card, lets a module fail, and asks what the supplies did.

use cardwire_core::ModuleCommand;
use cardwire_core::codec::message::ModuleId;

/// Changes of supplies that are kept for whoever asks; older ones are forgotten.
const KEPT: usize = 256;

/// The service modules of this board, as lines name them.
const MODULES: [(ModuleId, &str); 2] = [
    (ModuleId::CONTACT_CARD, "contact-card"),
    (ModuleId::INDICATOR, "indicator"),
];

/// The laboratory's side of the modules.
pub(crate) struct Lab {
    has_card: bool,
    /// The reader has not been told of this yet.
    moved: Option<bool>,
    /// How each module fails, in the order of [`MODULES`].
    failures: [Option<Failure>; MODULES.len()],
    supplied: [bool; MODULES.len()],
    /// What the supplies have done: which module's, and whether it came.
    changes: [(u8, bool); KEPT],
    first: usize,
    count: usize,
}

/// How a module fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// It powers up and answers no command.
    Hang,
    /// It does not power up.
    Dead,
    /// It powers up, and loses its supply when it gets its first command.
    Vanish,
}

/// What a faulty module does with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Nothing, for ever.
    Silence,
    /// It says that it failed.
    Fails(ModuleId),
}

/// What is said to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// These words.
    Words(&'static str),
    /// What the supplies have done: [`Lab::change`] gives it.
    Changes,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self {
            has_card: true,
            moved: None,
            failures: [None; MODULES.len()],
            supplied: [false; MODULES.len()],
            changes: [(0, false); KEPT],
            first: 0,
            count: 0,
        }
    }

    pub(crate) fn has_card(&self) -> bool {
        self.has_card
    }

    /// Whether the reader has yet to be told that the card was moved.
    pub(crate) fn card_moves(&self) -> bool {
        self.moved.is_some()
    }

    /// The card was put in, or pulled out, and the reader does not know it.
    pub(crate) fn take_move(&mut self) -> Option<bool> {
        self.moved.take()
    }

    /// Does what a line says.
    pub(crate) fn obey(&mut self, line: &[u8]) -> Answer {
        Answer::Words(match line {
            b"insert" => self.move_card(true),
            b"remove" => self.move_card(false),
            b"power" if self.count == 0 => "no change",
            b"power" => return Answer::Changes,
            b"fault none" => {
                self.failures = [None; MODULES.len()];
                "ok"
            }
            _ => match line.strip_prefix(b"fault ").and_then(fault) {
                Some((module, failure)) => {
                    if let Some(known) = self.failures.get_mut(module) {
                        *known = Some(failure);
                    }
                    "ok"
                }
                None => {
                    "error: expected insert, remove, power, fault none, or fault MODULE:hang, :dead, :vanish"
                }
            },
        })
    }

    /// Change number `at` of the supplies since they were last asked for, as the words of one line; after the last one
    /// they are forgotten.
    pub(crate) fn change(&mut self, at: usize) -> Option<(&'static str, &'static str)> {
        let change = self.changes.get((self.first + at) % KEPT);
        let Some((module, on)) = change.filter(|_| at < self.count) else {
            self.count = 0;
            return None;
        };
        let (_, name) = MODULES.get(usize::from(*module))?;
        Some((name, if *on { " on" } else { " off" }))
    }

    /// What comes of a command instead of what should.
    pub(crate) fn instead(&self, command: &ModuleCommand<'_>) -> Option<Instead> {
        let (module, enables) = match command {
            ModuleCommand::Enable(module) => (*module, true),
            // Supply can always be cut.
            ModuleCommand::Disable(_) => return None,
            ModuleCommand::CardReset(_) | ModuleCommand::CardLine(_) | ModuleCommand::CardTransmit(_) => {
                (ModuleId::CONTACT_CARD, false)
            }
            ModuleCommand::Show(_) => (ModuleId::INDICATOR, false),
            ModuleCommand::Ask(_) | ModuleCommand::Poll => return None,
        };
        let failure = self.failures.get(place(module)?).copied().flatten()?;
        match (failure, enables) {
            (Failure::Dead, true) | (Failure::Vanish, false) => Some(Instead::Fails(module)),
            (Failure::Hang, false) => Some(Instead::Silence),
            (Failure::Dead, false) | (Failure::Vanish | Failure::Hang, true) => None,
        }
    }

    /// Writes down what a command does to a supply, as the laboratory's own meter would show it.
    pub(crate) fn note(&mut self, command: &ModuleCommand<'_>) {
        let (module, on) = match command {
            ModuleCommand::Enable(module) => (*module, true),
            ModuleCommand::Disable(module) => (*module, false),
            ModuleCommand::CardReset(_)
            | ModuleCommand::CardLine(_)
            | ModuleCommand::CardTransmit(_)
            | ModuleCommand::Show(_)
            | ModuleCommand::Ask(_)
            | ModuleCommand::Poll => return,
        };
        let Some(place) = place(module) else { return };
        let Some(supplied) = self.supplied.get_mut(place) else {
            return;
        };
        if core::mem::replace(supplied, on) == on {
            return;
        }
        if self.count == KEPT {
            self.first = (self.first + 1) % KEPT;
            self.count -= 1;
        }
        if let Some(change) = self.changes.get_mut((self.first + self.count) % KEPT) {
            *change = (place as u8, on);
            self.count += 1;
        }
    }

    fn move_card(&mut self, insert: bool) -> &'static str {
        if self.has_card == insert {
            return "unchanged";
        }
        self.has_card = insert;
        self.moved = Some(insert);
        "ok"
    }
}

fn place(module: ModuleId) -> Option<usize> {
    MODULES.iter().position(|(known, _)| *known == module)
}

/// `MODULE:hang`, `MODULE:dead` or `MODULE:vanish`; a module of which nothing else is said hangs.
fn fault(given: &[u8]) -> Option<(usize, Failure)> {
    let (at, name) = MODULES
        .iter()
        .enumerate()
        .find_map(|(at, (_, name))| given.strip_prefix(name.as_bytes()).map(|failure| (at, failure)))?;
    let failure = match name {
        b"" | b":hang" => Failure::Hang,
        b":dead" => Failure::Dead,
        b":vanish" => Failure::Vanish,
        _ => return None,
    };
    Some((at, failure))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Instead, KEPT, Lab};
    use cardwire_core::ModuleCommand;
    use cardwire_core::codec::message::ModuleId;

    #[test]
    fn the_card_is_moved_once() {
        let mut lab = Lab::new();
        assert_eq!(lab.obey(b"insert"), Answer::Words("unchanged"));
        assert_eq!(lab.obey(b"remove"), Answer::Words("ok"));
        assert!(lab.card_moves() && !lab.has_card());
        assert_eq!(lab.take_move(), Some(false));
        assert_eq!(lab.obey(b"remove"), Answer::Words("unchanged"));
        assert_eq!(lab.take_move(), None);
        for wrong in [
            &b""[..],
            b"inser",
            b"fault",
            b"fault indicator:sulk",
            b"fault pin-pad",
        ] {
            let Answer::Words(words) = lab.obey(wrong) else {
                panic!("{wrong:?}");
            };
            assert!(words.starts_with("error: "), "{wrong:?}: {words}");
        }
    }

    #[test]
    fn modules_fail_as_they_are_told() {
        let mut lab = Lab::new();
        let (card, indicator) = (ModuleId::CONTACT_CARD, ModuleId::INDICATOR);
        let (enable, show) = (ModuleCommand::Enable(indicator), ModuleCommand::Show(1));
        for (line, enabled, shown) in [
            (&b"fault indicator"[..], None, Some(Instead::Silence)),
            (b"fault indicator:dead", Some(Instead::Fails(indicator)), None),
            (b"fault indicator:vanish", None, Some(Instead::Fails(indicator))),
            (b"fault none", None, None),
        ] {
            assert_eq!(lab.obey(line), Answer::Words("ok"));
            assert_eq!((lab.instead(&enable), lab.instead(&show)), (enabled, shown));
            assert_eq!(lab.instead(&ModuleCommand::Disable(indicator)), None);
            assert_eq!(lab.instead(&ModuleCommand::Enable(card)), None, "another module");
        }
    }

    #[test]
    fn what_the_supplies_do_is_told_once() {
        let mut lab = Lab::new();
        let card = ModuleId::CONTACT_CARD;
        for command in [
            ModuleCommand::Enable(card),
            ModuleCommand::Enable(card),
            ModuleCommand::Disable(card),
        ] {
            lab.note(&command);
        }
        assert_eq!(lab.obey(b"power"), Answer::Changes);
        let told = [0, 1, 2].map(|at| lab.change(at));
        assert_eq!(
            told,
            [
                Some(("contact-card", " on")),
                Some(("contact-card", " off")),
                None
            ]
        );
        assert_eq!(lab.obey(b"power"), Answer::Words("no change"));
        // One change more than is kept: the oldest is gone.
        lab.note(&ModuleCommand::Enable(card));
        for _ in 0..KEPT / 2 {
            lab.note(&ModuleCommand::Disable(card));
            lab.note(&ModuleCommand::Enable(card));
        }
        assert_eq!(lab.obey(b"power"), Answer::Changes);
        assert_eq!(lab.change(0), Some(("contact-card", " off")));
        assert_eq!(lab.change(KEPT - 1), Some(("contact-card", " on")));
        assert_eq!(lab.change(KEPT), None);
        assert_eq!(lab.obey(b"power"), Answer::Words("no change"));
    }
}

//! Plays one sequence.

use super::{
    broken, deeds,
    hand::{Came, Hand},
    model::{Card, Expected, Move, Sequence, StepData},
    pattern::{Bindings, binds, matches},
};
use crate::{
    model,
    standstill::Deadline,
    tester::{Answer, Silence, Tester},
    verdict::Step,
};
use serde_json::Value;

impl Sequence {
    /// Plays this sequence against a device.
    pub(crate) fn play(&self, tester: &mut Tester) -> Step {
        match self.card {
            Some(Card::Certification) => deeds::needs_certification_card(tester)?,
            None => {}
        }
        if self.group == "walk" {
            model::prepare(tester)?;
        }
        tester.reach(self.start)?;
        let mut hand = Hand::new(true);
        for step in &self.steps {
            let own = step
                .requirement
                .as_deref()
                .or_else(|| self.requirements.first().map(String::as_str));
            tester.check(own.unwrap_or_default());
            hand.bind_known(tester);
            if let Some(note) = &step.note {
                tester.trace.note(note.clone());
            }
            for _ in 0..step.times.max(1) {
                let done = self.play_step(step, tester, &mut hand);
                if done.is_err() {
                    self.put_back(tester);
                    return done;
                }
            }
        }
        Ok(())
    }

    /// A card that a step has pulled out is put back, whatever came of the sequence.
    fn put_back(&self, tester: &mut Tester) {
        if self.steps.iter().any(|step| step.bench == Some(Move::RemoveCard)) {
            // The case has failed already; what comes of this is the next case's matter.
            let _ = tester.move_card(true);
        }
    }

    fn play_step(&self, step: &StepData, tester: &mut Tester, hand: &mut Hand) -> Step {
        if let Some(start) = step.reach {
            return tester.reach(start);
        }
        if deeds::play(self, step, tester)? {
            return Ok(());
        }
        let expected = step.expected();
        if step.until.is_empty() {
            return self.exchange(step, &expected, tester, hand).map(drop);
        }
        let deadline = Deadline::within(tester.bench.timers.module);
        loop {
            let answer = self.exchange(step, &expected, tester, hand)?;
            let fields = answer.map(|answer| answer.fields).unwrap_or_default();
            let Err(why) = matches(&step.until, &fields, &mut hand.bindings) else {
                return Ok(());
            };
            if deadline.is_past() {
                return tester.fail(format!("in time {}", Value::from(step.until.clone())), why);
            }
            let pause = tester.bench.timers.answer / 50;
            tester.let_pass(pause)?;
        }
    }

    fn exchange(
        &self,
        step: &StepData,
        expected: &[Expected],
        tester: &mut Tester,
        hand: &mut Hand,
    ) -> Step<Option<Answer>> {
        let silence = if expected.iter().any(|one| one.expect == "silence") {
            Silence::Legal
        } else {
            Silence::Wrong
        };
        let came = hand.perform(tester, step, silence)?;
        if matches!(came, Came::Done) {
            return Ok(None);
        }
        if expected.is_empty() {
            return Err(broken(self, "a step that expects nothing"));
        }
        match judge(expected, &came, &mut hand.bindings) {
            Ok(_) => Ok(match came {
                Came::Answer(answer) | Came::Again { answer, .. } => Some(answer),
                Came::Silence | Came::Done => None,
            }),
            Err(Unexpected { expected, seen }) => tester.fail(expected, seen),
        }
    }
}

/// What was expected, and what came instead.
#[derive(Debug)]
pub(crate) struct Unexpected {
    pub(crate) expected: String,
    pub(crate) seen: String,
}

/// Holds what came against the answers that are legal; which of them it is.
pub(crate) fn judge(
    expected: &[Expected],
    came: &Came,
    bindings: &mut Bindings,
) -> Result<usize, Unexpected> {
    let mut reasons = Vec::new();
    for (index, Expected { expect, pattern }) in expected.iter().enumerate() {
        let result = match (expect.as_str(), came) {
            ("silence", Came::Silence | Came::Done) | ("same", Came::Again { same: true, .. }) => Ok(()),
            ("silence", _) => Err("not silence".into()),
            ("same", _) => Err("other bytes than before".into()),
            (_, Came::Silence | Came::Done) => Err("nothing came".into()),
            (name, Came::Answer(answer) | Came::Again { answer, .. }) if name != answer.name => {
                Err(format!("not {name}"))
            }
            // A pattern that fails must not leave names behind.
            (_, Came::Answer(answer) | Came::Again { answer, .. }) if binds(pattern, bindings) => {
                let mut tried = bindings.clone();
                matches(pattern, &answer.fields, &mut tried).map(|()| *bindings = tried)
            }
            (_, Came::Answer(answer) | Came::Again { answer, .. }) => {
                matches(pattern, &answer.fields, bindings)
            }
        };
        match result {
            Ok(()) => return Ok(index),
            Err(reason) => reasons.push(reason),
        }
    }
    let wanted: Vec<_> = expected.iter().map(describe).collect();
    let seen = match came {
        Came::Silence | Came::Done => String::from("no answer"),
        Came::Answer(answer) | Came::Again { answer, .. } => answer.describe(),
    };
    Err(Unexpected {
        expected: wanted.join(", or "),
        seen: format!("{seen} ({})", reasons.join("; ")),
    })
}

fn describe(expected: &Expected) -> String {
    if expected.expect == "same" {
        "the same bytes as before".into()
    } else if expected.pattern.is_empty() {
        expected.expect.clone()
    } else {
        format!(
            "{} with {}",
            expected.expect,
            Value::from(expected.pattern.clone())
        )
    }
}

//! What a wrong connect costs the reader: how soon its refusal comes tells nothing of what is wrong with it.

use crate::{
    case::Case,
    tester::{Attempt, Tester},
    verdict::Step,
};
use cardwire_peers::identity::{ClientIdentity, Key};
use core::time::Duration;
use std::time::Instant;

/// Wrong connects of each kind.
const ROUNDS: usize = 3;
/// Further ones, where the first have left a doubt: a machine that is busy with other things delays some answers, not all
/// of one kind.
const FURTHER: usize = 5;
/// A difference below this is the line's.
const JITTER: Duration = Duration::from_millis(10);

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "security.wrong-connects-take-the-same-time",
            &["CW-SEC-008"],
            "A connect of an unknown client is refused as soon as one with a wrong key",
            take_the_same_time,
        )
        .should(),
    ]
}

/// How long refusals took, by what was wrong.
#[derive(Default)]
struct Taken {
    key: Vec<Duration>,
    client: Vec<Duration>,
}

impl Taken {
    /// Whether all of one kind took clearly longer than all of the other.
    fn are_told_apart(&self) -> bool {
        is_longer(&self.key, &self.client) || is_longer(&self.client, &self.key)
    }
}

fn is_longer(these: &[Duration], those: &[Duration]) -> bool {
    let (least, most) = (these.iter().min(), those.iter().max());
    least
        .zip(most)
        .is_some_and(|(least, most)| *least > 2 * *most + JITTER)
}

fn take_the_same_time(tester: &mut Tester) -> Step {
    let mut taken = Taken::default();
    measure(tester, &mut taken, ROUNDS)?;
    if taken.are_told_apart() {
        measure(tester, &mut taken, FURTHER)?;
    }
    let seen = format!(
        "{:?} with a wrong key, {:?} of an unknown client",
        taken.key, taken.client
    );
    tester.should(
        "CW-SEC-008",
        !taken.are_told_apart(),
        "refusals that take as long, whatever is wrong",
        seen,
    );
    Ok(())
}

fn measure(tester: &mut Tester, taken: &mut Taken, rounds: usize) -> Step {
    let known = tester.client(0)?;
    let unknown = ClientIdentity {
        id: "NOBODY-KNOWS-ME".into(),
        ..known.clone()
    };
    for _ in 0..rounds {
        for (client, times) in [(&known, &mut taken.key), (&unknown, &mut taken.client)] {
            let wrong = Attempt {
                key: Some(Key::new(tester.random.array())),
                ..Attempt::right(client.clone())
            };
            // A right connect waits for the end of the back-off, in which all are refused at once.
            tester.connect()?;
            tester.disconnect()?;
            let greeting = tester.hello()?;
            let begun = Instant::now();
            let outcome = tester.try_connect_after(&greeting, &wrong)?;
            times.push(begun.elapsed());
            tester.check("CW-CONN-004");
            tester.demand(
                !outcome.accepted,
                "the refusal of a wrong connect",
                "connect_answer",
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_where_all_of_one_take_longer() {
        let of = |times: &[u64]| {
            times
                .iter()
                .map(|&ms| Duration::from_millis(ms))
                .collect::<Vec<_>>()
        };
        let told = |key: &[u64], client: &[u64]| {
            let taken = Taken {
                key: of(key),
                client: of(client),
            };
            taken.are_told_apart()
        };
        assert!(told(&[40, 41, 60], &[1, 2, 3]));
        assert!(told(&[1, 2, 3], &[40, 41, 60]));
        assert!(!told(&[40, 2, 60], &[1, 2, 3]), "one was as soon");
        assert!(!told(&[5, 6, 9], &[1, 1, 1]), "that may be the line");
        assert!(!told(&[], &[]));
    }
}

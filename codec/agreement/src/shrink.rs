//! The smallest input on which two judges still disagree.

use crate::{input::Input, judge::Judge, judge::Verdict, run::Disagreement};

/// Leaves bytes out and makes them zero as long as the judges still disagree.
#[must_use]
pub fn shrink<'p>(found: &Disagreement<'p>, judges: [&dyn Judge; 2]) -> Disagreement<'p> {
    let mut least = found.clone();
    loop {
        let smaller = candidates(&least.input.bytes).find_map(|bytes| {
            let input = Input {
                subject: least.input.subject,
                bytes,
            };
            disagree(&input, judges).map(|verdicts| Disagreement {
                number: least.number,
                input,
                verdicts,
            })
        });
        match smaller {
            Some(smaller) => least = smaller,
            None => return least,
        }
    }
}

/// What the judges say, where it is not the same or is a fault in itself.
#[must_use]
pub fn disagree(input: &Input<'_>, judges: [&dyn Judge; 2]) -> Option<[Verdict; 2]> {
    let verdicts = judges.map(|judge| judge.judge(input, true));
    let [one, other] = &verdicts;
    (one != other || matches!(one, Verdict::Rewritten { .. })).then_some(verdicts)
}

/// The bytes with a part left out, the largest parts first, then with a byte made zero. Each is less than the bytes, so
/// that shrinking ends.
fn candidates(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let sizes = core::iter::successors(Some(bytes.len()), |size| Some(size / 2));
    let parts = sizes
        .take_while(|size| *size > 0)
        .flat_map(|size| (0..=bytes.len() - size).map(move |start| start..start + size));
    let shorter = parts.map(|part| [&bytes[..part.start], &bytes[part.end..]].concat());
    let lower = (0..bytes.len()).filter(|at| bytes[*at] != 0).map(|at| {
        let mut lower = bytes.to_vec();
        lower[at] = 0;
        lower
    });
    shorter.chain(lower)
}

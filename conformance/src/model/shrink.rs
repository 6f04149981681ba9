//! The shortest walk that still fails: moves are left out on the device itself, with a reset between.

use super::{
    moves::Move,
    vector,
    walker::{Done, Walker},
};
use crate::{
    sequence::StepData,
    tester::{Start, Tester},
    verdict::{Finding, Stop},
};
use core::time::Duration;
use std::{collections::BTreeSet, time::Instant};

/// The time that one failure may take, of what a run has.
const EACH: Duration = Duration::from_secs(60);

/// Different moves before the last one that are tried alone.
const TRIED: usize = 40;

/// A walk of so many moves, or fewer, is tried several times before it is taken.
const SURE: usize = 8;

/// How often a shorter walk has to fail once more.
const AGAIN: u32 = 2;

/// A walk that fails.
#[derive(Debug)]
struct Failing {
    start: Start,
    moves: Vec<Move>,
    finding: Finding,
    steps: Vec<(StepData, Done)>,
}

/// Shrinks a walk that failed, and gives it as a session vector; nothing where it does not fail again, or the time that
/// a run has for this is over.
pub(crate) fn shrink(
    tester: &mut Tester,
    id: &str,
    start: Start,
    moves: &[Move],
    finding: &Finding,
) -> Option<String> {
    let begun = Instant::now();
    let deadline = begun + EACH.min(tester.shrinking);
    let found = search(tester, start, moves, finding, deadline);
    tester.shrinking = tester.shrinking.saturating_sub(begun.elapsed());
    let found = found?;
    tester.trace.note(format!(
        "{} moves of the walk were {} too many: {} are left that fail",
        moves.len(),
        moves.len() - found.moves.len().min(moves.len()),
        found.moves.len(),
    ));
    let sequence = vector::sequence(id, found.start, &found.steps, &found.finding);
    Some(vector::to_toml(&sequence))
}

fn search(
    tester: &mut Tester,
    start: Start,
    moves: &[Move],
    finding: &Finding,
    deadline: Instant,
) -> Option<Failing> {
    let mut best = a_few(tester, moves, finding, deadline);
    // The end of a walk is mostly enough, from one of the states that a sequence can start in.
    let mut length = 1;
    while best.is_none() && length < moves.len() && Instant::now() < deadline {
        let tail = moves.get(moves.len() - length..).unwrap_or_default();
        for start in [Start::Locked, Start::Connected, Start::Serving] {
            best = best.or_else(|| replay(tester, start, tail, finding));
        }
        length *= 2;
    }
    // A failure that hangs on the moment is better shown as a long walk than not at all.
    let mut best = best.or_else(|| once(tester, start, moves, finding))?;
    // Delta debugging: ever smaller parts are left out, until no single move can be.
    let mut part = best.moves.len().div_ceil(2);
    while part > 0 && Instant::now() < deadline {
        let mut from = 0;
        let mut is_shorter = false;
        while from < best.moves.len() && Instant::now() < deadline {
            let to = (from + part).min(best.moves.len());
            let rest = [&best.moves[..from], &best.moves[to..]].concat();
            // While it is long the parts have to fail again anyway, as parts of themselves.
            let tried = if rest.len() > SURE {
                once(tester, best.start, &rest, finding)
            } else {
                replay(tester, best.start, &rest, finding)
            };
            match tried {
                Some(shorter) => {
                    best = shorter;
                    is_shorter = true;
                }
                None => from = to,
            }
        }
        // With fewer moves left, another one may have become needless.
        if !(part == 1 && is_shorter) {
            part /= 2;
        }
    }
    // A start that lies further on saves the way to it.
    for start in [Start::Connected, Start::Serving] {
        if start == best.start {
            continue;
        }
        for skipped in 1..=best.moves.len().min(5) {
            if Instant::now() > deadline {
                break;
            }
            let rest = best.moves.get(skipped..).unwrap_or_default().to_vec();
            if let Some(shorter) = replay(tester, start, &rest, finding) {
                best = shorter;
                break;
            }
        }
    }
    Some(best)
}

/// What most failures come down to: something happens, perhaps a job ends, and then the last step of the walk fails that
/// would not have failed before. Found at once, where leaving out takes a while.
fn a_few(tester: &mut Tester, walk: &[Move], finding: &Finding, deadline: Instant) -> Option<Failing> {
    let last = walk.last()?.of_first_job();
    let mut tried = BTreeSet::new();
    let before = walk.iter().rev().map(|mv| mv.of_first_job());
    let mut happens: Vec<Move> = before.filter(|mv| tried.insert(*mv)).take(TRIED).collect();
    // What runs is what most hangs on.
    happens.sort_by_key(|mv| !matches!(mv, Move::Instruct { .. }));
    let starts = [Start::Serving, Start::Connected, Start::Locked];
    let shapes: [fn(Move, Move) -> Vec<Move>; 3] = [
        |mv, last| vec![mv, last],
        |mv, last| vec![last, mv, last],
        |mv, last| match mv {
            Move::Instruct { job, .. } => vec![mv, Move::JobEnd(job), last],
            _ => vec![mv, mv, last],
        },
    ];
    for start in starts {
        for shape in shapes {
            for &mv in &happens {
                if Instant::now() > deadline {
                    return None;
                }
                let moves = shape(mv, last);
                if let Some(few) = replay(tester, start, &moves, finding) {
                    return Some(few);
                }
            }
        }
    }
    None
}

/// Walks these moves from the start, and again: what fails now and then is no sequence to keep.
fn replay(tester: &mut Tester, start: Start, moves: &[Move], finding: &Finding) -> Option<Failing> {
    let found = once(tester, start, moves, finding)?;
    let always = (0..AGAIN).all(|_| once(tester, start, moves, finding).is_some());
    always.then_some(found)
}

/// Walks these moves from the start; the walk as far as it went, where it fails as before.
fn once(tester: &mut Tester, start: Start, moves: &[Move], finding: &Finding) -> Option<Failing> {
    if moves.is_empty() {
        return None;
    }
    // What cannot be reset any more has no shorter walk.
    tester.reset().ok()?;
    let mut walker = Walker::begin(tester, start, true).ok()?;
    let mut steps = Vec::new();
    for (index, &mv) in moves.iter().enumerate() {
        let done = walker.step_told(tester, mv);
        let failed = match &done.result {
            Ok(()) => None,
            Err(Stop::Fail(found)) if found.requirement == finding.requirement => Some(found.clone()),
            Err(_) => return None,
        };
        steps.push((mv.step(), done));
        if let Some(finding) = failed {
            return Some(Failing {
                start,
                moves: moves[..=index].to_vec(),
                finding,
                steps,
            });
        }
    }
    None
}

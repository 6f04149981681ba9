//! Walks of the model catch readers that break rules of state, and shrink to a few steps that fail again on the same
//! reader and pass on the sound one.

use cardwire_conformance::{CaseResult, Options, Progress, Run, Verdict, certify};
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Steps that a shrunk walk has at most.
const SHORT: usize = 6;

/// Ends a run with the first case that fails.
struct UntilItFails(Arc<AtomicBool>);

impl Progress for UntilItFails {
    fn case_ends(&mut self, result: &CaseResult) {
        let has_failed = matches!(result.verdict, Verdict::Fail { .. } | Verdict::Error { .. });
        if has_failed && !is_sanity(result) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// The way in is what some faults spoil; here it is the walk that has to tell.
fn is_sanity(result: &CaseResult) -> bool {
    result.case.id.starts_with("sanity.")
}

fn run(device: &str, change: impl FnOnce(&mut Options)) -> Run {
    let program = env!("CARGO_BIN_EXE_cardwire-faulty");
    // What a reader keeps over a reset it keeps here.
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let endpoint = format!("exec:'{program}' {device} --state '{}'", state.display());
    let endpoint = endpoint.parse().unwrap();
    let mut options = Options {
        filter: vec!["walk.*".into()],
        skip_slow: true,
        keep_going: true,
        rerun_failed: false,
        ..Options::new(endpoint)
    };
    change(&mut options);
    let mut progress = UntilItFails(Arc::clone(&options.stop));
    certify(&options, &mut progress).unwrap()
}

/// What failed first: its requirement, and its shortest sequence.
fn failure(run: &Run) -> Option<(&CaseResult, &str, Option<&str>)> {
    let cases = run.results.iter().filter(|result| !is_sanity(result));
    cases.into_iter().find_map(|result| match &result.verdict {
        Verdict::Fail { finding } => Some((result, finding.requirement.as_str(), result.vector.as_deref())),
        _ => None,
    })
}

/// Shrinking is bounded in time: readers that wait for each other's processors would leave it unfinished.
static ALONE: Mutex<()> = Mutex::new(());

fn is_caught(fault: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let device = format!("--fault {fault}");
    let found = run(&device, |_| ());
    let (result, requirement, vector) = failure(&found).unwrap_or_else(|| panic!("{fault} was not caught"));
    let vector = vector.unwrap_or_else(|| panic!("{fault}: no sequence: {:?}", result.verdict));
    let steps = vector.matches("[[step]]").count();
    println!(
        "{fault}: {requirement} by {}, {steps} steps\n{vector}",
        result.case.id
    );
    assert!(steps <= SHORT, "{fault}: {steps} steps:\n{vector}");
    // Kept, it fails again where it was found, and passes on the reader without a fault.
    let again = |device: &str| {
        run(device, |options| {
            options.filter.clear();
            options.sequences = vec![vector.to_owned()];
        })
    };
    let kept = again(&device);
    let seen = failure(&kept).map(|(_, requirement, _)| requirement);
    assert!(seen.is_some(), "{fault}: the kept sequence passes:\n{vector}");
    let sound = again("--sound");
    assert_eq!(sound.exit_code(), 0, "{fault}: {}\n{vector}", sound.table());
}

macro_rules! caught {
    ($($name:ident: $fault:literal;)+) => {
        $(
            #[test]
            fn $name() {
                is_caught($fault);
            }
        )+
    };
}

caught! {
    a_repeat_that_is_executed_again: "ExecutesRepeats";
    numbers_that_are_ahead: "TakesNumbersAhead";
    forged_frames_that_are_answered: "AnswersForgedFrames";
    a_session_that_disconnect_does_not_end: "StaysConnected";
    services_before_login: "ServesBeforeLogin";
    services_without_a_login_result: "ServesWithoutLoginResult";
    a_commit_that_is_refused_when_it_comes_again: "RefusesSecondCommit";
    jobs_that_are_forgotten: "ForgetsJobs";
    another_instruction_under_one_id: "OverlooksJobConflicts";
    relayed_bytes_without_a_login: "MistakesRelay";
    a_session_that_ends_with_the_cloud: "EndsSessionWithCloud";
    update_bytes_at_any_offset: "TakesAnyOffset";
    bytes_that_are_not_resumed: "DropsResumedBytes";
    a_refused_connect_that_ends_the_session: "FailedConnectEndsSession";
    a_challenge_that_changes_on_failure: "RenewsChallengeOnFailure";
}

/// The same seed fails at the same step for the same reason.
#[test]
fn the_seed_gives_the_same_failure() {
    let found = || run("--fault OverlooksJobConflicts", |options| options.seed = 7);
    let (one, other) = (found(), found());
    let (one, other) = (failure(&one).unwrap(), failure(&other).unwrap());
    assert_eq!((&one.0.case.id, one.1), (&other.0.case.id, other.1));
}

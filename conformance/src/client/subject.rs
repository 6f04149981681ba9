//! Clients as what is tested behind a program: how one case is put to one.

use super::{
    bench::{Bench, Client, Ended},
    case::Case,
    cases::cases,
    judge::Once,
    request::Request,
};
use crate::{
    certify::{RunError, percent},
    program::Program,
    subject::{self, Description, Head, Kind, Options, Progress, Put, Run, Subject},
    trace::Trace,
    verdict::{Finding, Stop, Verdict},
};
use cardwire_peers::Timers;
use core::{panic::AssertUnwindSafe, time::Duration};
use std::panic::catch_unwind;

/// How long a client may take for one answer of its upper tester.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Certifies the client behind a program: plays reader and cloud, writes the reports, and gives what came out.
///
/// # Errors
/// Patterns that fit no case, a program that can't be started, reports that can't be written, a run that can't go on.
/// Everything that the client does wrong is in the [`Run`].
pub fn certify(options: &Options, progress: &mut dyn Progress) -> Result<Run, RunError> {
    let percent = percent(options.timeout_scale)?;
    let mut clients = Clients {
        percent,
        once: Once::default(),
    };
    subject::certify(&mut clients, options, progress)
}

/// A run of a client.
struct Clients {
    /// What the timers are multiplied with, in hundredths.
    percent: u32,
    /// What may never come twice, in whichever case.
    once: Once,
}

impl Subject for Clients {
    const KIND: Kind = Kind::Client;
    const TIMEOUT: Duration = TIMEOUT;
    const LOSSES_MAX: u32 = 10;
    type Case = Case;

    fn cases(_: &Options) -> Vec<Case> {
        cases().to_vec()
    }

    fn head(case: &Case) -> Head {
        case.into()
    }

    fn describe(id: u64) -> String {
        Request::describe().line(id)
    }

    fn unmet(case: &Case, _: &Options, told: Option<&Description>) -> Option<String> {
        let told = told?;
        let op = case.needs.iter().find(|op| !told.ops.contains(&op.name()))?;
        Some(format!("the upper tester does not declare `{op}`"))
    }

    fn put(&mut self, case: &Case, program: &mut Program, options: &Options, told: &Description) -> Put {
        let about = case.requirements.first().map_or("", String::as_str);
        let client = Client {
            // A client that keeps the timers as they are is waited for as long as they say.
            timers: match told.scales {
                true => Timers::SPEC.scaled(self.percent),
                false => Timers::SPEC,
            },
            scale: options.timeout_scale,
            formats: &told.formats,
        };
        let bench = Bench::new(program, client, (options.seed, case.id.as_str(), about));
        put(case, bench, &mut self.once)
    }
}

/// Puts a case to the client; its verdict, whether the program was lost, and what was seen.
fn put(case: &Case, mut bench: Bench<'_>, once: &mut Once) -> Put {
    // A tester that is at fault says so, and goes on with the next case.
    let acted = catch_unwind(AssertUnwindSafe(|| (case.body)(&mut bench)));
    let acted = acted.unwrap_or_else(|_| Err(Stop::Error("the case panicked".into())));
    let Ended {
        closed,
        mut broken,
        missed,
        lost,
        panicked,
        tape,
    } = bench.end(once);
    let verdict = match (acted, broken.is_empty()) {
        // Whatever was seen says nothing of the client then.
        _ if panicked => closed.map_or_else(Verdict::from, |()| Verdict::Pass),
        (acted @ (Ok(()) | Err(Stop::Fail(_))), false) => {
            // What the case is about comes first: what it says by itself, or what the client sent against it.
            let about = |finding: &Finding| case.requirements.contains(&finding.requirement);
            let finding = match (broken.iter().position(about), acted) {
                (None, Err(Stop::Fail(finding))) => finding,
                (Some(at), _) => broken.swap_remove(at),
                (None, _) => broken.swap_remove(0),
            };
            Verdict::Fail { finding }
        }
        (acted, _) => match acted.and(closed) {
            Err(stop) => stop.into(),
            Ok(()) if missed.is_empty() => Verdict::Pass,
            Ok(()) => Verdict::NonStrict { findings: missed },
        },
    };
    let trace = core::mem::replace(&mut tape.lock().trace, Trace::new());
    Put { verdict, lost, trace }
}

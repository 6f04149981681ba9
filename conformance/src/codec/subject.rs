//! Codecs as what is tested behind a program: which cases there are, and how one is put to one.

use super::{
    case::Case,
    cases::{GENERATED_MAX, cases, generated, number_of},
    judge,
    request::Request,
};
use crate::{
    certify::RunError,
    program::{Answer, Loss, Program},
    subject::{self, Description, Head, Kind, Options, Progress, Put, Run, Subject},
    trace::Trace,
    verdict::Verdict,
};
use core::{panic::AssertUnwindSafe, time::Duration};
use std::{collections::BTreeSet, panic::catch_unwind};

/// How long a program may take for one answer.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Certifies the codec behind a program: puts the cases to it, writes the reports, and gives what came out.
///
/// # Errors
/// Patterns that fit no case or too many, a program that can't be started, reports that can't be written, a run that can't
/// go on. Everything that the program does wrong is in the [`Run`].
pub fn certify(options: &Options, progress: &mut dyn Progress) -> Result<Run, RunError> {
    if options.generated > GENERATED_MAX {
        return Err(RunError::Usage(format!(
            "there can be {GENERATED_MAX} generated cases at most, not {}",
            options.generated
        )));
    }
    subject::certify(&mut Codecs, options, progress)
}

/// All cases of a run of this seed, with so many generated ones.
pub(crate) fn all(seed: u64, generate: u32) -> Vec<Case> {
    let mut all = cases().to_vec();
    all.extend((0..generate).map(|number| generated(seed, number)));
    all
}

/// A run of a codec.
struct Codecs;

impl Subject for Codecs {
    const KIND: Kind = Kind::Codec;
    const TIMEOUT: Duration = TIMEOUT;
    const LOSSES_MAX: u32 = 5;
    type Case = Case;

    fn cases(options: &Options) -> Vec<Case> {
        let last = options.generated;
        let mut all = all(options.seed, last);
        // Whoever names a case need not say how many there were.
        let named: BTreeSet<_> = options
            .filter
            .iter()
            .chain(&options.only)
            .filter_map(|id| number_of(id))
            .collect();
        let beyond = named.into_iter().filter(|number| *number >= last);
        all.extend(beyond.map(|number| generated(options.seed, number)));
        all
    }

    fn head(case: &Case) -> Head {
        case.into()
    }

    fn describe(id: u64) -> String {
        Request::Describe.line(id)
    }

    fn unmet(case: &Case, _: &Options, told: Option<&Description>) -> Option<String> {
        let (op, told) = (case.request.op()?, told?);
        (!told.ops.contains(&op.name())).then(|| format!("the program does not declare `{op}`"))
    }

    fn put(&mut self, case: &Case, program: &mut Program, _: &Options, _: &Description) -> Put {
        let mut trace = Trace::new();
        let answer = program.ask(|id| case.request.line(id), &mut |way, text| trace.text(way, text));
        let (verdict, lost) = match answer {
            Ok(answer) => (judged(case, &answer), false),
            Err(Loss { seen }) => {
                let finding = judge::finding(case, seen);
                (Verdict::Fail { finding }, true)
            }
        };
        Put { verdict, lost, trace }
    }
}

fn judged(case: &Case, answer: &Answer) -> Verdict {
    // A tester that is at fault says so, and goes on with the next case.
    match catch_unwind(AssertUnwindSafe(|| judge::judge(case, answer))) {
        Ok(Ok(())) => Verdict::Pass,
        Ok(Err(finding)) => Verdict::Fail { finding },
        Err(_) => Verdict::Error {
            reason: "the case panicked".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(filter: &[&str], only: Option<&str>) -> Vec<String> {
        let options = Options {
            filter: filter.iter().map(|&pattern| pattern.to_owned()).collect(),
            only: only.map(str::to_owned),
            generated: 3,
            ..Options::new(vec!["true".into()])
        };
        let cases = Codecs::cases(&options).into_iter().map(|case| case.id);
        cases.filter(|id| number_of(id).is_some()).collect()
    }

    #[test]
    fn a_generated_case_is_found_by_its_number() {
        assert_eq!(numbers(&[], None).len(), 3);
        assert_eq!(
            numbers(&["codec.generated.54321"], None)[3],
            "codec.generated.54321"
        );
        assert_eq!(numbers(&[], Some("codec.generated.17"))[3], "codec.generated.17");
        assert_eq!(numbers(&["codec.generated.2"], None).len(), 3);
    }

    #[test]
    fn what_fits_nothing_or_is_too_much_is_refused() {
        let options = Options::new(vec!["true".into()]);
        let nothing = Options {
            filter: vec!["codec.nothing".into()],
            ..options.clone()
        };
        let too_many = Options {
            generated: GENERATED_MAX + 1,
            ..options
        };
        for refused in [nothing, too_many] {
            assert_eq!(certify(&refused, &mut ()).unwrap_err().exit_code(), 2);
        }
    }
}

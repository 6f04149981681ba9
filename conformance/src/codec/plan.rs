//! Which cases a run consists of.

use super::{
    case::Case,
    cases::{cases, generated, number_of},
    certify::{Options, RunError},
};
use crate::glob;
use std::collections::BTreeSet;

/// The cases of a run in order: those that are wanted, and their twins, without which they say nothing.
pub(super) fn plan(options: &Options) -> Result<Vec<Case>, RunError> {
    let mut all: Vec<Case> = cases().to_vec();
    let last = options.generated;
    all.extend((0..last).map(|number| generated(options.seed, number)));
    // Whoever replays one case need not say how many there were.
    let named: BTreeSet<_> = options.filter.iter().filter_map(|id| number_of(id)).collect();
    let beyond = named.into_iter().filter(|number| *number >= last);
    all.extend(beyond.map(|number| generated(options.seed, number)));
    if options.filter.is_empty() {
        return Ok(all);
    }
    let is_wanted = |case: &&Case| {
        options
            .filter
            .iter()
            .any(|pattern| glob::matches(pattern, &case.id))
    };
    let wanted = all.iter().filter(is_wanted);
    let ids: BTreeSet<String> = wanted
        .flat_map(|case| [Some(case.id.clone()), case.twin.clone()])
        .flatten()
        .collect();
    // A twin may have one itself.
    let twins = all
        .iter()
        .filter(|case| ids.contains(&case.id))
        .filter_map(|case| case.twin.clone());
    let ids: BTreeSet<String> = twins.chain(ids.iter().cloned()).collect();
    if ids.is_empty() {
        let filter = options.filter.join(" ");
        return Err(RunError::Usage(format!("no case fits {filter}")));
    }
    all.retain(|case| ids.contains(&case.id));
    Ok(all)
}

/// Whether a pattern stands for a case that this run leaves out because others were chosen.
pub(super) fn is_left_out(options: &Options, pattern: &str) -> bool {
    let generated = number_of(pattern).is_some() || glob::matches(pattern, "codec.generated.0");
    !options.filter.is_empty() && (generated || cases().iter().any(|case| glob::matches(pattern, &case.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(filter: &[&str]) -> Vec<String> {
        let options = Options {
            filter: filter.iter().map(|&pattern| pattern.to_owned()).collect(),
            generated: 3,
            ..Options::new(vec!["true".into()])
        };
        plan(&options).unwrap().into_iter().map(|case| case.id).collect()
    }

    #[test]
    fn twins_come_with_what_hangs_on_them() {
        assert_eq!(
            chosen(&["codec.decode.hello.invalid.extension-twice"]),
            [
                "codec.decode.hello.valid.typical",
                "codec.decode.hello.invalid.extension-twice"
            ]
        );
        assert!(chosen(&["codec.frame.hello"]) == ["codec.frame.hello"]);
    }

    #[test]
    fn a_generated_case_is_found_by_its_number() {
        let ids = chosen(&["codec.generated.54321"]);
        assert_eq!(ids.last().unwrap(), "codec.generated.54321");
        assert!(ids.len() <= 3, "{ids:?}");
        assert!(chosen(&["codec.generated.*"]).contains(&"codec.generated.2".into()));
    }

    #[test]
    fn what_fits_nothing_is_refused() {
        let options = Options {
            filter: vec!["codec.nothing".into()],
            ..Options::new(vec!["true".into()])
        };
        assert_eq!(plan(&options).unwrap_err().exit_code(), 2);
    }
}

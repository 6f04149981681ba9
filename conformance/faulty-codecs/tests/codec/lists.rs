//! Lists of expected failures, parts of a run, replays, reports.

use crate::{
    Proof,
    proofs::{failed, options},
};
use cardwire_conformance::{
    Outcome, Signer,
    codec::{CaseResult, Expected, Options, Progress, Run, certify},
    diff, merge, sign, verify,
};
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// A codec whose one fault is caught by one case alone, generated ones aside.
const FAULTY: &str = "empty-block-taken";
const CASE: &str = "codec.deframe.invalid.empty-block-behind-a-full-one";

pub(crate) fn all() -> Vec<Proof> {
    let proofs = [
        (
            "list::what_is_expected_fails_nothing",
            what_is_expected_fails_nothing as fn(),
        ),
        ("list::a_stale_list_fails_the_run", a_stale_list_fails_the_run),
        ("list::wildcards_are_bounded", wildcards_are_bounded),
        (
            "list::what_hangs_on_an_expected_failure_is_no_news",
            what_hangs_on_an_expected_failure_is_no_news,
        ),
        (
            "replay::one_case_says_what_it_said_among_all",
            one_case_says_what_it_said_among_all,
        ),
        (
            "report::it_holds_what_a_person_needs",
            it_holds_what_a_person_needs,
        ),
        ("parts::together_they_are_the_whole", together_they_are_the_whole),
        (
            "resume::what_has_ended_is_not_run_again",
            what_has_ended_is_not_run_again,
        ),
    ];
    proofs
        .map(|(name, shows)| Proof {
            name: name.into(),
            shows: Box::new(shows),
        })
        .into()
}

fn with_list(name: &str, list: &[(&str, &str)]) -> Options {
    let expected = list.iter().map(|(case, message)| Expected {
        case: (*case).into(),
        message: (*message).into(),
    });
    Options {
        expected: expected.collect(),
        ..options(name)
    }
}

fn message(name: &str, case: &str) -> String {
    let options = Options {
        filter: vec![case.into()],
        ..options(name)
    };
    let run = certify(&options, &mut ()).unwrap();
    let reason = failed(&run).find(|(id, _)| *id == case).map(|(_, reason)| reason);
    reason.unwrap_or_else(|| panic!("{case} does not fail for {name}"))
}

fn end(run: &Run) -> (Outcome, u8) {
    (run.outcome(), run.exit_code())
}

fn what_is_expected_fails_nothing() {
    let message = message(FAULTY, CASE);
    let run = certify(&with_list(FAULTY, &[(CASE, &message)]), &mut ()).unwrap();
    assert_eq!(end(&run), (Outcome::AsExpected, 0), "{:?}", run.problems());
    assert_eq!(run.count("fail"), 1);
    // A `*` stands for the same, where it fits so few.
    let pattern = CASE.replace("empty-block", "empty-*");
    let run = certify(&with_list(FAULTY, &[(&pattern, &message)]), &mut ()).unwrap();
    assert_eq!(end(&run), (Outcome::AsExpected, 0), "{:?}", run.problems());
}

fn a_stale_list_fails_the_run() {
    let right = message(FAULTY, CASE);
    let other = "codec.deframe.invalid.kind-0";
    for (program, list, says) in [
        // It passes.
        (
            FAULTY,
            vec![(CASE, right.as_str()), (other, "x")],
            "and passes: take it from the list",
        ),
        (
            "the-interpreter",
            vec![(CASE, right.as_str())],
            "and passes: take it from the list",
        ),
        // It says something else.
        (
            FAULTY,
            vec![(CASE, "CW-LINK-002: it is broken")],
            "fails in another way than expected",
        ),
        // It is no more.
        (
            FAULTY,
            vec![(CASE, &right), ("codec.frame.helo", "x")],
            "there is no such case: codec.frame.helo",
        ),
        // It did not run.
        (
            FAULTY,
            vec![(CASE, &right), ("codec.generated.2000", "x")],
            "there is no such case",
        ),
        (
            "another-polynomial",
            vec![(CASE, &right)],
            "and did not run: its positive twin has not passed",
        ),
    ] {
        let run = certify(&with_list(program, &list), &mut ()).unwrap();
        assert_eq!(end(&run), (Outcome::NotCertified, 1), "{list:?}");
        let problems = run.problems().join("; ");
        assert!(problems.contains(says), "`{says}` is missing: {problems}");
    }
    // A part of a run is not held to what it leaves out.
    let part = Options {
        filter: vec!["codec.frame.hello".into()],
        ..with_list(FAULTY, &[(CASE, &right)])
    };
    assert_eq!(end(&certify(&part, &mut ()).unwrap()), (Outcome::Partial, 0));
}

fn wildcards_are_bounded() {
    let error = certify(&with_list(FAULTY, &[("codec.decode.*", "x")]), &mut ()).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("20 is the most"), "{error}");
}

fn what_hangs_on_an_expected_failure_is_no_news() {
    let fault = "range-one-too-narrow";
    let run = certify(&options(fault), &mut ()).unwrap();
    let known: Vec<_> = failed(&run).map(|(id, reason)| (id.to_owned(), reason)).collect();
    let list: Vec<_> = known
        .iter()
        .map(|(id, reason)| (id.as_str(), reason.as_str()))
        .collect();
    let again = certify(&with_list(fault, &list), &mut ()).unwrap();
    assert_eq!(end(&again), (Outcome::AsExpected, 0), "{:?}", again.problems());
    let one_less = certify(&with_list(fault, &list[1..]), &mut ()).unwrap();
    assert_eq!(end(&one_less), (Outcome::NotCertified, 1));
}

fn one_case_says_what_it_said_among_all() {
    let with_seed = |filter: &[&str], generated| Options {
        seed: 11,
        generated,
        filter: filter.iter().map(|&id| id.to_owned()).collect(),
        ..options("offsets-from-one")
    };
    let whole = certify(&with_seed(&[], 2_000), &mut ()).unwrap();
    let generated = failed(&whole).find(|(id, _)| id.starts_with("codec.generated."));
    let (id, reason) = generated.expect("a generated case catches it too");
    // Also where there are not so many.
    let alone = certify(&with_seed(&[id], 1), &mut ()).unwrap();
    assert_eq!(end(&alone), (Outcome::Partial, 1));
    assert!(failed(&alone).any(|(other, why)| (other, &why) == (id, &reason)));
    let result = alone.results.last().unwrap();
    let replay = alone.replay(&result.case);
    assert!(
        replay.contains(&format!("certify codec --replay {id}@11 -- ")),
        "{replay}"
    );
    assert!(replay.ends_with(" --fault offsets-from-one"), "{replay}");
}

fn it_holds_what_a_person_needs() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let options = Options {
        report: Some(report.clone()),
        ..with_list(FAULTY, &[("codec.frame.helo", "x")])
    };
    let run = certify(&options, &mut ()).unwrap();
    assert_eq!(run.count("fail"), 1);
    let text = |name: &str| std::fs::read_to_string(report.join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text("report.json")).unwrap();
    assert_eq!(
        (&json["outcome"], &json["codec"]["name"]),
        (&"not-certified".into(), &"interpreter".into())
    );
    assert_eq!(json["codec"]["undeclared"], serde_json::json!([]));
    let cases = json["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["id"] == CASE).unwrap();
    assert_eq!(case["verdict"], "fail");
    let sentence = "A receiver MUST refuse a frame whose COBS encoding is not the shortest one";
    assert!(
        case["findings"][0]["sentence"]
            .as_str()
            .unwrap()
            .starts_with(sentence),
        "{case:#}"
    );
    assert!(
        case["trace"]["entries"][0]["note"]
            .as_str()
            .unwrap()
            .contains(r#""op":"deframe""#)
    );
    assert!(case["replay"].as_str().unwrap().contains(CASE));
    for part in [CASE, sentence, "there is no such case: codec.frame.helo"] {
        assert!(text("report.html").contains(part), "`{part}` is missing");
    }
    assert!(text("junit.xml").contains(r#"failures="2""#));
    assert!(text("trace.jsonl").lines().count() > 2 * run.count("pass"));
}

/// The parts of a run are merged, twins among them that ran in both, and what comes of it is signed and believed.
fn together_they_are_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let part = |name: &str, program: &str, seed| {
        let report = folder
            .path()
            .join(format!("{program}-{}-{seed}", name.replace('/', "-")));
        let options = Options {
            shard: Some(name.parse().unwrap()),
            seed,
            report: Some(report.clone()),
            ..options(program)
        };
        let run = certify(&options, &mut ()).unwrap();
        assert_eq!(run.outcome(), Outcome::Partial);
        report
    };
    let right = "the-interpreter";
    let [one, two] = ["1/2", "2/2"].map(|name| part(name, right, 3));
    let out = folder.path().join("whole");
    let whole = merge(&[one.clone(), two.clone()], &out).unwrap();
    assert_eq!(whole.outcome, Outcome::Certified, "{}", whole.table);
    assert_eq!(whole.document["subject"], "codec");
    assert_eq!(whole.document["merged"].as_array().unwrap().len(), 2);
    let key = ["genpkey", "-algorithm", "ed25519"];
    let key = std::process::Command::new("openssl").args(key).output().unwrap();
    let signer = Signer::from_pem(&String::from_utf8(key.stdout).unwrap()).unwrap();
    sign(&out, &signer).unwrap();
    assert_eq!(
        verify(&out, Some(&signer.public())).unwrap().outcome,
        Outcome::Certified
    );

    for (parts, why) in [
        (vec![one.clone()], "missing: part 2/2"),
        (vec![one.clone(), one.clone()], "is in both"),
        (vec![one.clone(), part("2/2", right, 4)], "`seed` is 3 and 4"),
    ] {
        let error = merge(&parts, &folder.path().join("none"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    }
    // One part that is wrong spoils the whole.
    let faulty = ["1/2", "2/2"].map(|name| part(name, FAULTY, 3));
    let spoilt = folder.path().join("spoilt");
    assert_eq!(merge(&faulty, &spoilt).unwrap().outcome, Outcome::NotCertified);
    let differences = diff(&out, &spoilt).unwrap();
    assert!(
        differences.is_worse() && differences.cases[0].case == CASE,
        "{differences}"
    );
}

/// A run that was broken off goes on, with the same program and the same seed alone.
fn what_has_ended_is_not_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let resumed = |name: &str, seed, resume| {
        let options = Options {
            filter: vec!["codec.frame.*".into()],
            report: Some(report.clone()),
            seed,
            resume,
            ..options(name)
        };
        certify(
            &options,
            &mut Breaks {
                left: (!resume).then_some(7),
                stop: options.stop.clone(),
            },
        )
    };
    let first = resumed("the-interpreter", 5, false).unwrap();
    assert_eq!(
        (first.outcome(), first.exit_code(), first.results.len()),
        (Outcome::Incomplete, 130, 7)
    );
    let other = resumed("the-interpreter", 6, true).unwrap_err();
    assert!(other.to_string().contains("its seed is 5, and not 6"), "{other}");
    let whole = resumed("the-interpreter", 5, true).unwrap();
    assert_eq!((whole.outcome(), whole.exit_code()), (Outcome::Partial, 0));
    assert_eq!(
        (whole.started.timestamp(), whole.count("pass")),
        (first.started.timestamp(), whole.results.len())
    );
    assert!(whole.results[0].trace.entries.len() == 2 && whole.results.len() > 7);
    let over = resumed("the-interpreter", 5, true).unwrap_err();
    assert!(over.to_string().contains("it has come to its end"), "{over}");
}

/// Stops a run when so many cases have ended.
struct Breaks {
    left: Option<usize>,
    stop: Arc<AtomicBool>,
}

impl Progress for Breaks {
    fn case_ends(&mut self, _: &CaseResult) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        if self.left == Some(0) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

//! `cardwire spec trace`: the ledger for people, for programs and for continuous integration.

mod common;

use common::run;
use serde_json::Value;

const SUBJECTS: [&str; 3] = ["reader", "client", "codec"];

fn requirements(document: &Value) -> &Vec<Value> {
    document["requirements"].as_array().expect("a list")
}

#[test]
fn programs_get_every_requirement_with_cases_and_kills() {
    let document = run(&["spec", "trace", "--format", "json"]).succeeded().json();
    let all = requirements(&document);
    assert!(all.len() > 100);
    for requirement in all {
        for key in ["id", "level", "sentence", "chapter", "verdict"] {
            assert!(requirement[key].is_string(), "{key} of {requirement:#}");
        }
        let stated = SUBJECTS.map(|subject| {
            let is_stated = |key: &str| {
                let list = requirement[subject][key].as_array();
                !list
                    .unwrap_or_else(|| panic!("{subject} of {requirement:#}"))
                    .is_empty()
            };
            (is_stated("cases"), is_stated("kills"))
        });
        let expected = match (
            requirement["not_testable"].is_string(),
            requirement["binds_cloud"].as_bool(),
            stated.iter().any(|(cases, _)| *cases),
            stated.iter().any(|(cases, kills)| *cases && !kills),
        ) {
            (true, _, _, _) => "not-testable",
            (false, Some(true), _, _) => "cloud",
            (false, _, false, _) => "gap",
            (false, _, true, true) => "unproven",
            (false, _, true, false) => "killed",
        };
        assert_eq!(requirement["verdict"], expected, "{requirement:#}");
    }
    let number = all
        .iter()
        .find(|one| one["id"] == "CW-LINK-004")
        .expect("it is there");
    let has = |subject: &str, key: &str, name: &str| {
        number[subject][key]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    assert!(
        has("reader", "cases", "link.answer-repeats-number")
            && has("reader", "kills", "AnswersUnderNumberZero")
            && has("client", "kills", "takes-any-clear-number"),
        "{number:#}"
    );
    let counted = |verdict: &str| {
        let of_musts = all
            .iter()
            .filter(|one| one["level"] == "must" && one["verdict"] == verdict);
        of_musts.count()
    };
    assert_eq!(document["counts"]["must"]["killed"], counted("killed"));
    assert_eq!(document["counts"]["must"]["gaps"], counted("gap"));
    let testable = ["killed", "unproven", "gap"].map(counted).iter().sum::<usize>();
    assert_eq!(document["counts"]["must"]["testable"], testable);
    for subject in SUBJECTS {
        let count = |key: &str| document["subjects"][subject][key].as_u64().expect("a number");
        assert!(count("catching") <= count("cases") && count("caught") <= count("faults"));
        assert!(count("faults") >= 25, "{subject}");
    }
}

#[test]
fn people_get_a_line_for_each_and_the_counts() {
    let told = run(&["spec", "trace"]);
    let text = &told.succeeded().stdout;
    let line = text.lines().find(|line| line.starts_with("CW-LINK-004"));
    let words: Vec<_> = line.unwrap_or_default().split_whitespace().collect();
    assert_eq!(&words[1..3], ["MUST", "killed"], "{text}");
    assert!(text.lines().any(|line| line.starts_with("MUST ")), "{text}");
    let figure = text.lines().find(|line| line.starts_with("MUST: "));
    let figure = figure.unwrap_or_else(|| panic!("no figure in {text}"));
    assert!(
        figure.contains(" testable ones are covered by a killing case ("),
        "{figure}"
    );
    assert!(figure.contains("that bind the cloud"), "{figure}");
}

/// Of one kind of product: what its cases check, and nothing of the others.
#[test]
fn one_kind_of_product_is_shown_by_itself() {
    let document = run(&["spec", "trace", "--subject", "client", "--format", "json"]);
    let document = document.succeeded().json();
    let all = requirements(&document);
    assert!(all.len() > 30);
    for requirement in all {
        let is_empty = |subject: &str| {
            requirement[subject]["cases"]
                .as_array()
                .is_some_and(Vec::is_empty)
        };
        assert!(
            !is_empty("client") && is_empty("reader") && is_empty("codec"),
            "{requirement:#}"
        );
    }
    let subjects = document["subjects"].as_object().expect("an object");
    assert_eq!(subjects.keys().collect::<Vec<_>>(), ["client"]);
    let told = run(&["spec", "trace", "--subject", "client"]);
    insta::assert_snapshot!(told.succeeded().stdout);
}

/// What is missing fails, where it binds; what is there is not told.
#[test]
fn gaps_fail_where_they_bind() {
    let whole = run(&["spec", "trace", "--format", "json"]).succeeded().json();
    let is_open = |one: &&Value| one["verdict"] == "gap" || one["verdict"] == "unproven";
    let open: Vec<_> = requirements(&whole).iter().filter(is_open).collect();
    let binding = open.iter().filter(|one| one["level"] == "must").count();
    let gaps = run(&["spec", "trace", "--gaps", "--format", "json"]);
    assert_eq!(gaps.code, Some(i32::from(binding > 0)));
    assert_eq!(requirements(&gaps.json()).iter().collect::<Vec<_>>(), open);
    let text = run(&["spec", "trace", "--gaps"]).stdout;
    for one in open {
        assert!(
            text.contains(one["sentence"].as_str().expect("a text")),
            "{one:#}"
        );
    }
    assert!(!text.contains("CW-LINK-004"));
}

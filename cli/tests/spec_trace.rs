//! `cardwire spec trace`: the ledger for people, for programs and for continuous integration.

mod common;

use common::run;
use serde_json::Value;

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
        assert!(requirement["cases"].is_array() && requirement["kills"].is_array());
        let is_stated = |key: &str| requirement[key].as_array().is_some_and(|list| !list.is_empty());
        let expected = match (
            requirement["not_testable"].is_string(),
            is_stated("cases"),
            is_stated("kills"),
        ) {
            (true, _, _) => "not-testable",
            (false, false, _) => "gap",
            (false, true, false) => "unproven",
            (false, true, true) => "killed",
        };
        assert_eq!(requirement["verdict"], expected, "{requirement:#}");
    }
    let number = all
        .iter()
        .find(|one| one["id"] == "CW-LINK-004")
        .expect("it is there");
    let has = |key: &str, name: &str| {
        number[key]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    assert!(
        has("cases", "link.answer-repeats-number") && has("kills", "AnswersUnderNumberZero"),
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
}

#[test]
fn people_get_a_line_for_each_and_the_counts() {
    let told = run(&["spec", "trace"]);
    let text = &told.succeeded().stdout;
    let line = text.lines().find(|line| line.starts_with("CW-LINK-004"));
    let words: Vec<_> = line.unwrap_or_default().split_whitespace().collect();
    assert_eq!(&words[1..3], ["MUST", "killed"], "{text}");
    assert!(text.lines().any(|line| line.starts_with("MUST ")), "{text}");
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

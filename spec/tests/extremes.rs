//! Schemas that nobody writes by hand: they bring problems like any other, soon and without a crash.

use cardwire_spec::problem::Problem;

const SCHEMA: &str = include_str!("../protocol.toml");

fn problems(text: &str) -> Vec<Problem> {
    match cardwire_spec::parse("protocol.toml", text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0,
    }
}

/// The schema with structures `s1` to the last, each of which holds the next; the last holds a `last`.
fn nested(depth: usize, last: &str) -> String {
    let structure = |level: usize| {
        let inner = if level < depth {
            format!("s{}", level + 1)
        } else {
            last.to_owned()
        };
        format!(
            "[[structure]]\nname = \"s{level}\"\nrequirement = \"CW-LOGIN-001\"\ndoc = \"A level.\"\n\
             fields = [{{ name = \"inner\", type = \"{inner}\", doc = \"What it holds.\" }}]\n"
        )
    };
    SCHEMA.to_owned() + &(1..=depth).map(structure).collect::<String>()
}

#[test]
fn structures_nest_four_deep_and_no_deeper() {
    assert_eq!(problems(&nested(4, "u8")), []);
    for depth in [5, 3000] {
        let found = problems(&nested(depth, "u8"));
        assert_eq!(found.len(), 1, "{depth}");
        assert_eq!(found[0].path, format!("structure.s{}.fields[0].type", depth - 4));
        assert_eq!(found[0].message, "structures nest 5 deep here");
    }
}

#[test]
fn a_circle_of_structures_is_named_at_each_of_them() {
    let found = problems(&nested(3, "s2"));
    let told: Vec<_> = found
        .iter()
        .map(|problem| (problem.path.as_str(), problem.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("structure.s2.fields[0].type", "the structure `s2` holds itself"),
            ("structure.s3.fields[0].type", "the structure `s3` holds itself"),
        ]
    );
}

#[test]
fn figures_that_no_sum_can_hold_are_problems_and_no_crash() {
    let huge = i64::MAX.to_string();
    let text = [
        "frame_overhead = { value = 13",
        "tag_size = { value = 16",
        "message_max = { value = 483",
    ]
    .iter()
    .fold(SCHEMA.to_owned(), |text, figure| {
        let (name, _) = figure.split_once("= { value").unwrap_or_default();
        text.replacen(figure, &format!("{name}= {{ value = {huge}"), 1)
    });
    let paths: Vec<String> = problems(&text).into_iter().map(|problem| problem.path).collect();
    assert!(
        paths.contains(&String::from("limit.message_max.value")),
        "{paths:?}"
    );
}

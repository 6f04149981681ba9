//! The ledger of a small book, and its fragments.

use cardwire_spec::{
    book::{self, Book, Evidence, Level, Proof, counts, ledger},
    render,
};

const BOOK: &str = "\
### CW-LINK-001

A reader MUST a.

*Prevents:* [T-1](#t-1).

### CW-LINK-002

A reader MUST b.

*Prevents:* [O-1](#o-1), [T-1](#t-1).

### CW-LINK-003

A reader MUST c.

*Prevents:* interoperability: nothing works.

### CW-LINK-004

A reader MUST d.

*Prevents:* [O-1](#o-1).

*Not testable:* nobody sees it.

### CW-LINK-005

A reader SHOULD e.

### T-1

**A | B.**

### O-1

**Line.**
";

const EVIDENCE: &str = r#"{
  "requirements": {
    "CW-LINK-001": "killed",
    "CW-LINK-002": "unproven",
    "CW-LINK-003": "gap",
    "CW-LINK-004": "not-testable",
    "CW-LINK-005": "killed"
  },
  "cases": {
    "link.a": {"requirements":["CW-LINK-001","CW-LINK-002"],"kills":{"F":["CW-LINK-001"],"G":["CW-LINK-001"]}},
    "link.b": {"requirements":["CW-LINK-002"]},
    "link.e": {"requirements":["CW-LINK-005"],"kills":{"F":["CW-LINK-005"]}}
  },
  "faults": {
    "F": {"breaks":["CW-LINK-001"],"keeps_way_in":true},
    "G": {"breaks":["CW-LINK-001"],"keeps_way_in":false}
  }
}
"#;

fn small() -> (Book, Evidence) {
    let book = book::parse([("link.md", BOOK)]).unwrap_or_else(|problems| panic!("{problems}"));
    (book, Evidence::parse("evidence.json", EVIDENCE).unwrap())
}

#[test]
fn each_requirement_stands_as_its_cases_and_kills_say() {
    let (book, evidence) = small();
    let rows = ledger(&book, &evidence);
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.cases.clone(), row.kills.clone(), row.proof))
        .collect();
    assert_eq!(
        told,
        [
            (vec!["link.a"], vec!["F", "G"], Proof::Killed),
            (vec!["link.a", "link.b"], vec![], Proof::Unproven),
            (vec![], vec![], Proof::Gap),
            (vec![], vec![], Proof::NotTestable),
            (vec!["link.e"], vec!["F"], Proof::Killed),
        ]
    );
    let musts = counts(&rows, Level::Must);
    assert_eq!((musts.all, musts.killed, musts.unproven), (4, 1, 1));
    assert_eq!((musts.gaps, musts.not_testable), (1, 1));
    assert_eq!(counts(&rows, Level::May).all, 0);
    let row = serde_json::to_value(&rows[0]).unwrap();
    assert_eq!(
        (&row["id"], &row["verdict"]),
        (&"CW-LINK-001".into(), &"killed".into())
    );
    assert_eq!(row["prevents"]["threats"][0], "T-1");
}

#[test]
fn evidence_is_written_as_it_is_read() {
    let (book, evidence) = small();
    assert_eq!(evidence.to_text(), EVIDENCE);
    assert_eq!(evidence.with_book(&book), evidence);
    let problems = Evidence::parse("evidence.json", "{\n \"cases\": [] }").unwrap_err();
    assert!(problems.to_string().starts_with("evidence.json:2:"), "{problems}");
}

#[test]
fn evidence_follows_the_suite() {
    let (book, evidence) = small();
    let suite = [
        ("link.a", vec!["CW-LINK-002"]),
        ("link.e", vec!["CW-LINK-005", "CW-LINK-003"]),
        ("link.new", vec!["CW-LINK-001"]),
    ];
    let now = evidence.with_cases(suite).with_book(&book);
    assert!(
        now.cases["link.a"].kills.is_empty(),
        "it does not check CW-LINK-001 any more"
    );
    assert_eq!(now.cases["link.e"].kills.len(), 1);
    assert!(!now.cases.contains_key("link.b"));
    let proofs: Vec<_> = now.requirements.values().copied().collect();
    let unproven = Proof::Unproven;
    assert_eq!(
        proofs,
        [unproven, unproven, unproven, Proof::NotTestable, Proof::Killed]
    );
}

#[test]
fn fragments_tell_all_of_it_and_bind_nobody() {
    let (book, evidence) = small();
    let fragments = render::ledger::fragments(&book, &evidence);
    let text = |name: &str| {
        let (_, text) = fragments.iter().find(|(path, _)| path.ends_with(name)).unwrap();
        text.as_str()
    };
    assert_eq!(
        text("threats.md").lines().last(),
        Some(
            r"| [T-1](link.md#t-1) | A \| B | [CW-LINK-001](link.md#cw-link-001), [CW-LINK-002](link.md#cw-link-002) | 2 | `F`, `G` |"
        )
    );
    assert_eq!(
        text("origin.md").lines().last(),
        Some(
            "| [O-1](link.md#o-1) | Line | [CW-LINK-002](link.md#cw-link-002), [CW-LINK-004](link.md#cw-link-004) | 2 | none |"
        )
    );
    let ledger = text("ledger.md");
    for line in [
        "| must | 4 | 1 | 1 | 1 | 1 |",
        "| [CW-LINK-003](link.md#cw-link-003) | must | none | gap |",
        "- [CW-LINK-004](link.md#cw-link-004): nobody sees it.",
        "| [CW-LINK-001](link.md#cw-link-001) | must | `link.a` | `F`, `G` | killed |",
    ] {
        assert!(
            ledger.lines().any(|found| found == line),
            "{line} is not in\n{ledger}"
        );
    }
    let (_, problems) = book::read(fragments.iter().map(|(_, text)| ("ledger.md", text.as_str())));
    let binding: Vec<_> = problems
        .iter()
        .filter(|problem| problem.message.contains("outside of a requirement"))
        .collect();
    assert!(binding.is_empty(), "{binding:?}");
}

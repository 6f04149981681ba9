//! The ledger of a small book, and its fragments.

use cardwire_spec::{
    book::{self, Book, Evidence, Level, Proof, Subject, counts, ledger},
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

### CW-LINK-006

A cloud MUST f.

*Prevents:* interoperability: nothing works.

*Binds:* cloud.

### CW-LINK-007

Whoever decodes MUST g.

*Prevents:* interoperability: nothing works.

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
    "CW-LINK-005": "unproven",
    "CW-LINK-006": "cloud",
    "CW-LINK-007": "unproven"
  },
  "reader": {
    "cases": {
      "link.a": {"requirements":["CW-LINK-001","CW-LINK-002"],"kills":{"F":["CW-LINK-001"],"G":["CW-LINK-001"]}},
      "link.b": {"requirements":["CW-LINK-002","CW-LINK-007"],"kills":{"F":["CW-LINK-007"]}},
      "link.e": {"requirements":["CW-LINK-005"]}
    },
    "faults": {
      "F": {"breaks":["CW-LINK-001"],"keeps_way_in":true},
      "G": {"breaks":["CW-LINK-001"],"keeps_way_in":false}
    }
  },
  "client": {
    "cases": {
      "client.link.a": {"requirements":["CW-LINK-001"],"kills":{"no-a":["CW-LINK-001"]}},
      "client.link.g": {"requirements":["CW-LINK-007"]}
    },
    "faults": {
      "no-a": {"breaks":["CW-LINK-001"],"keeps_way_in":true}
    }
  },
  "codec": {
    "cases": {
      "codec.decode.hello.*": {"requirements":["CW-LINK-005"],"kills":{"e":["CW-LINK-005"]}}
    },
    "faults": {
      "e": {"breaks":["CW-LINK-005"],"keeps_way_in":true},
      "missed": {"breaks":["CW-LINK-005"],"keeps_way_in":true}
    }
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
    let told = |number: usize| {
        let row = &rows[number - 1];
        (row.cases().collect(), row.kills().collect(), row.proof)
    };
    let (reader, client, codec) = (Subject::Reader, Subject::Client, Subject::Codec);
    let (a, b) = ((reader, "link.a"), (reader, "link.b"));
    let of_client = ((client, "client.link.a"), (client, "no-a"));
    let expected: [(Vec<_>, Vec<_>, Proof); 7] = [
        (
            vec![a, of_client.0],
            vec![(reader, "F"), (reader, "G"), of_client.1],
            Proof::Killed,
        ),
        (vec![a, b], vec![], Proof::Unproven),
        (vec![], vec![], Proof::Gap),
        (vec![], vec![], Proof::NotTestable),
        (
            vec![(reader, "link.e"), (codec, "codec.decode.hello.*")],
            vec![(codec, "e")],
            Proof::Unproven,
        ),
        (vec![], vec![], Proof::Cloud),
        (
            vec![b, (client, "client.link.g")],
            vec![(reader, "F")],
            Proof::Unproven,
        ),
    ];
    for (number, expected) in (1..).zip(expected) {
        assert_eq!(told(number), expected, "{number}");
    }
    let musts = counts(&rows, Level::Must);
    assert_eq!((musts.all, musts.killed, musts.unproven), (6, 1, 2));
    assert_eq!((musts.gaps, musts.not_testable, musts.cloud), (1, 1, 1));
    assert_eq!(
        musts.to_string(),
        "1 of 4 testable ones are covered by a killing case (25.0 %); not counted: 1 not testable, 1 that bind the \
         cloud"
    );
    assert_eq!(counts(&rows, Level::May).all, 0);
    let row = serde_json::to_value(&rows[0]).unwrap();
    assert_eq!(
        (&row["id"], &row["verdict"]),
        (&"CW-LINK-001".into(), &"killed".into())
    );
    assert_eq!(row["prevents"]["threats"][0], "T-1");
    assert_eq!(row["client"]["cases"][0], "client.link.a");
}

/// What one kind of product is not caught at is not hidden by another that is.
#[test]
fn each_kind_of_product_stands_for_itself() {
    let (book, evidence) = small();
    let rows = ledger(&book, &evidence);
    let proof = |number: usize, subject: Subject| rows[number - 1].only(subject).map(|row| row.proof);
    assert_eq!(proof(7, Subject::Reader), Some(Proof::Killed));
    assert_eq!(proof(7, Subject::Client), Some(Proof::Unproven));
    assert_eq!(proof(7, Subject::Codec), None);
    let only = rows[0].only(Subject::Client).unwrap();
    assert_eq!(only.cases().count(), 1);
    assert_eq!(evidence.reader.idle().collect::<Vec<_>>(), ["link.e"]);
    assert_eq!(evidence.codec.missed().collect::<Vec<_>>(), ["missed"]);
}

/// Rounded down: the whole figure stands only where nothing is missing.
#[test]
fn nearly_all_is_not_all() {
    let counts = |killed, unproven| book::Counts {
        all: killed + unproven,
        killed,
        unproven,
        ..Default::default()
    };
    assert_eq!(counts(9_999, 1).per_mille(), 999);
    assert_eq!(counts(10_000, 0).per_mille(), 1_000);
    assert!(counts(9_999, 1).to_string().contains("(99.9 %)"));
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
    let reader = evidence.reader.with_cases(suite);
    let now = Evidence { reader, ..evidence }.with_book(&book);
    let cases = &now.reader.cases;
    assert!(
        cases["link.a"].kills.is_empty(),
        "it does not check CW-LINK-001 any more"
    );
    assert!(!cases.contains_key("link.b"));
    let proof = |id: &str| now.requirements[id];
    assert_eq!(proof("CW-LINK-001"), Proof::Unproven, "of readers");
    assert_eq!(proof("CW-LINK-003"), Proof::Unproven);
    assert_eq!(proof("CW-LINK-004"), Proof::NotTestable);
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
            r"| [T-1](link.md#t-1) | A \| B | [CW-LINK-001](link.md#cw-link-001), [CW-LINK-002](link.md#cw-link-002) | 3 | readers: `F`, `G`; clients: `no-a` |"
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
        "| must | 6 | 1 | 2 | 1 | 1 | 1 |",
        "| readers | 3 | 2 | 2 | 2 |",
        "| codecs | 1 | 1 | 2 | 1 |",
        "- [CW-LINK-006](link.md#cw-link-006): must",
        "| [CW-LINK-003](link.md#cw-link-003) | must | none | gap |",
        "- [CW-LINK-004](link.md#cw-link-004): nobody sees it.",
        "| [CW-LINK-001](link.md#cw-link-001) | must | readers: `link.a`; clients: `client.link.a` | readers: `F`, `G`; \
         clients: `no-a` | killed |",
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

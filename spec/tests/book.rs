//! The format of the book: small books that keep to it, and edits that each break it in one way.

use cardwire_spec::{
    book::{self, Book, Level},
    problem::Problem,
};

const LINK: &str = "\
# Link

Frames. A definition of `MUST` is no requirement.

### CW-LINK-001

A reader MUST NOT answer an answer.

*Prevents:* [T-2](security.md#t-2), [O-1](origin.md#o-1); interoperability: two readers answer each other
for ever.

Explanation, which names [CW-LINK-002](#cw-link-002).

```text
A reader MUST NOT be taken at its word in code.
```

## Sizes

### CW-LINK-002

A reader MUST say `hello. World`.

*Prevents:* interoperability: nobody hears it.
*Not testable:* a tester hears nothing at all.

### CW-LINK-003

A client SHOULD say it too.
";

const SECURITY: &str = "\
# Security

### T-1

**A relay.** Text.

### T-2

**Reflection of answers**

### U-1

**Old software.**

### CW-SEC-001

A reader MAY be slow.

*Prevents:* [T-1](#t-1), [U-1](security.md#u-1).
";

const ORIGIN: &str = "\
### O-1

**The client's instruction.** Text.
";

fn read(link: &str, security: &str) -> (Book, Vec<Problem>) {
    book::read([
        ("book/link.md", link),
        ("security.md", security),
        ("origin.md", ORIGIN),
    ])
}

#[test]
fn a_book_that_keeps_to_the_format() {
    let (book, problems) = read(LINK, SECURITY);
    assert_eq!(problems, []);
    let ids: Vec<_> = book
        .requirements
        .iter()
        .map(|requirement| requirement.id.as_str())
        .collect();
    assert_eq!(ids, ["CW-LINK-001", "CW-LINK-002", "CW-LINK-003", "CW-SEC-001"]);
    let levels: Vec<_> = book
        .requirements
        .iter()
        .map(|requirement| requirement.level)
        .collect();
    assert_eq!(levels, [Level::Must, Level::Must, Level::Should, Level::May]);

    let first = book.requirement("CW-LINK-001").unwrap();
    assert_eq!(first.sentence, "A reader MUST NOT answer an answer.");
    assert_eq!((first.chapter.as_str(), &first.not_testable), ("link", &None));
    assert_eq!(first.prevents.threats, ["T-2"]);
    assert_eq!(first.prevents.origins, ["O-1"]);
    let failure = first.prevents.interoperability.as_deref();
    assert_eq!(failure, Some("two readers answer each other for ever"));
    let second = book.requirement("CW-LINK-002").unwrap();
    assert_eq!(
        second.not_testable.as_deref(),
        Some("a tester hears nothing at all")
    );
    assert!(book.requirement("CW-LINK-003").unwrap().prevents.is_empty());
    let (of_cloud, _) = read(
        &LINK.replacen(
            "*Not testable:* a tester hears nothing at all.",
            "*Binds:* cloud.",
            1,
        ),
        SECURITY,
    );
    let second = of_cloud.requirement("CW-LINK-002").unwrap();
    assert!(second.binds_cloud && second.not_testable.is_none());
    assert!(!of_cloud.requirement("CW-LINK-001").unwrap().binds_cloud);

    let threats: Vec<_> = book
        .threats
        .iter()
        .map(|threat| (threat.id.as_str(), threat.title.as_str()))
        .collect();
    let expected = [
        ("T-1", "A relay"),
        ("T-2", "Reflection of answers"),
        ("U-1", "Old software"),
    ];
    assert_eq!(threats, expected);
    assert_eq!(book.origins.len(), 1);
    let against: Vec<_> = book.against("U-1").map(|found| found.id.as_str()).collect();
    assert_eq!(against, ["CW-SEC-001"]);
}

#[test]
fn each_break_is_named_with_its_line() {
    // What is replaced, by what, the line of the problem, words of it.
    let cases = [
        ("MUST NOT answer an", "never answers an", 7, "no normative word"),
        ("an answer.", "it and MAY wait.", 7, "`MUST` and `MAY`"),
        (
            "MUST NOT answer an",
            "SHALL not answer an",
            7,
            "`SHALL` is not one",
        ),
        ("an answer.", "an answer.\nNever.", 7, "on a line of its own"),
        ("an answer.", "an answer. It waits.", 7, "not one sentence"),
        ("an answer.", "an answer", 7, "not one sentence"),
        (
            "A reader MUST NOT answer an answer.\n",
            "",
            5,
            "the sentence is missing",
        ),
        (
            "### CW-LINK-001",
            "### CW-LINK-003",
            27,
            "CW-LINK-003 is already taken",
        ),
        ("### CW-LINK-001", "### CW-LINK-01", 5, "no requirement id"),
        ("### CW-LINK-001", "### CW-LUNK-001", 5, "area of CW-LUNK-001"),
        ("### CW-LINK-001", "### CW-JOB-001", 5, "in the chapter `jobs`"),
        ("### CW-LINK-001", "## CW-LINK-001", 5, "is not `### CW-LINK-001`"),
        (
            "### CW-LINK-001",
            "### CW-LINK-001 Answers",
            5,
            "is not `### CW-LINK-001`",
        ),
        (
            "*Prevents:* inter",
            "Prevents: inter",
            20,
            "does not say what it prevents",
        ),
        (
            "*Prevents:* inter",
            "*Prevents:* x.\n\n*Prevents:* inter",
            24,
            "`x` is no link",
        ),
        (
            "*Prevents:* inter",
            "*Prevents:* inter: x.\n*Prevents:* inter",
            25,
            "a second line",
        ),
        (
            "interoperability: nobody hears it",
            "nothing",
            24,
            "`nothing` is no link",
        ),
        (
            "interoperability: nobody hears it",
            "",
            24,
            "nothing is prevented",
        ),
        (
            " nobody hears it",
            "",
            24,
            "behind `interoperability:` is missing",
        ),
        ("nobody hears it.", "nobody hears it", 24, "full stop"),
        ("; interop", ", interop", 9, "no semicolon"),
        ("[T-2]", "[T-3]", 9, "there is no T-3"),
        ("[T-2]", "[X-3]", 9, "`X-3` is neither"),
        (
            "[T-2](security.md#t-2)",
            "[T-2](security.md#t-1)",
            9,
            "leads to `security.md#t-1`",
        ),
        ("[T-2]", "[O-1](origin.md#o-1), [T-2]", 9, "O-1 is named twice"),
        ("a tester hears nothing at all.", "no.", 25, "not testable"),
        (
            "*Not testable:* a tester hears nothing at all.",
            "*Binds:* the fleet.",
            25,
            "`the fleet.` is nobody",
        ),
        (
            "[CW-LINK-002](",
            "[CW-LINK-009](",
            12,
            "no requirement CW-LINK-009",
        ),
        ("Frames.", "| Frames MUST |", 3, "`MUST` outside"),
        ("## Sizes", "## Sizes that MAY vary", 18, "`MAY` outside"),
    ];
    for (from, to, line, words) in cases {
        assert!(LINK.contains(from), "{from}");
        let (_, problems) = read(&LINK.replacen(from, to, 1), SECURITY);
        let found = problems
            .iter()
            .any(|problem| problem.line == line && problem.message.contains(words));
        assert!(found, "{from} -> {to}: {problems:#?}");
        assert!(
            problems
                .iter()
                .all(|problem| !problem.help.is_empty() && !problem.file.is_empty())
        );
    }
    for (from, to, line, words) in [
        ("**A relay.** Text.", "A relay.", 3, "the title is missing"),
        ("### T-2", "### T-1", 7, "T-1 is already taken"),
        (
            "*Prevents:* [T-1](#t-1), [U",
            "*Prevents:* [U",
            3,
            "no requirement is there for T-1",
        ),
        ("### U-1", "#### U-1", 11, "is not `### U-1`"),
    ] {
        let (_, problems) = read(LINK, &SECURITY.replacen(from, to, 1));
        let found = problems
            .iter()
            .any(|problem| problem.line == line && problem.message.contains(words));
        assert!(found, "{from} -> {to}: {problems:#?}");
    }
}

/// Everything that is wrong is told at once, in the order of the text.
#[test]
fn problems_are_told_together() {
    let link = LINK
        .replace("MUST NOT answer an", "answers no")
        .replace("*Prevents:* inter", "Inter");
    let error = book::parse([("link.md", link.as_str()), ("security.md", "### T-1\n")]).unwrap_err();
    let told = error.to_string();
    let firsts: Vec<_> = told.lines().filter(|line| !line.starts_with("  help")).collect();
    assert_eq!(
        firsts,
        [
            "link.md:7:1: CW-LINK-001: the sentence has no normative word",
            "link.md:9:1: CW-LINK-001: there is no T-2",
            "link.md:9:1: CW-LINK-001: there is no O-1",
            "link.md:20:1: CW-LINK-002: a MUST that does not say what it prevents",
            "security.md:1:1: T-1: the title is missing",
            "security.md:1:1: T-1: no requirement is there for T-1",
        ]
    );
}

#[test]
fn strange_texts_are_no_panic() {
    for text in [
        "",
        "###",
        "### CW-",
        "### T-99999999999",
        "```\n### CW-LINK-001",
        "### CW-LINK-001\n*Prevents:*",
        "\u{feff}# ä\r\n",
    ] {
        let _ = book::read([("link.md", text), ("", text)]);
    }
}

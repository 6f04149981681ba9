//! What was found, held to what is committed.

use cardwire_spec::book::{Book, Evidence, Findings, Level, Proof, Subject, ledger};
use std::collections::BTreeSet;

/// How many names are told of what is stale.
const SHOWN: usize = 6;

/// What may not be: evidence of another suite or book, and a MUST that was proven before and is so no more.
pub(super) fn regressions(book: &Book, committed: &Evidence, found: &Evidence) -> Vec<String> {
    let mut told = Vec::new();
    let mut stale = Vec::new();
    for subject in Subject::ALL {
        let (before, now) = (committed.of(subject), found.of(subject));
        let cases = names(cases(before).symmetric_difference(&cases(now)).map(|(id, _)| id));
        let faults = names(
            breaks(before)
                .symmetric_difference(&breaks(now))
                .map(|(name, _)| name),
        );
        stale.extend([
            (format!("cases of {subject}s"), cases),
            (format!("faults of {subject}s"), faults),
        ]);
    }
    let requirements =
        |evidence: &Evidence| -> BTreeSet<_> { evidence.requirements.keys().cloned().collect() };
    stale.push((
        "requirements".into(),
        names(requirements(committed).symmetric_difference(&requirements(found))),
    ));
    for (what, names) in stale.into_iter().filter(|(_, names)| !names.is_empty()) {
        let shown: Vec<_> = names.iter().take(SHOWN).map(String::as_str).collect();
        let more = match names.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        told.push(format!(
            "{} is stale, its {what} are not those that there are: {}{more}; run `cargo xtask proof --map`, or \
             `--accept` to write what a run finds",
            Evidence::FILE,
            shown.join(", ")
        ));
    }
    for row in ledger(book, found) {
        let requirement = row.requirement;
        let before = committed.requirements.get(&requirement.id);
        if requirement.level == Level::Must && before == Some(&Proof::Killed) && row.proof != Proof::Killed {
            told.push(format!(
                "{} was killed and is now {}: no case catches any of the faulty products that it caught before",
                requirement.id, row.proof
            ));
        }
    }
    told
}

fn cases(found: &Findings) -> BTreeSet<(String, BTreeSet<String>)> {
    let cases = found.cases.iter();
    cases
        .map(|(id, case)| (id.clone(), case.requirements.clone()))
        .collect()
}

fn breaks(found: &Findings) -> BTreeSet<(String, BTreeSet<String>)> {
    let faults = found.faults.iter();
    faults
        .map(|(name, fault)| (name.clone(), fault.breaks.clone()))
        .collect()
}

/// Tells how much of the evidence is not what it was; where nothing is lost by it, it is no fault.
pub(super) fn tell_changes(committed: &Evidence, found: &Evidence) {
    let kills = |evidence: &Evidence| -> BTreeSet<_> {
        let cases = Subject::ALL
            .into_iter()
            .flat_map(|subject| &evidence.of(subject).cases);
        let kills = cases.flat_map(|(id, case)| {
            let kill = move |(fault, killed): (&String, &BTreeSet<String>)| {
                (id.clone(), fault.clone(), killed.clone())
            };
            case.kills.iter().map(kill)
        });
        kills.collect()
    };
    let (before, now) = (kills(committed), kills(found));
    let (lost, new) = (before.difference(&now).count(), now.difference(&before).count());
    if lost + new > 0 {
        println!(
            "NOTICE: {new} kills are new and {lost} are not there any more; `cargo xtask proof --accept` writes them to {}",
            Evidence::FILE
        );
    }
}

fn names<'n>(names: impl Iterator<Item = &'n String>) -> BTreeSet<String> {
    names.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_spec::book;

    const CHAPTER: &str = "### CW-LINK-001\n\nA reader MUST a.\n\n### CW-LINK-002\n\nA reader SHOULD b.\n";

    fn evidence(text: &str) -> Evidence {
        let (book, _) = book::read([("link.md", CHAPTER)]);
        let none = r#"{ "cases": {}, "faults": {} }"#;
        let evidence = format!(
            r#"{{ "requirements": {{}}, "reader": {none}, "codec": {none}, "client": {{ {text} }} }}"#
        );
        Evidence::parse("evidence.json", &evidence)
            .expect("it is evidence")
            .with_book(&book)
    }

    fn told(found: &str) -> String {
        let committed = evidence(
            r#""faults": { "F": { "breaks": [], "keeps_way_in": true } }, "cases": {
                "a": { "requirements": ["CW-LINK-001"], "kills": { "F": ["CW-LINK-001"] } },
                "b": { "requirements": ["CW-LINK-002"], "kills": { "F": ["CW-LINK-002"] } } }"#,
        );
        let (book, _) = book::read([("link.md", CHAPTER)]);
        regressions(&book, &committed, &evidence(found)).join("\n")
    }

    #[test]
    fn a_must_that_is_proven_no_more_is_told() {
        let faults = r#""faults": { "F": { "breaks": [], "keeps_way_in": true } }"#;
        let lost = format!(
            r#"{faults}, "cases": {{
                "a": {{ "requirements": ["CW-LINK-001"] }}, "b": {{ "requirements": ["CW-LINK-002"] }} }}"#
        );
        let told = told(&lost);
        assert!(
            told.contains("CW-LINK-001 was killed and is now unproven"),
            "{told}"
        );
        assert!(!told.contains("CW-LINK-002") && !told.contains("stale"), "{told}");
    }

    #[test]
    fn evidence_of_another_suite_is_stale() {
        let told = told(
            r#""faults": {}, "cases": { "a": { "requirements": ["CW-LINK-001", "CW-LINK-002"],
                "kills": { "F": ["CW-LINK-001"] } } }"#,
        );
        assert!(
            told.contains("its cases of clients are not those that there are: a, b"),
            "{told}"
        );
        assert!(
            told.contains("its faults of clients are not those that there are: F"),
            "{told}"
        );
        assert!(!told.contains("requirements are"), "{told}");
    }
}

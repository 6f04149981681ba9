//! Reports that are signed, checked, merged and compared.

use super::*;
use crate::report::{dsse, keys::Signer, stored};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey as _, spki::der::pem::LineEnding},
};
use serde_json::Value;

fn signer(seed: u8) -> Signer {
    let key = SigningKey::from_bytes(&[seed; 32]);
    Signer::from_pem(&key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap()
}

/// A report of a whole run with this verdict of one case, in a folder of this name.
fn report(folder: &Path, name: &str, verdict: &Verdict) -> PathBuf {
    let path = folder.join(name);
    write(&path, &run(verdict).sheet()).unwrap();
    path
}

#[test]
fn a_signed_report_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = report(folder.path(), "report", &Verdict::Pass);
    assert!(matches!(verify(&path, None), Err(VerifyError::Unsigned { .. })));
    sign(&path, &signer(1)).unwrap();
    let public = signer(1).public();
    let verified = verify(&path, Some(&public)).unwrap();
    assert_eq!(
        (verified.outcome, verified.files),
        (Outcome::Certified, FILES.len())
    );
    assert_eq!((verified.signer, verified.is_known), (public.id(), true));
    assert!(!verify(&path, None).unwrap().is_known);
    let other = signer(2).public();
    assert!(matches!(
        verify(&path, Some(&other)),
        Err(VerifyError::Signature { .. })
    ));
    // Written anew, the report is no longer what was signed, and the statement is gone with it.
    write(&path, &run(&failed()).sheet()).unwrap();
    assert!(matches!(verify(&path, None), Err(VerifyError::Unsigned { .. })));
    sign(&path, &signer(1)).unwrap();
    assert_eq!(
        verify(&path, Some(&public)).unwrap().outcome,
        Outcome::NotCertified
    );
    let pem = public.to_pem();
    assert_eq!(PublicKey::from_pem(&pem).unwrap(), public);
    assert!(Signer::from_pem(&pem).is_err() && PublicKey::from_pem("no key").is_err());
}

/// Whatever is changed in whatever file, at its begin, in its middle and at its end: the file is named.
#[test]
fn what_was_changed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = report(folder.path(), "report", &Verdict::Pass);
    sign(&path, &signer(1)).unwrap();
    let public = signer(1).public();
    for name in FILES.iter().chain(&[STATEMENT]) {
        let file = path.join(name);
        let good = fs::read(&file).unwrap();
        let middle = good.len() / 2;
        for place in [0, 1, middle, middle + 1, good.len() - 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[place] ^= 0x01;
            fs::write(&file, &bad).unwrap();
            let error = verify(&path, Some(&public)).unwrap_err().to_string();
            assert!(error.starts_with(name), "{name} at {place}: {error}");
        }
        fs::write(&file, &good[..good.len() - 1]).unwrap();
        assert!(
            verify(&path, Some(&public))
                .unwrap_err()
                .to_string()
                .starts_with(name)
        );
        fs::remove_file(&file).unwrap();
        assert!(
            verify(&path, Some(&public))
                .unwrap_err()
                .to_string()
                .contains(name)
        );
        fs::write(&file, &good).unwrap();
    }
    fs::write(path.join("notes.txt"), "").unwrap();
    let error = verify(&path, Some(&public)).unwrap_err().to_string();
    assert!(error.starts_with("notes.txt: it was added"), "{error}");
    fs::remove_file(path.join("notes.txt")).unwrap();
    verify(&path, Some(&public)).unwrap();
}

/// The statement has one form: no byte of it can be another one, also where no signature covers it.
#[test]
fn no_byte_of_the_statement_can_be_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = report(folder.path(), "report", &Verdict::Pass);
    sign(&path, &signer(1)).unwrap();
    let (file, public) = (path.join(STATEMENT), signer(1).public());
    let good = fs::read_to_string(&file).unwrap();
    let changed = |place: usize, new: u8| {
        let mut bad = good.clone().into_bytes();
        bad[place] = new;
        let sealed = String::from_utf8(bad)
            .ok()
            .and_then(|text| dsse::open(&text).ok());
        !sealed.is_some_and(|sealed| sealed.is_signed_by(&public))
    };
    for (place, byte) in good.bytes().enumerate() {
        for new in [byte ^ 1, byte ^ 0x20, b' ', b'\n', b'"', b'A', b'='] {
            assert!(new == byte || changed(place, new), "{place}: {new}");
        }
    }
}

/// A report that says more than its cases is found out, whoever signed it.
#[test]
fn a_report_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = report(folder.path(), "report", &failed());
    let file = path.join("report.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    for (pointer, new, told) in [
        ("/outcome", json!("certified"), "its cases do not"),
        ("/counts/fail", json!(0), "it counts 0 cases as fail"),
        ("/outcome", json!("splendid"), "no outcome"),
    ] {
        let old = core::mem::replace(document.pointer_mut(pointer).unwrap(), new);
        fs::write(&file, document.to_string()).unwrap();
        sign(&path, &signer(1)).unwrap();
        let error = verify(&path, None).unwrap_err().to_string();
        assert!(
            error.starts_with("report.json: ") && error.contains(told),
            "{error}"
        );
        *document.pointer_mut(pointer).unwrap() = old;
    }
}

#[test]
fn a_report_that_is_read_back_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for (name, verdict) in [("fail", failed()), ("pass", Verdict::Pass)] {
        let path = report(folder.path(), name, &verdict);
        let document = stored::document(&path).unwrap();
        let mut cases = stored::cases(&document).unwrap();
        stored::with_traces(&path, &mut cases).unwrap();
        let again: Vec<_> = cases
            .iter()
            .map(|case| case.row(crate::case::Group::Link.name()).to_json())
            .collect();
        for (again, case) in again.iter().zip(document["cases"].as_array().unwrap()) {
            for member in [
                "id",
                "level",
                "title",
                "verdict",
                "milliseconds",
                "findings",
                "replay",
                "trace",
            ] {
                assert_eq!(again[member], case[member], "{member} of {}", case["id"]);
            }
        }
    }
}

/// The reports of the parts of a run, which hold every so many-th case each.
fn parts(folder: &Path, count: usize, verdict: &Verdict) -> Vec<PathBuf> {
    let part = |number: usize| {
        let mut part = run(verdict);
        let mut place = 0;
        part.results.retain(|result| {
            place += 1;
            result.case.group == crate::case::Group::Sanity || place % count == number
        });
        let path = folder.join(format!("part-{number}"));
        let mut sheet = part.sheet();
        sheet.document["shard"] = json!(format!("{}/{count}", number + 1));
        write(&path, &sheet).unwrap();
        path
    };
    (0..count).map(part).collect()
}

#[test]
fn parts_become_the_whole() {
    for (verdict, outcome) in [
        (Verdict::Pass, Outcome::Certified),
        (failed(), Outcome::NotCertified),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let parts = parts(folder.path(), 3, &verdict);
        let out = folder.path().join("whole");
        let merged = merge(&parts, &out).unwrap();
        assert_eq!(merged.outcome, outcome, "{}", merged.table);
        let document = stored::document(&out).unwrap();
        assert_eq!(document["cases"].as_array().unwrap().len(), cases().len());
        assert_eq!(stored::outcome(&document).unwrap(), outcome);
        assert_eq!(document["merged"].as_array().unwrap().len(), 3);
        let traces = fs::read_to_string(out.join("trace.jsonl")).unwrap();
        assert_eq!(traces.lines().count(), 2 * cases().len());
        sign(&out, &signer(1)).unwrap();
        assert_eq!(verify(&out, None).unwrap().outcome, outcome);
    }
}

#[test]
fn what_is_wrong_with_a_part_is_wrong_with_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let parts = parts(folder.path(), 2, &Verdict::Pass);
    for part in &parts {
        let file = part.join("report.json");
        let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        document["problems"] = json!(["it claims what it does not do"]);
        fs::write(&file, document.to_string()).unwrap();
    }
    let out = folder.path().join("whole");
    let merged = merge(&parts, &out).unwrap();
    assert_eq!(merged.outcome, Outcome::NotCertified, "{}", merged.table);
    assert_eq!(
        merged.document["problems"],
        json!(["it claims what it does not do"])
    );
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("it claims what it does not do"));
}

#[test]
fn what_is_no_whole_is_not_merged() {
    let folder = tempfile::tempdir().unwrap();
    let parts = parts(folder.path(), 3, &Verdict::Pass);
    let out = folder.path().join("whole");
    let error = |parts: &[PathBuf]| merge(parts, &out).unwrap_err().to_string();
    assert_eq!(error(&parts[..2]), "missing: part 3/3");
    assert_eq!(error(&parts[1..2]), "missing: part 1/3, part 3/3");
    let doubled = error(&[parts.clone(), vec![parts[0].clone()]].concat());
    assert!(doubled.starts_with("part 1/3 is in both "), "{doubled}");
    assert_eq!(error(&[]), "missing: every part: no folder was named");

    let change = |part: &Path, pointer: &str, new: Value| {
        let file = part.join("report.json");
        let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let old = core::mem::replace(document.pointer_mut(pointer).unwrap(), new);
        fs::write(&file, document.to_string()).unwrap();
        old
    };
    for (pointer, new, told) in [
        ("/seed", json!(7), "`seed` is 0 and 7"),
        ("/device/software", json!("other"), "`device.software`"),
        ("/suite/digest", json!("00"), "another version of the suite"),
        ("/filter", json!(["link.*"]), "chosen by a filter"),
    ] {
        // What one device did not tell is no difference.
        let first = pointer
            .starts_with("/device")
            .then(|| change(&parts[0], pointer, json!("one")));
        let old = change(&parts[2], pointer, new);
        let told_so = error(&parts);
        assert!(told_so.contains(told), "{pointer}: {told_so}");
        change(&parts[2], pointer, old);
        first.map(|old| change(&parts[0], pointer, old));
    }
    // Without the parts' own word the cases tell.
    for part in &parts {
        change(part, "/shard", Value::Null);
    }
    let missing = error(&parts[..2]);
    assert!(
        missing.starts_with("missing: ") && missing.contains(" more"),
        "{missing}"
    );
    let doubled = error(&[parts.clone(), vec![parts[0].clone()]].concat());
    assert!(doubled.contains(" is in both "), "{doubled}");
    assert!(!out.exists(), "nothing is written where something is missing");
    merge(&parts, &out).unwrap();
}

#[test]
fn runs_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let good = report(folder.path(), "good", &Verdict::Pass);
    let bad = report(folder.path(), "bad", &failed());
    let worse = diff(&good, &bad).unwrap();
    assert!(worse.is_worse());
    let [one] = worse.cases.as_slice() else {
        panic!("{worse}")
    };
    assert_eq!(
        (one.change, one.case.as_str()),
        (Change::Worse, "link.answer-repeats-number")
    );
    assert!(worse.to_string().contains("pass -> fail: CW-LINK-004"), "{worse}");
    assert_eq!(worse.to_json()["cases"][0]["before"]["verdict"], "pass");
    let better = diff(&bad, &good).unwrap();
    assert_eq!(
        (better.is_worse(), better.cases[0].change),
        (false, Change::Better)
    );
    let same = diff(&bad, &bad).unwrap();
    assert_eq!(
        (same.is_worse(), same.cases.len(), same.same),
        (false, 0, cases().len())
    );
    // One that is gone says nothing any more; that one is new is no harm.
    let file = good.join("report.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    document["cases"].as_array_mut().unwrap().pop();
    fs::write(&file, document.to_string()).unwrap();
    assert_eq!(diff(&bad, &good).unwrap().cases.len(), 2);
    assert!(diff(&bad, &good).unwrap().is_worse());
    let new = diff(&good, &bad).unwrap();
    assert!(new.cases.iter().any(|case| case.change == Change::New));
    assert!(diff(&good, folder.path()).is_err());
}

//! `verify` and `report`: reports that are signed, checked, merged and compared, as a lab does it.

mod common;

use common::run;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

struct Lab(tempfile::TempDir);

impl Lab {
    fn new() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        for name in ["lab", "other"] {
            let key = lab.path(&format!("{name}.pem"));
            lab.openssl(&["genpkey", "-algorithm", "ed25519", "-out", &key]);
            lab.openssl(&[
                "pkey",
                "-in",
                &key,
                "-pubout",
                "-out",
                &lab.path(&format!("{name}.pub.pem")),
            ]);
        }
        lab
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn openssl(&self, arguments: &[&str]) {
        let ended = Command::new("openssl").args(arguments).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
    }

    /// A signed report of a few cases.
    fn report(&self, name: &str, more: &[&str]) -> PathBuf {
        let path = self.path(name);
        let arguments = [
            "certify",
            "--filter",
            "link.d*",
            "--report",
            &path,
            "--sign-key",
            &self.path("lab.pem"),
        ];
        run(&[&arguments, more].concat()).succeeded();
        Path::new(&path).into()
    }
}

#[test]
fn a_signed_report_is_checked() {
    let lab = Lab::new();
    let report = lab.report("report", &[]);
    let folder = report.display().to_string();
    let verify = |key: &str| run(&["verify", &folder, "--key", &lab.path(key)]);
    // All is as it was signed, and a part of the cases certifies nothing.
    let ended = verify("lab.pub.pem");
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(
        ended.stdout.starts_with("partial run: certifies nothing"),
        "{ended:#?}"
    );
    for told in ["CERT-READER-1", "reference-host", "signed by"] {
        assert!(ended.stdout.contains(told), "{told}: {ended:#?}");
    }
    let json = run(&["verify", &folder, "--format", "json"]);
    assert_eq!(json.json()["outcome"], "partial");
    assert_eq!(
        (&json.json()["files"], &json.json()["signer_checked"]),
        (&5.into(), &false.into())
    );

    verify("other.pub.pem").failed(1, &["statement.dsse.json", "expected the signature of the key"]);
    verify("lab.pem").failed(2, &["holds no Ed25519 public key"]);
    let page = report.join("report.html");
    let good = fs::read_to_string(&page).unwrap();
    fs::write(
        &page,
        good.replacen("certifies nothing", "certifies all of it", 1),
    )
    .unwrap();
    verify("lab.pub.pem").failed(1, &["report.html: it was changed after it was signed"]);
    fs::remove_file(&page).unwrap();
    verify("lab.pub.pem").failed(1, &["report.html: it was signed, and is missing"]);
    fs::write(&page, good).unwrap();
    fs::remove_file(report.join("statement.dsse.json")).unwrap();
    verify("lab.pub.pem").failed(2, &["the report was not signed", "cardwire report sign"]);
    run(&["report", "sign", &folder, "--sign-key", &lab.path("other.pem")]).succeeded();
    assert!(verify("other.pub.pem").stdout.contains("signed by"));
    run(&["verify", &lab.path("nowhere")]).failed(2, &["can't be read"]);
}

/// The key is read before the run, which may take long.
#[test]
fn a_wrong_key_is_told_at_once() {
    let lab = Lab::new();
    let ended = run(&[
        "certify",
        "--report",
        &lab.path("report"),
        "--sign-key",
        &lab.path("lab.pub.pem"),
    ]);
    ended.failed(2, &["holds no Ed25519 private key", "openssl genpkey"]);
    assert!(!Path::new(&lab.path("report")).exists());
    run(&[
        "report",
        "sign",
        &lab.path("."),
        "--sign-key",
        &lab.path("lab.pem"),
    ])
    .failed(4, &["can't be signed"]);
}

/// A run of chosen cases is no part of a whole one, and two reports of the same are compared.
#[test]
fn reports_are_merged_and_compared() {
    let lab = Lab::new();
    let [one, two] = ["one", "two"].map(|name| {
        lab.report(name, &["--filter", "connection.hello*"])
            .display()
            .to_string()
    });
    let out = lab.path("whole");
    run(&["report", "merge", &one, &two, "--out", &out]).failed(1, &["chosen by a filter"]);
    run(&["report", "merge", &lab.path("."), &one, "--out", &out])
        .failed(2, &["report.json: it can't be read"]);
    assert!(!Path::new(&out).exists());

    let same = run(&["report", "diff", &one, &two]);
    assert!(
        same.succeeded().stdout.contains("partial -> partial; "),
        "{same:#?}"
    );
    let file = Path::new(&two).join("report.json");
    let mut document: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let gone = document["cases"].as_array_mut().unwrap().remove(1);
    fs::write(&file, document.to_string()).unwrap();
    let worse = run(&["report", "diff", &one, &two]);
    assert_eq!(worse.code, Some(1));
    let told = format!("gone    {}: pass -> none", gone["id"].as_str().unwrap());
    assert!(worse.stdout.contains(&told), "{worse:#?}");
    let json = run(&["report", "diff", &two, &one, "--format", "json"]);
    assert_eq!(json.succeeded().json()["cases"][0]["change"], "new");
}

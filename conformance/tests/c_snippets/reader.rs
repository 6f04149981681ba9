//! The store under losses of power, and the whole reader under the suite.

use crate::program::{compile, digits};
use cardwire_conformance::{Options, Outcome, Run, certify};
use cardwire_peers::Identities;
use core::fmt::Write as _;
use std::{fs, process::Command};
use tempfile::TempDir;

/// The files of the reader, the process around it aside.
pub(crate) const READER: [&str; 22] = [
    "channel.c",
    "codec.c",
    "commands.c",
    "connection.c",
    "convert.c",
    "data.c",
    "diagnostics.c",
    "jobs.c",
    "link.c",
    "logic.c",
    "login.c",
    "machine.c",
    "messages.c",
    "modules.c",
    "noise.c",
    "parameters.c",
    "reader.c",
    "registers.c",
    "requests.c",
    "run.c",
    "steps.c",
    "update.c",
];

#[test]
fn the_store_keeps_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let program = compile(&folder, "cuts", &["store.c", "link.c"], &["cuts.c"]);
    let output = Command::new(program).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let pairs: u32 = said.split(' ').next().unwrap().parse().unwrap();
    assert!(pairs > 50_000, "{said}");
}

/// A reader of the book's files, with the certification identity.
fn reader(folder: &TempDir) -> Options {
    let of_book = [&READER[..], &["store.c", "verify.c"]].concat();
    let program = compile(folder, "reader", &of_book, &["host.c", "card.c", "crypto.c"]);
    let reader = Identities::certification().reader.unwrap();
    let mut identity = format!(
        "reader_id {}\nstatic_key {}\ncloud {}\nauthority {}\n",
        reader.id,
        digits(reader.static_key.as_bytes()),
        digits(&reader.cloud_public_key),
        digits(&reader.authority_public_key),
    );
    for client in &reader.clients {
        let key = digits(client.pre_shared_key.as_bytes());
        let _ = writeln!(
            identity,
            "client {}\ngeneration {}\npsk {key}",
            client.id, client.generation
        );
    }
    let [file, flash] = ["identity", "flash"].map(|name| folder.path().join(name));
    fs::write(&file, identity).unwrap();
    let endpoint = format!(
        "exec:'{}' '{}' '{}'",
        program.display(),
        file.display(),
        flash.display()
    );
    Options::new(endpoint.parse().unwrap())
}

/// What went wrong, case by case.
fn findings(run: &Run) -> String {
    let bad = run.results.iter().filter_map(|result| {
        let reason = result.verdict.reason()?;
        Some(format!(
            "{} {}: {reason}\n",
            result.verdict.name(),
            result.case.id
        ))
    });
    bad.collect()
}

#[test]
fn the_reader_passes() {
    let folder = tempfile::tempdir().unwrap();
    let options = reader(&folder);
    let run = certify(
        &Options {
            skip_slow: true,
            ..options
        },
        &mut (),
    )
    .unwrap();
    assert_eq!(
        (run.count("fail"), run.count("error")),
        (0, 0),
        "{}",
        findings(&run)
    );
    assert!(run.count("pass") > 200, "{} cases passed", run.count("pass"));
}

/// All cases, those in which a minute has to pass as well.
#[test]
#[ignore = "takes three minutes: --ignored runs it"]
fn the_reader_is_certified() {
    let folder = tempfile::tempdir().unwrap();
    let options = reader(&folder);
    let run = certify(&options, &mut ()).unwrap();
    assert_eq!(run.outcome(), Outcome::Certified, "{}", findings(&run));
}

//! `--power-cut`: a reader whose power is cut at an operation of its flash, as a laboratory does it.

mod common;

use common::{CARDWIRE, run};
use std::{fs, path::Path};

fn cut(state: &str, at: &str) -> Option<i32> {
    run(&[
        "reader",
        "--listen",
        "stdio",
        "--quiet",
        "--state",
        state,
        "--power-cut",
        at,
    ])
    .code
}

/// How often the reader has booted, this time included.
fn boots(state: &str) -> u64 {
    let reader = format!("exec:'{CARDWIRE}' reader --listen stdio --quiet --state '{state}'");
    let ended = run(&["client", &reader, "status", "--format", "json"]);
    ended.json()["boot_counter"]
        .as_u64()
        .unwrap_or_else(|| panic!("{ended:#?}"))
}

/// Each operation of a boot is cut, and the next boot finds what was there before, or one boot more. A reset that costs the
/// counter would show as a number that was there already.
#[test]
fn a_boot_that_is_cut_is_counted_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    let state = path.to_str().unwrap();
    let mut last = boots(state);
    for operation in 1.. {
        let mut came = 0;
        for moment in ["before", "inside", "after"] {
            let code = cut(state, &format!("{operation}:{moment}"));
            came += u32::from(code == Some(5));
            let now = boots(state);
            let cut_counts = u64::from(code == Some(0));
            assert!(
                (last + 1 + cut_counts..=last + 2).contains(&now),
                "cut at {operation}:{moment} ended with {code:?}: {now} boots after {last}"
            );
            last = now;
        }
        if came == 0 {
            assert!(operation > 2, "a boot writes");
            return;
        }
        assert_eq!(came, 3);
    }
}

#[test]
fn what_is_cut_and_what_is_kept_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    let state = path.to_str().unwrap();
    for wrong in ["0", "x", "1:later", ""] {
        assert_eq!(cut(state, wrong), Some(2), "{wrong}");
    }
    assert_eq!(
        run(&["reader", "--listen", "stdio", "--power-cut", "1"]).code,
        Some(2),
        "there is no flash to look at"
    );
    assert!(!Path::new(state).exists());

    fs::write(&path, "CWSTATE\x01x").unwrap();
    let old = run(&["reader", "--listen", "stdio", "--state", state]);
    old.failed(
        2,
        &["is in the format of an earlier version", "move the file away"],
    );
}

//! Prints how many executions a second and core the targets make. To be run in a release build.

use cardwire_fuzz::speed::measure;
use core::time::Duration;
use std::{fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let corpus = |target: &str| {
        let files = fs::read_dir(corpora.join(target)).into_iter().flatten().flatten();
        let mut inputs: Vec<_> = files.filter_map(|file| fs::read(file.path()).ok()).collect();
        inputs.sort();
        inputs
    };
    let rows = measure(Duration::from_secs(seconds.unwrap_or(5)), &corpus);
    for row in &rows {
        println!("{row}");
    }
    if rows.iter().all(|row| row.passes()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

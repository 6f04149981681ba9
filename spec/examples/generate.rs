//! Writes every file that is made from the schema: `cargo run -p cardwire-spec --example generate`.

use std::{fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    // The crate stands in the workspace's directory `spec`.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match cardwire_spec::generated(&root).map(|files| {
        files
            .into_iter()
            .try_for_each(|(path, bytes)| write(&root.join(path), &bytes))
    }) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    if fs::read(path).is_ok_and(|present| present == bytes) {
        Ok(())
    } else {
        fs::write(path, bytes)
    }
}

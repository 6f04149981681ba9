//! The targets and their inputs, for the chores: `cargo xtask fuzz --help`.
//!
//! ```text
//! inputs list                       every target and its property, as JSON
//! inputs names                      their names, one a line
//! inputs explain TARGET FILE        what the input is, and what the check says of it
//! inputs check TARGET FILE...       for each input a line of JSON: the place and the message of its panic, or null
//! inputs replay TARGET FOLDER...    checks every input in the folders
//! inputs seeds FOLDER               writes the seeds, a folder for each target
//! inputs words FOLDER               writes the dictionaries, a file for each target that has words
//! ```

use cardwire_fuzz::{Target, dictionary};
use core::panic::AssertUnwindSafe;
use std::{
    env, fs,
    io::Write as _,
    panic,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
};

type Result<T> = core::result::Result<T, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list"] => list(),
        ["names"] => {
            for target in cardwire_fuzz::TARGETS {
                println!("{}", target.name);
            }
            Ok(ExitCode::SUCCESS)
        }
        ["explain", target, file] => named(target).and_then(|target| explain(target, file)),
        ["check", target, files @ ..] => named(target).and_then(|target| check(target, files)),
        ["replay", target, folders @ ..] => named(target).and_then(|target| replay(target, folders)),
        ["seeds", folder] => seeds(Path::new(folder)),
        ["words", folder] => dictionaries(Path::new(folder)),
        _ => Err(
            "list, names, explain TARGET FILE, check TARGET FILE..., replay TARGET FOLDER..., seeds FOLDER, or words FOLDER"
                .into(),
        ),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn named(name: &str) -> Result<&'static Target> {
    Target::named(name).ok_or_else(|| format!("there is no target {name}; `list` names them").into())
}

fn list() -> Result<ExitCode> {
    let targets: Vec<_> = cardwire_fuzz::TARGETS
        .iter()
        .map(|target| serde_json::json!({ "name": target.name, "property": target.property }))
        .collect();
    println!("{}", serde_json::Value::from(targets));
    Ok(ExitCode::SUCCESS)
}

fn explain(target: &Target, file: &str) -> Result<ExitCode> {
    let bytes = fs::read(file).map_err(|error| format!("{file} can't be read: {error}"))?;
    println!("target    {}", target.name);
    println!("property  {}", target.property);
    println!("input     {} bytes, {file}", bytes.len());
    // Before the check, which may not come back; and the explanation may stumble over the same bug.
    match caught(|| println!("{}", (target.explain)(&bytes))) {
        None => {}
        Some(Panic { place, message }) => println!("it can't be explained: {message} ({place})"),
    }
    std::io::stdout().flush()?;
    match caught(|| (target.check)(&bytes)) {
        None => {
            println!("verdict   the property holds");
            Ok(ExitCode::SUCCESS)
        }
        Some(Panic { place, message }) => {
            println!("verdict   the property does NOT hold\nplace     {place}\nmessage   {message}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn check(target: &Target, files: &[&str]) -> Result<ExitCode> {
    for file in files {
        let bytes = fs::read(file).map_err(|error| format!("{file} can't be read: {error}"))?;
        let panic = caught(|| (target.check)(&bytes))
            .map(|Panic { place, message }| serde_json::json!({ "place": place, "message": message }));
        println!(
            "{}",
            serde_json::json!({ "file": file, "size": bytes.len(), "panic": panic })
        );
        // The next one may end the process.
        std::io::stdout().flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn replay(target: &Target, folders: &[&str]) -> Result<ExitCode> {
    let mut inputs = 0;
    for seed in (target.seeds)() {
        (target.check)(&seed.bytes);
        inputs += 1;
    }
    for folder in folders {
        for file in files(Path::new(folder))? {
            (target.check)(&fs::read(file)?);
            inputs += 1;
        }
    }
    println!("{inputs} inputs of {}", target.name);
    Ok(ExitCode::SUCCESS)
}

fn seeds(folder: &Path) -> Result<ExitCode> {
    for target in cardwire_fuzz::TARGETS {
        let folder = folder.join(target.name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let seeds = (target.seeds)();
        for seed in &seeds {
            let name = seed.name.replace(['/', '\\'], "-");
            fs::write(folder.join(name), &seed.bytes)?;
        }
        println!("{:>6} seeds  {}", seeds.len(), target.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn dictionaries(folder: &Path) -> Result<ExitCode> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for target in cardwire_fuzz::TARGETS {
        if let Some(text) = dictionary::of(target) {
            println!(
                "{:>6} words  {}",
                text.lines().filter(|line| line.starts_with('"')).count(),
                target.name
            );
            fs::write(folder.join(target.name).with_extension("dict"), text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Files of a folder, in the order of their names; none where it is not there.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Where something panicked, and what it said.
struct Panic {
    place: String,
    message: String,
}

fn caught(work: impl FnOnce()) -> Option<Panic> {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let message = info
            .payload_as_str()
            .unwrap_or("a panic without words")
            .to_owned();
        if let Ok(mut keep) = keep.lock() {
            *keep = Some(Panic { place, message });
        }
    }));
    let failed = panic::catch_unwind(AssertUnwindSafe(work)).is_err();
    panic::set_hook(before);
    let panic = seen.lock().ok().and_then(|mut seen| seen.take());
    failed.then(|| {
        panic.unwrap_or_else(|| Panic {
            place: "nowhere".to_owned(),
            message: "it did not say".to_owned(),
        })
    })
}

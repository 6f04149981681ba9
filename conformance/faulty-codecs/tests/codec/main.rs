//! `certify codec`: what is right is certified, and each of many programs with one fault is caught by named cases.
//!
//! It runs the proofs some at a time, those whose name holds an argument where there are any.

mod book;
mod lists;
mod nulls;
mod proofs;

use core::sync::atomic::{AtomicUsize, Ordering};
use std::{panic::catch_unwind, process::ExitCode, sync::Mutex, thread};

/// Something that is shown, under a name.
pub(crate) struct Proof {
    pub(crate) name: String,
    pub(crate) shows: Box<dyn Fn() + Send + Sync + core::panic::RefUnwindSafe>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // What cargo passes on for the usual harness says nothing here.
    let wanted: Vec<_> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted = |proof: &Proof| wanted.is_empty() || wanted.iter().any(|part| proof.name.contains(*part));
    let mut proofs: Vec<_> = proofs::all()
        .into_iter()
        .chain(nulls::all())
        .chain(lists::all())
        .chain(book::all())
        .collect();
    proofs.retain(is_wanted);
    run(&proofs)
}

/// Runs the proofs, some at a time.
fn run(proofs: &[Proof]) -> ExitCode {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = thread::available_parallelism().map_or(2, Into::into);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(proof) = proofs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let held = catch_unwind(|| (proof.shows)()).is_ok();
                    println!("test {} ... {}", proof.name, if held { "ok" } else { "FAILED" });
                    if !held {
                        failed.lock().unwrap().push(&proof.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("\n{} proofs, {} failed: {failed:?}", proofs.len(), failed.len());
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

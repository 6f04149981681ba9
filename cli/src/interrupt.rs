//! Ctrl-C, and what else asks a program to end: once stops a run in order, twice ends it at once.

use crate::{failure::Exit, terminal::say};
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// A mark that becomes true when the program is asked to end. It may be asked for once.
pub(crate) fn mark() -> Arc<AtomicBool> {
    let mark = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&mark);
    let stop = move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        say(format_args!("stopping; once more ends this at once"));
    };
    // Where the system has no such thing, the program ends as any other does.
    let _ = ctrlc::set_handler(stop);
    mark
}

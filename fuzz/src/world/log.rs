//! What happens in an execution, in words: written only for a person who looks at one input.

use core::{cell::RefCell, fmt::Write as _, panic::AssertUnwindSafe};
use std::panic::catch_unwind;

/// Lines, where somebody reads them.
pub struct Log<'l>(Option<&'l RefCell<String>>);

impl<'l> Log<'l> {
    /// Nobody reads.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Lines into this text.
    #[must_use]
    pub const fn into(text: &'l RefCell<String>) -> Self {
        Self(Some(text))
    }

    /// Writes a line, which is made only where somebody reads it.
    pub fn line(&self, line: impl FnOnce() -> String) {
        if let Some(text) = self.0 {
            // Writing to a text does not fail.
            let _ = writeln!(text.borrow_mut(), "{}", line());
        }
    }
}

/// Runs a target and gives its lines, also where its property breaks: the last line says how.
#[must_use]
pub fn explained(run: impl FnOnce(&Log<'_>)) -> String {
    let text = RefCell::new(String::new());
    let broken = catch_unwind(AssertUnwindSafe(|| run(&Log::into(&text)))).err();
    let mut text = text.into_inner();
    if let Some(broken) = broken {
        let why = broken
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| broken.downcast_ref::<&str>().copied());
        text.push_str("BROKEN: ");
        text.push_str(why.unwrap_or("a panic without words"));
        text.push('\n');
    }
    text
}

/// Bytes as digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

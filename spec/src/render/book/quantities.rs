//! Limits and timers.

use super::{Book, Table, prose::grouped};
use crate::model::Quantity;
use indexmap::IndexMap;

/// The fragment `limits.md`.
pub(super) fn limits(book: Book<'_>) -> String {
    table(book, "limit", &book.protocol.limits)
}

/// The fragment `timers.md`.
pub(super) fn timers(book: Book<'_>) -> String {
    table(book, "timer", &book.protocol.timers)
}

/// Each row can be linked to by the name of what it says.
fn table(book: Book<'_>, what: &str, quantities: &IndexMap<String, Quantity>) -> String {
    let mut table = Table::new([what, "value", "unit", "requirement", "meaning"]);
    for (name, quantity) in quantities {
        table.row([
            format!("<a id=\"{}\"></a>`{name}`", name.to_lowercase()),
            grouped(quantity.value),
            quantity.unit.clone(),
            book.requirement(&quantity.requirement),
            book.prose(&quantity.doc),
        ]);
    }
    table.finish()
}

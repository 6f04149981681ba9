//! Interfaces of the interface module, and what reaches each of them.

use super::{Book, Table, prose::codes};

/// The fragment `interfaces.md`.
pub(super) fn render(book: Book<'_>) -> String {
    let mut table = Table::new([
        "interface",
        "enabled in the states",
        "requests",
        "requirement",
        "what it takes",
    ]);
    for (name, interface) in &book.protocol.interfaces {
        let requests: Vec<_> = book
            .protocol
            .messages
            .iter()
            .filter(|message| message.interface.as_deref() == Some(name))
            .map(|message| book.section(&message.name))
            .collect();
        table.row([
            format!("`{name}`"),
            codes(&interface.enabled),
            requests.join(", "),
            book.requirement(&interface.requirement),
            book.prose(&interface.doc),
        ]);
    }
    table.finish()
}

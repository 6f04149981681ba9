//! What is read or written one after another, and how much of it is of fixed size.
//!
//! Pieces of fixed size that follow each other become one run: the generated code compares what is left of the message,
//! or of the buffer, once for all of them.

/// Where a piece is read from or written to, as a method's receiver.
pub(super) const AT: &str = "@.";

/// The same, as an argument.
pub(super) const AT_ARGUMENT: &str = "@argument";

/// One statement.
pub(super) struct Piece {
    /// Its bytes, where every value takes as many.
    pub(super) size: Option<u64>,
    /// The statement, with [`AT`] and [`AT_ARGUMENT`].
    pub(super) code: String,
}

/// Statements that read all pieces from `cursor`, or write all of them to `writer`.
pub(super) fn statements(pieces: &[Piece], source: &str) -> String {
    statements_before(pieces, source, "")
}

/// The same, with a statement that needs nothing but what is left behind all pieces. It stands before what is read from
/// the last run: what has been read would have to be kept while it runs.
pub(super) fn statements_before(pieces: &[Piece], source: &str, last: &str) -> String {
    let mut out = String::new();
    let mut rest = pieces;
    let mut pending = last;
    while let Some(first) = rest.first() {
        let fixed = rest.iter().take_while(|piece| piece.size.is_some()).count();
        let (run, others) = rest.split_at(fixed.max(1));
        rest = others;
        if run.len() == 1 {
            out += &first
                .code
                .replace(AT_ARGUMENT, source)
                .replace(AT, &format!("{source}."));
            continue;
        }
        let size: u64 = run.iter().filter_map(|piece| piece.size).sum();
        out += &format!("let mut run = {source}.within({size})?;\n");
        if rest.is_empty() {
            out += core::mem::take(&mut pending);
        }
        for piece in run {
            out += &piece.code.replace(AT_ARGUMENT, "&mut run").replace(AT, "run.");
        }
    }
    out + pending
}

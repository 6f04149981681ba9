//! Pairs of schemas, made from the real one by small edits: each shows a kind of change one way, and mostly another kind
//! the other way.

mod fields;
mod machines;
mod messages;
mod whole;

/// The real schema.
pub(crate) const SCHEMA: &str = include_str!("../../protocol.toml");

/// One edit: behind the first text, the second one becomes the third one. Behind [`EVERYWHERE`], wherever it stands.
pub(crate) type Edit = (&'static str, &'static str, &'static str);

/// A pair of schemas.
pub(crate) struct Pair {
    /// The kind of change from the first schema to the second one.
    pub(crate) there: &'static str,
    /// The kind of change from the second schema to the first one; [`NONE`] where that is shown elsewhere.
    pub(crate) back: &'static str,
    /// What makes the first schema of the real one.
    common: &'static [Edit],
    /// What makes the second schema of the first one.
    edits: &'static [Edit],
}

/// In place of a kind.
pub(crate) const NONE: &str = "";

/// In place of a text that an edit stands behind.
pub(crate) const EVERYWHERE: &str = "";

impl Pair {
    /// Both schemas.
    pub(crate) fn schemas(&self) -> [String; 2] {
        let first = applied(SCHEMA, self.common);
        let second = applied(&first, self.edits);
        [first, second]
    }
}

/// A schema with some edits.
pub(crate) fn applied(text: &str, edits: &[Edit]) -> String {
    edits.iter().fold(text.to_owned(), |text, (behind, from, to)| {
        let start = text
            .find(behind)
            .unwrap_or_else(|| panic!("`{behind}` is not in the schema"));
        let (head, tail) = text.split_at(start);
        assert!(tail.contains(from), "`{from}` does not stand behind `{behind}`");
        if *behind == EVERYWHERE {
            tail.replace(from, to)
        } else {
            head.to_owned() + &tail.replacen(from, to, 1)
        }
    })
}

const fn pair(there: &'static str, back: &'static str, edits: &'static [Edit]) -> Pair {
    pair_of(there, back, &[], edits)
}

const fn pair_of(
    there: &'static str,
    back: &'static str,
    common: &'static [Edit],
    edits: &'static [Edit],
) -> Pair {
    Pair {
        there,
        back,
        common,
        edits,
    }
}

/// All pairs.
pub(crate) fn all() -> impl Iterator<Item = &'static Pair> {
    let families = [whole::PAIRS, messages::PAIRS, fields::PAIRS, machines::PAIRS];
    families.into_iter().flatten()
}

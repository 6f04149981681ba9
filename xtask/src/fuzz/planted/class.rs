//! Which changes are bugs that are planted: of bounds, of lengths, of states, of what a power cut may fall into.

use crate::changes::Mutant;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What a change is a change of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Class {
    /// A comparison is another one.
    Bounds,
    /// A sum, a product, a shift, a mask is another one.
    Lengths,
    /// A case is left out, a condition turned or always the same.
    States,
    /// Anything in the store, where every step may be the last.
    PowerCuts,
}

/// What bugs are not planted in, and why.
const LEFT_OUT: [(&str, &str); 14] = [
    ("reference-reader/core/src/logic/simulator.rs", "in no reader"),
    (
        "reference-reader/store/src/mock",
        "a flash in memory, and what tests do with it",
    ),
    ("codec/src/plain/strategy.rs", "values for tests"),
    (
        "peers/src/link",
        "sockets and ports of the operating system, which no target opens",
    ),
    ("peers/src/stream.rs", "the same"),
    ("peers/src/endpoint.rs", "what an operator writes"),
    ("peers/src/tls.rs", "a library's"),
    ("peers/src/identity/file", "files of the operator's own"),
    ("peers/src/identity/secret", "the same"),
    ("peers/src/cloud/server", "threads and sockets"),
    ("peers/src/cloud/audit", "what an operator reads"),
    ("peers/src/cloud/publish", "what an operator does"),
    ("peers/src/cloud/testing.rs", "tests"),
    ("peers/src/scripted", "a reader that says what a test tells it to"),
];

impl Class {
    /// In the order in which they take turns.
    pub(super) const ALL: [Self; 4] = [Self::Bounds, Self::Lengths, Self::States, Self::PowerCuts];

    /// That of a change; none of one that is not planted.
    pub(super) fn of(mutant: &Mutant) -> Option<Self> {
        if LEFT_OUT.iter().any(|(file, _)| mutant.file.starts_with(file)) {
            return None;
        }
        let function = mutant.function.as_ref().map_or("", |function| &function.name);
        // What only people read.
        if function.ends_with("::fmt>")
            || function
                .split("::")
                .last()
                .is_some_and(|name| name == "fmt" || name == "remedy")
        {
            return None;
        }
        if mutant.package == "cardwire-store" {
            return Some(Self::PowerCuts);
        }
        match mutant.genre.as_str() {
            "BinaryOperator" => {
                let operator = mutant.name.split(" replace ").nth(1)?.split(' ').next()?;
                Some(match operator {
                    "<" | "<=" | ">" | ">=" | "==" | "!=" => Self::Bounds,
                    "&&" | "||" => Self::States,
                    _ => Self::Lengths,
                })
            }
            "MatchArm" | "MatchArmGuard" | "UnaryOperator" => Some(Self::States),
            // A whole function that does nothing is no slip.
            _ => None,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bounds => "bounds",
            Self::Lengths => "lengths",
            Self::States => "states",
            Self::PowerCuts => "power cuts",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(package: &str, file: &str, genre: &str, what: &str) -> Option<Class> {
        let mutant = serde_json::json!({
            "name": format!("{file}:1:1: {what} in part"), "file": file, "package": package, "genre": genre,
            "function": { "function_name": "part" }, "diff": "",
        });
        Class::of(&serde_json::from_value(mutant).expect("a mutant"))
    }

    #[test]
    fn changes_have_classes() {
        let core = |genre, what| {
            class(
                "cardwire-core",
                "reference-reader/core/src/reader.rs",
                genre,
                what,
            )
        };
        assert_eq!(core("BinaryOperator", "replace < with <="), Some(Class::Bounds));
        assert_eq!(core("BinaryOperator", "replace += with -="), Some(Class::Lengths));
        assert_eq!(core("BinaryOperator", "replace && with ||"), Some(Class::States));
        assert_eq!(core("UnaryOperator", "delete !"), Some(Class::States));
        assert_eq!(core("FnValue", "replace part with ()"), None);
        let store = |file| class("cardwire-store", file, "FnValue", "replace part with ()");
        assert_eq!(
            store("reference-reader/store/src/stage.rs"),
            Some(Class::PowerCuts)
        );
        assert_eq!(store("reference-reader/store/src/mock/flash.rs"), None);
    }
}

//! The text of the schema, and where its values stand in it.

use core::{fmt, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A value's way from the top of the schema, such as `message.hello.fields[1].range`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct At(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    /// An item of an array: by its name where it has one.
    Item(usize, Option<String>),
}

impl At {
    pub(crate) fn top(key: &str) -> Self {
        Self::default().key(key)
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(Step::Item(index, None))
    }

    /// The item at `index`, which is called by its name.
    pub(crate) fn named(&self, index: usize, name: &str) -> Self {
        self.step(Step::Item(index, Some(name.to_owned())))
    }

    fn step(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(name) | Step::Item(_, Some(name)) if index == 0 => f.write_str(name)?,
                Step::Key(name) | Step::Item(_, Some(name)) => write!(f, ".{name}")?,
                Step::Item(item, None) => write!(f, "[{item}]")?,
            }
        }
        Ok(())
    }
}

/// The text with the place of each of its values.
pub(crate) struct Source<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(text: &'t str, table: Spanned<DeTable<'t>>) -> Self {
        Self { text, table }
    }

    /// Line and column of a byte, counted from 1.
    pub(crate) fn line_column(&self, offset: usize) -> (usize, usize) {
        line_column(self.text, offset)
    }

    /// Where the value at this path begins; where it is missing, the innermost part of the path that is there.
    pub(crate) fn offset(&self, at: &At) -> usize {
        let Some((first, rest)) = at.0.split_first() else {
            return 0;
        };
        let Step::Key(key) = first else { return 0 };
        let Some(mut value) = self.table.get_ref().get(key.as_str()) else {
            return 0;
        };
        // A table without a header of its own, such as `registry` in `[registry.error]`, has no place.
        let mut offset = value.span().start;
        for step in rest {
            let inner = match (step, value.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => table.get(key.as_str()),
                (Step::Item(index, _), DeValue::Array(array)) => array.get(*index),
                _ => None,
            };
            let Some(inner) = inner else { break };
            value = inner;
            offset = value.span().start;
        }
        offset
    }

    /// The path of the innermost value that stands at `span`.
    pub(crate) fn path(&self, span: &Range<usize>) -> At {
        self.table
            .get_ref()
            .iter()
            .find_map(|(key, value)| path_within(key.span(), value, span, At::top(key.get_ref())))
            .unwrap_or_default()
    }
}

/// Line and column of a byte of `text`, counted from 1; a column counts characters.
pub(crate) fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

fn path_within(key: Range<usize>, value: &Spanned<DeValue<'_>>, span: &Range<usize>, at: At) -> Option<At> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => table
            .iter()
            .find_map(|(key, value)| path_within(key.span(), value, span, at.key(key.get_ref()))),
        DeValue::Array(array) => array.iter().enumerate().find_map(|(index, item)| {
            let at = match name_of(item) {
                // Messages, structures and their like are called by their name; fields and values by their place.
                Some(name) if at.0.len() == 1 => at.named(index, name),
                _ => at.index(index),
            };
            path_within(item.span(), item, span, at)
        }),
        _ => None,
    };
    let contains = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
    inner.or_else(|| (contains(key) || contains(value.span())).then_some(at))
}

fn name_of<'v>(item: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
    item.get_ref().as_table()?.get("name")?.get_ref().as_str()
}

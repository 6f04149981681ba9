//! A review as text, as Markdown and as JSON.

use super::{Change, Class, End, Review};
use crate::model::{About, Stability};
use core::fmt::Write as _;
use serde_json::{Value, json};

impl Review {
    /// For a terminal: three lines for each change, and the counts at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            text += &change.to_text();
            text.push('\n');
        }
        text + &self.summary()
    }

    /// For a review: the counts, then the changes by what they break, the gravest first.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# From {} to {}\n\n", about(&self.old), about(&self.new));
        if self.changes.is_empty() {
            return text + "Nothing changes.\n";
        }
        text += "| effect | changes |\n| --- | ---: |\n";
        let promises = self.broken_promises().count();
        if promises > 0 {
            let _ = writeln!(text, "| **breaks what is frozen** | {promises} |");
        }
        for class in Class::ALL {
            let _ = writeln!(text, "| {} | {} |", class.words(), self.count(class));
        }
        let broken: Vec<_> = self.broken_promises().collect();
        section(
            &mut text,
            "Breaks what is frozen",
            "What is frozen is relied on by ends of all versions before they know each other's: no version may change it.",
            &broken,
        );
        for class in Class::ALL {
            let first = |change: &&Change| change.classes.first() == Some(&class) && !change.breaks_promise();
            let changes: Vec<_> = self.changes.iter().filter(first).collect();
            section(&mut text, title(class), about_class(class), &changes);
        }
        text
    }

    /// For programs: one document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let counts: serde_json::Map<_, _> = Class::ALL
            .into_iter()
            .map(|class| (class.word().to_owned(), json!(self.count(class))))
            .collect();
        json!({
            "old": about_json(&self.old),
            "new": about_json(&self.new),
            "counts": counts,
            "breaks_frozen": self.broken_promises().count(),
            "changes": self.changes.iter().map(Change::to_json).collect::<Vec<_>>(),
        })
    }

    /// The counts, on one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut counts: Vec<_> = Class::ALL
            .into_iter()
            .map(|class| format!("{} {}", self.count(class), class.words()))
            .collect();
        let promises = self.broken_promises().count();
        if promises > 0 {
            counts.insert(0, format!("{promises} breaks what is frozen"));
        }
        match self.changes.len() {
            0 => String::from("nothing changes\n"),
            1 => format!("1 change: {}\n", counts.join(", ")),
            many => format!("{many} changes: {}\n", counts.join(", ")),
        }
    }
}

impl Change {
    /// Place and effect; what changes and why; what to do instead.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}: {}\n  {} {}\n", self.path, self.effect(), self.what, self.why);
        if !self.instead.is_empty() {
            let _ = writeln!(text, "  instead: {}", self.instead);
        }
        text
    }

    /// What it breaks, in words: "breaks older readers, breaks older clients (clouds); experimental".
    #[must_use]
    pub fn effect(&self) -> String {
        let classes = self.classes.iter().map(|class| match class {
            // Clouds count with the clients, and a reviewer must see which of them it is.
            Class::Clients if self.ends.contains(End::Cloud) => {
                format!("{} ({})", class.words(), self.ends.beyond())
            }
            Class::Wire | Class::Readers | Class::Clients | Class::Safe => class.words().to_owned(),
        });
        let mut text = classes.collect::<Vec<_>>().join(", ");
        if self.breaks_promise() {
            text = format!("breaks what is frozen, {text}");
        }
        if self.is_mild() {
            text += "; experimental: it was never promised to stay";
        }
        if let Some(version) = self.with_version {
            let _ = write!(
                text,
                "; comes with version {version}: ends of before keep their rules"
            );
        }
        text
    }

    fn to_json(&self) -> Value {
        let words: Vec<_> = self.classes.iter().map(|class| class.word()).collect();
        let ends: Vec<_> = self.ends.iter().map(End::plural).collect();
        json!({
            "kind": self.kind.judgement().word,
            "path": self.path,
            "classes": words,
            "breaks_older": ends,
            "breaks_frozen": self.breaks_promise(),
            "stability": self.stability.word(),
            "with_version": self.with_version,
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "why": self.why,
            "instead": (!self.instead.is_empty()).then_some(&self.instead),
        })
    }

    fn to_markdown(&self) -> String {
        let mut text = format!("- **`{}`** {}\n", self.path, escape(&self.what));
        let is_plain = self.classes == [Class::Safe] && self.stability != Stability::Frozen;
        if !is_plain {
            let _ = writeln!(text, "  - Effect: {}.", self.effect());
        }
        let _ = writeln!(text, "  - Why: {}", escape(&self.why));
        if !self.instead.is_empty() {
            let _ = writeln!(text, "  - Instead: {}", escape(&self.instead));
        }
        text
    }
}

fn section(text: &mut String, title: &str, about: &str, changes: &[&Change]) {
    if changes.is_empty() {
        return;
    }
    let _ = write!(text, "\n## {title} ({})\n\n{about}\n\n", changes.len());
    for change in changes {
        *text += &change.to_markdown();
    }
}

const fn title(class: Class) -> &'static str {
    match class {
        Class::Wire => "Breaks the wire",
        Class::Readers => "Breaks older readers",
        Class::Clients => "Breaks older clients",
        Class::Safe => "Safe",
    }
}

const fn about_class(class: Class) -> &'static str {
    match class {
        Class::Wire => {
            "The bytes themselves mean something else, or are not decodable, whichever of two ends is the older."
        }
        Class::Readers => "Readers in the field meet what they refuse or misunderstand.",
        Class::Clients => {
            "Clients in the field, or clouds, which are beyond the clients from where a reader stands, meet what they \
             refuse or misunderstand."
        }
        Class::Safe => "Ends in the field go on as before.",
    }
}

fn about(about: &About) -> String {
    let About {
        name,
        version,
        revision,
    } = about;
    format!("{name} {revision} (version {version})")
}

fn about_json(about: &About) -> Value {
    json!({ "name": about.name, "version": about.version, "revision": about.revision })
}

/// A schema's text is Markdown without HTML.
fn escape(text: &str) -> String {
    text.replace('<', "&lt;")
}

//! Cases: what a client meets, what it is asked, and what it has to do then.

use super::{bench::Bench, request::Op};
use crate::{requirement::Level, verdict::Step};
use core::fmt;

/// What cases are about; they run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Sanity,
    Link,
    Connection,
    Session,
    Login,
    Cloud,
    Interfaces,
    Jobs,
}

impl Group {
    /// Every group, in the order in which they run.
    pub const ALL: [Self; 8] = [
        Self::Sanity,
        Self::Link,
        Self::Connection,
        Self::Session,
        Self::Login,
        Self::Cloud,
        Self::Interfaces,
        Self::Jobs,
    ];

    /// The second part of the ids of its cases.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sanity => "sanity",
            Self::Link => "link",
            Self::Connection => "connection",
            Self::Session => "session",
            Self::Login => "login",
            Self::Cloud => "cloud",
            Self::Interfaces => "interfaces",
            Self::Jobs => "jobs",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// A name that never changes, such as `client.session.repeats-the-same-bytes`.
    pub id: String,
    /// What it is about.
    pub group: Group,
    /// How strongly the requirements bind.
    pub level: Level,
    /// What it shows, in one line.
    pub title: String,
    /// The requirements that it checks; the first one is the one that it is about.
    pub requirements: Vec<String>,
    /// The id of the case that has to pass before this one says anything: it shows what is right where this one meets
    /// what is wrong.
    pub twin: Option<String>,
    /// What the upper tester must be able to do, beyond what every one is.
    pub needs: Vec<Op>,
    pub(crate) body: fn(&mut Bench<'_>) -> Step,
}

impl Case {
    /// A case of the group that its id names second.
    pub(crate) fn new(
        id: &str,
        requirements: &[&str],
        title: &str,
        body: fn(&mut Bench<'_>) -> Step,
    ) -> Self {
        let group = id.split('.').nth(1).unwrap_or_default();
        let group = Group::ALL.into_iter().find(|known| known.name() == group);
        Self {
            id: id.to_owned(),
            // A test holds every id to naming its group.
            group: group.unwrap_or(Group::Sanity),
            level: Level::Must,
            title: title.to_owned(),
            requirements: requirements.iter().map(|&id| id.to_owned()).collect(),
            twin: None,
            needs: Vec::new(),
            body,
        }
    }

    /// The same case, which says nothing before that one has passed.
    pub(crate) fn twin(self, id: &str) -> Self {
        let twin = Some(id.to_owned());
        Self { twin, ..self }
    }

    /// The same case, in which nothing goes wrong: it says what it says by itself.
    pub(crate) fn alone(self) -> Self {
        Self { twin: None, ..self }
    }

    /// The same case, for upper testers that can do this.
    pub(crate) fn needs(mut self, op: Op) -> Self {
        self.needs.push(op);
        self
    }

    /// The same case, bound less strongly.
    pub(crate) fn should(self) -> Self {
        let level = Level::Should;
        Self { level, ..self }
    }
}

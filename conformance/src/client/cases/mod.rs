//! All cases. Each says what the client meets, has it do something, and says what has to come of it; what the client
//! sends meanwhile is judged in every one of them.

mod answers;
mod cloud;
mod connection;
mod events;
mod interfaces;
mod jobs;
mod link;
mod login;
mod sanity;
mod session;

use super::{
    case::Case,
    lower::script::{Act, Ask},
};
pub(crate) use sanity::SANITY;
use std::sync::LazyLock;

/// All cases, in the order in which they run: what is right before what is wrong.
#[must_use]
pub fn cases() -> &'static [Case] {
    static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut all = sanity::cases();
        all.extend(link::cases());
        all.extend(connection::cases());
        all.extend(session::cases());
        all.extend(answers::cases());
        all.extend(events::cases());
        all.extend(login::cases());
        all.extend(cloud::cases());
        all.extend(interfaces::cases());
        all.extend(jobs::cases());
        all.sort_by_key(|case| case.group);
        all
    });
    &ALL
}

/// Does this whenever a request of this name comes, also again; is right else.
fn always(
    name: &'static str,
    act: impl Fn(&Ask) -> Vec<Act> + Send + 'static,
) -> impl FnMut(&Ask) -> Vec<Act> + Send + 'static {
    move |ask| if ask.is(name) { act(ask) } else { vec![Act::Right] }
}

/// Does this when the first request of this name comes for the first time; is right else.
fn once(
    name: &'static str,
    act: impl Fn(&Ask) -> Vec<Act> + Send + 'static,
) -> impl FnMut(&Ask) -> Vec<Act> + Send + 'static {
    move |ask| {
        if ask.first(name, 0) {
            act(ask)
        } else {
            vec![Act::Right]
        }
    }
}

/// Does this before every right answer to a request that comes for the first time.
fn before_all(
    act: impl Fn(&Ask) -> Vec<Act> + Send + 'static,
) -> impl FnMut(&Ask) -> Vec<Act> + Send + 'static {
    move |ask| {
        let mut acts = if ask.repeats == 0 { act(ask) } else { Vec::new() };
        acts.push(Act::Right);
        acts
    }
}

/// Whether a request is a sealed one.
fn is_sealed(ask: &Ask) -> bool {
    !["", "hello", "connect"].contains(&ask.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::Group, requirement::requirement};
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_names_and_begin_with_their_group() {
        let ids: BTreeSet<_> = cases().iter().map(|case| &case.id).collect();
        assert_eq!(ids.len(), cases().len());
        for case in cases() {
            assert!(
                case.id.starts_with(&format!("client.{}.", case.group)),
                "{}",
                case.id
            );
            let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
            assert!(case.id.chars().all(legal), "{}", case.id);
        }
    }

    #[test]
    fn every_case_names_requirements_of_the_book_and_a_twin_that_stands_before_it() {
        let mut before = BTreeSet::new();
        for case in cases() {
            assert!(!case.requirements.is_empty(), "{}", case.id);
            for id in &case.requirements {
                assert!(requirement(id).is_some(), "{} names {id}", case.id);
            }
            if let Some(twin) = &case.twin {
                assert!(before.contains(twin), "{} names {twin}", case.id);
            }
            before.insert(case.id.clone());
        }
    }

    #[test]
    fn there_are_cases_of_every_group() {
        for group in Group::ALL {
            let count = cases().iter().filter(|case| case.group == group).count();
            println!("{group}: {count}");
            assert!(count > 0, "{group}");
        }
        assert!(cases().len() >= 80, "{}", cases().len());
        // Those in which nothing goes wrong are their own.
        let alone = cases().iter().filter(|case| case.twin.is_none()).count();
        assert!(alone <= 9, "{alone} cases without a twin");
    }
}

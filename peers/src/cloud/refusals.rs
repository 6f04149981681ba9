//! Refused logins on their way into the audit log: a bounded number of them.
//!
//! Anybody can have a login refused, as often as the line allows. The log must neither grow by that nor keep the disk
//! busy: what is more than a few in a while is counted, and the count is written down.

use super::registry::{Registry, RegistryError};
use core::time::Duration;
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Refusals that are written down one by one in a while.
const MOST: u32 = 30;
/// How long a while is.
const WHILE: Duration = Duration::from_secs(60);

/// Counts refusals.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Option<Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    written: u32,
    unwritten: u32,
}

impl Refusals {
    /// Writes a refusal down, or counts it.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn note(
        &self,
        registry: &Registry,
        (reader, client): (&str, &str),
        reason: &str,
        now: Instant,
    ) -> Result<(), RegistryError> {
        let Some(passed_over) = self.admit(now) else {
            return Ok(());
        };
        if passed_over > 0 {
            registry.refused("", "", &format!("{passed_over} more were not written down"))?;
        }
        registry.refused(reader, client, reason)
    }

    /// Whether this one is written down, and how many before it were not.
    fn admit(&self, now: Instant) -> Option<u32> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = window.filter(|window| now.saturating_duration_since(window.began) < WHILE);
        let passed_over = match (current, *window) {
            (None, Some(old)) => old.unwritten,
            (Some(_), _) | (None, None) => 0,
        };
        let mut current = current.unwrap_or(Window {
            began: now,
            written: 0,
            unwritten: 0,
        });
        let admitted = current.written < MOST;
        if admitted {
            current.written += 1;
        } else {
            current.unwritten = current.unwritten.saturating_add(1);
        }
        *window = Some(current);
        admitted.then_some(passed_over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::AuditFilter;

    #[test]
    fn a_flood_is_counted_and_not_written_down() {
        let registry = Registry::in_memory().unwrap();
        let refusals = Refusals::default();
        let start = Instant::now();
        for _ in 0..1000 {
            refusals
                .note(&registry, ("R-1", "C-1"), "reader-unknown", start)
                .unwrap();
        }
        let rows = |registry: &Registry| registry.audit(&AuditFilter::default()).unwrap();
        assert_eq!(rows(&registry).len(), MOST as usize);
        refusals
            .note(&registry, ("R-1", ""), "malformed", start + WHILE)
            .unwrap();
        let rows = rows(&registry);
        assert_eq!(rows.len(), MOST as usize + 2);
        assert_eq!(rows[MOST as usize].detail, "970 more were not written down");
        let last = rows.last().unwrap();
        assert_eq!(
            (
                last.reader.as_deref(),
                last.client.as_deref(),
                last.detail.as_str()
            ),
            (Some("R-1"), None, "malformed")
        );
    }
}

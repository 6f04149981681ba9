//! The energy account: for how long each service has had each module supplied. It is kept in RAM, since the last reset.
//!
//! It counts from the moment when a module's supply is asked for to the moment when it is cut, settling included: that is
//! what a battery or a bus pays for, whatever the module's working state is called meanwhile.

use super::SERVICE_MODULES;
use crate::{logic::SERVICES_MAX, time::Instant};
use cardwire_codec::message::{ModuleId, ServiceId};

/// What one service has used since the last reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The service.
    pub service: ServiceId,
    /// How often it was run, to whatever outcome.
    pub runs: u32,
    supplied_ms: [u32; SERVICE_MODULES.len()],
}

impl Usage {
    /// The modules of this reader, and for how many milliseconds this service has had each of them supplied.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleId, u32)> + '_ {
        SERVICE_MODULES
            .iter()
            .copied()
            .zip(self.supplied_ms.iter().copied())
    }

    /// Milliseconds for which this service has had a module supplied.
    #[must_use]
    pub fn supplied_ms(&self, module: ModuleId) -> u32 {
        self.modules()
            .find(|(found, _)| *found == module)
            .map_or(0, |(_, millis)| millis)
    }
}

/// The account of all services.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Energy {
    services: [Usage; SERVICES_MAX],
    /// Of them, those that have run.
    count: usize,
    /// The service that runs, or ran last.
    current: usize,
    /// Since when each module is supplied.
    since: [Option<Instant>; SERVICE_MODULES.len()],
}

impl Energy {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self {
            services: [Usage {
                service: ServiceId(0),
                runs: 0,
                supplied_ms: [0; SERVICE_MODULES.len()],
            }; SERVICES_MAX],
            count: 0,
            current: 0,
            since: [None; SERVICE_MODULES.len()],
        }
    }

    /// The services that have run, in the order in which they first did.
    pub(crate) fn usages(&self) -> impl Iterator<Item = &Usage> {
        self.services.iter().take(self.count)
    }

    /// A run of this service begins.
    pub(crate) fn begin(&mut self, service: ServiceId) {
        let known = self.usages().position(|usage| usage.service == service);
        self.current = known.unwrap_or(self.count);
        // There is a place for every service that a reader can have.
        if let Some(usage) = self.services.get_mut(self.current) {
            usage.service = service;
            usage.runs = usage.runs.saturating_add(1);
            self.count = self.count.max(self.current + 1);
        }
    }

    /// A module's supply comes on.
    pub(crate) fn on(&mut self, module: ModuleId, now: Instant) {
        if let Some(since) = self.since_of(module) {
            since.get_or_insert(now);
        }
    }

    /// A module's supply is cut.
    pub(crate) fn off(&mut self, module: ModuleId, now: Instant) {
        let Some(since) = self.since_of(module).and_then(Option::take) else {
            return;
        };
        let millis = now.as_millis().saturating_sub(since.as_millis());
        let millis = u32::try_from(millis).unwrap_or(u32::MAX);
        let index = SERVICE_MODULES.iter().position(|known| *known == module);
        let usage = self.services.get_mut(self.current);
        if let Some(total) = usage
            .zip(index)
            .and_then(|(usage, index)| usage.supplied_ms.get_mut(index))
        {
            *total = total.saturating_add(millis);
        }
    }

    fn since_of(&mut self, module: ModuleId) -> Option<&mut Option<Instant>> {
        let index = SERVICE_MODULES.iter().position(|known| *known == module)?;
        self.since.get_mut(index)
    }
}

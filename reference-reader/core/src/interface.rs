//! Interface module: the platform interface, and one interface for each service.
//!
//! A disabled interface takes nothing. The platform interface is enabled by an authenticated connect; service
//! interfaces by the cloud's login result, and then only those that client, reader and cloud agree on.
//!
//! What goes in and out is converted here: [`ServiceFormat`].

mod format;
#[cfg(test)]
mod tests;

pub(crate) use format::{PARAMETERS_MAX, ServiceFormat};

use crate::{
    diagnostics::Diagnostics,
    logic::{LogicStore, SERVICES_MAX},
    time::Instant,
};
use cardwire_codec::{
    List,
    message::{Format, LoginResult, Offer, ServiceId, Subject, WorkingState},
};

/// The platform interface and the service interfaces of a session.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct InterfaceModule {
    platform: bool,
    /// What the client offers, of the services that this reader has.
    offers: [Option<Offer>; SERVICES_MAX],
    enabled: [Option<Offer>; SERVICES_MAX],
    /// When the grants end.
    expiry: Option<Instant>,
}

impl InterfaceModule {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self {
            platform: false,
            offers: const { [None; SERVICES_MAX] },
            enabled: const { [None; SERVICES_MAX] },
            expiry: None,
        }
    }

    /// Switches the platform interface.
    pub(crate) fn set_platform(&mut self, enabled: bool, now: Instant, diagnostics: &mut Diagnostics) {
        if self.platform != enabled {
            self.platform = enabled;
            diagnostics.record(now, Subject::PlatformInterface, 0, working_state(enabled));
        }
    }

    /// Keeps what a client offers when it begins a login: one place for each service, so that none is crowded out.
    //= spec/book/src/login.md#cw-login-017
    //# Where a client offers a service more than once, a reader MUST go by the first of these offers.
    pub(crate) fn remember(&mut self, offers: List<'_, Offer>, logic: &LogicStore) {
        self.offers = [None; SERVICES_MAX];
        for (slot, entry) in self.offers.iter_mut().zip(logic.entries()) {
            *slot = offers.iter().find(|offer| offer.service == entry.service);
        }
    }

    /// Enables the interfaces that a login result grants.
    //= spec/book/src/login.md#cw-login-021
    //# A login that succeeds MUST enable the interface of every service that the client offers, the reader has and the cloud grants.
    //= spec/book/src/login.md#cw-login-006
    //# A reader MUST enable service interfaces only on an authentic login_result with outcome `success` that names itself and its client, and of the services only those that the client offers, the reader has and the cloud grants.
    pub(crate) fn enable_services(
        &mut self,
        logic: &LogicStore,
        result: &LoginResult<'_>,
        entitled: impl Fn(ServiceId) -> bool,
        now: Instant,
        diagnostics: &mut Diagnostics,
    ) {
        let granted =
            |service: ServiceId| result.all_services || result.services.iter().any(|id| id == service);
        let mut enabled = [None; SERVICES_MAX];
        for (slot, entry) in enabled.iter_mut().zip(logic.entries()) {
            let mut offers = self.offers.iter().flatten().copied();
            let offer = offers.find(|offer| offer.service == entry.service);
            *slot = offer.filter(|offer| granted(offer.service) && entitled(offer.service));
        }
        self.enabled = enabled;
        self.expiry = Some(now.plus_millis(u64::from(result.lifetime) * 1000));
        for offer in self.enabled.iter().flatten() {
            diagnostics.record(
                now,
                Subject::ServiceInterface,
                offer.service.0,
                WorkingState::Enabled,
            );
        }
    }

    /// Disables every service interface.
    pub(crate) fn disable_services(&mut self, now: Instant, diagnostics: &mut Diagnostics) {
        self.expiry = None;
        for offer in self.enabled.iter_mut().filter_map(Option::take) {
            diagnostics.record(
                now,
                Subject::ServiceInterface,
                offer.service.0,
                WorkingState::Disabled,
            );
        }
    }

    /// The client format of a service's interface, where it is enabled.
    pub(crate) fn format(&self, service: ServiceId) -> Option<Format> {
        let mut enabled = self.enabled.iter().flatten();
        let offer = enabled.find(|offer| offer.service == service);
        offer.map(|offer| offer.format)
    }

    /// When the grants end.
    pub(crate) fn expiry(&self) -> Option<Instant> {
        self.expiry
    }
}

fn working_state(enabled: bool) -> WorkingState {
    if enabled {
        WorkingState::Enabled
    } else {
        WorkingState::Disabled
    }
}

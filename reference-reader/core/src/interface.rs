//! Interface module: the platform interface, and one interface for each service.
//!
//! A disabled interface takes nothing. The platform interface is enabled by an authenticated connect; service
//! interfaces by the cloud's login result, and then only those that client, reader and cloud agree on.
//!
//! What goes in and out is converted here: [`ServiceFormat`].

pub(crate) mod deviant;
mod format;
#[cfg(test)]
mod tests;

pub(crate) use format::{PARAMETERS_MAX, ServiceFormat};

use crate::{
    deviation::Deviation,
    diagnostics::Diagnostics,
    env::Env,
    logic::{LogicStore, SERVICES_MAX},
    time::Instant,
};
use cardwire_codec::{
    List,
    message::{Format, LoginResult, Offer, ServiceId, Subject, WorkingState},
};

/// The platform interface and the service interfaces of a session.
pub(crate) struct InterfaceModule {
    platform: bool,
    /// What the client offers, of the services that this reader has.
    offers: [Option<Offer>; SERVICES_MAX],
    enabled: [Option<Offer>; SERVICES_MAX],
    /// When the grants end.
    expiry: Option<Instant>,
}

impl InterfaceModule {
    pub(crate) fn new() -> Self {
        Self {
            platform: false,
            offers: [None; SERVICES_MAX],
            enabled: [None; SERVICES_MAX],
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
    pub(crate) fn remember(&mut self, env: &impl Env, offers: List<'_, Offer>, logic: &LogicStore) {
        self.offers = [None; SERVICES_MAX];
        if env.deviates(Deviation::CrowdsOutOffers) {
            let known = offers.iter().filter(|offer| logic.entry(offer.service).is_some());
            self.offers
                .iter_mut()
                .zip(known)
                .for_each(|(slot, offer)| *slot = Some(offer));
            return;
        }
        for (slot, entry) in self.offers.iter_mut().zip(logic.entries()) {
            let mut of_service = offers.iter().filter(|offer| offer.service == entry.service);
            *slot = if env.deviates(Deviation::TakesLastOffer) {
                of_service.last()
            } else {
                of_service.next()
            };
        }
    }

    /// Enables the interfaces that a login result grants.
    //= spec/book/src/login.md#cw-login-021
    //# A login that succeeds MUST enable the interface of every service that the client offers, the reader has and the cloud grants.
    //= spec/book/src/login.md#cw-login-006
    //# A reader MUST enable service interfaces only on an authentic login_result with outcome `success` that names itself and its client, and of the services only those that the client offers, the reader has and the cloud grants.
    pub(crate) fn enable_services(
        &mut self,
        env: &impl Env,
        logic: &LogicStore,
        result: Option<&LoginResult<'_>>,
        entitled: impl Fn(ServiceId) -> bool,
        now: Instant,
        diagnostics: &mut Diagnostics,
    ) {
        let granted = |service: ServiceId| {
            result.is_none_or(|result| result.all_services || result.services.iter().any(|id| id == service))
                || env.deviates(Deviation::IgnoresGrants)
        };
        let mut enabled = [None; SERVICES_MAX];
        for (slot, entry) in enabled.iter_mut().zip(logic.entries()) {
            let offer = self
                .offers
                .iter()
                .flatten()
                .find(|offer| offer.service == entry.service)
                .copied();
            let offer = match offer {
                None if env.deviates(Deviation::IgnoresOffers) => Some(Offer {
                    service: entry.service,
                    format: Format::NATIVE,
                }),
                offer => offer,
            };
            *slot = offer.filter(|offer| granted(offer.service) && entitled(offer.service));
        }
        self.enabled = enabled;
        self.expiry = result.map(|result| now.plus_millis(u64::from(result.lifetime) * 1000));
        if !env.deviates(Deviation::RecordsNoInterfaces) {
            for offer in self.enabled.iter().flatten() {
                diagnostics.record(
                    now,
                    Subject::ServiceInterface,
                    offer.service.0,
                    WorkingState::Enabled,
                );
            }
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

    /// The format of the first enabled interface, whichever it is: what a certain faulty reader takes for that of all.
    pub(crate) fn first_format(&self) -> Option<Format> {
        self.enabled.iter().flatten().next().map(|offer| offer.format)
    }

    /// Whether any service interface is enabled.
    pub(crate) fn serves(&self) -> bool {
        self.enabled.iter().any(Option::is_some)
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

//! What an IXIT does to a run: endpoint, identity, bench and card come from it, unless the options say otherwise.

use super::{Information, Statement};
use crate::certify::{Options, RunError};
use cardwire_peers::{Endpoint, Identities};
use std::sync::Arc;

impl Options {
    /// A run for what is claimed and known of a device; the endpoint is that of the IXIT where none is given.
    ///
    /// # Errors
    /// Nobody says where the device is, the file of identities can't be read, or the statement does not claim the byte
    /// stream of the endpoint.
    pub fn with(
        endpoint: Option<Endpoint>,
        ics: Arc<Statement>,
        ixit: Option<Arc<Information>>,
    ) -> Result<Self, RunError> {
        let stated = || ixit.as_ref().and_then(|ixit| ixit.endpoint());
        let Some(endpoint) = endpoint.or_else(stated) else {
            return Err(RunError::Usage(
                "neither an endpoint nor an IXIT says where the device is".into(),
            ));
        };
        if let Err(streams) = ics.claims_link(&endpoint) {
            let streams = streams.join("` or `");
            let what =
                format!("the ICS does not claim `{streams}` in `links`, by which {endpoint} is reached");
            return Err(RunError::Usage(what));
        }
        let mut options = Self {
            ics: Some(ics),
            ..Self::new(endpoint)
        };
        if let Some(ixit) = ixit {
            options.know(&ixit)?;
            options.ixit = Some(ixit);
        }
        Ok(options)
    }

    fn know(&mut self, ixit: &Information) -> Result<(), RunError> {
        self.timeout_scale = ixit.timeout_scale().unwrap_or(self.timeout_scale);
        self.boot_time = ixit.boot_time().unwrap_or(self.boot_time);
        self.reset = ixit.command("reset");
        self.power_off = ixit.command("power-off");
        self.power_on = ixit.command("power-on");
        self.remove_card = ixit.command("remove-card");
        self.insert_card = ixit.command("insert-card");
        self.card = ixit.card();
        if let Some(path) = ixit.identity() {
            let identities = Identities::load(&path);
            let identities = identities.map_err(|error| RunError::Usage(error.to_string()))?;
            self.identities = Some(identities);
        }
        Ok(())
    }
}

//! What an IXIT does to a run: endpoint, identity, bench and card come from it, unless the options say otherwise.

use super::{Information, Statement};
use crate::{
    bench::BenchCommands,
    certify::{Options, RunError, Station},
};
use cardwire_peers::{Endpoint, Identities};
use std::sync::Arc;

impl Options {
    /// A run for what is claimed and known of devices of one kind; the endpoint is that of the IXIT where none is given.
    ///
    /// # Errors
    /// Nobody says where the device is, the file of identities can't be read, or the statement does not claim the byte
    /// stream of the endpoint.
    pub fn with(
        endpoints: Vec<Endpoint>,
        ics: Arc<Statement>,
        ixit: Option<Arc<Information>>,
    ) -> Result<Self, RunError> {
        let mut endpoints = endpoints;
        if endpoints.is_empty() {
            endpoints.extend(ixit.as_ref().and_then(|ixit| ixit.endpoint()));
        }
        if endpoints.is_empty() {
            return Err(RunError::Usage(
                "neither an endpoint nor an IXIT says where the device is".into(),
            ));
        }
        for endpoint in &endpoints {
            if let Err(streams) = ics.claims_link(endpoint) {
                let streams = streams.join("` or `");
                let what =
                    format!("the ICS does not claim `{streams}` in `links`, by which {endpoint} is reached");
                return Err(RunError::Usage(what));
            }
        }
        let mut options = Self {
            ics: Some(ics),
            ..Self::of(endpoints.into_iter().map(Station::new))
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
        for station in &mut self.stations {
            station.commands = BenchCommands::read(|name| ixit.command(name));
        }
        self.card = ixit.card();
        self.software = ixit.software().map_err(|(path, error)| {
            RunError::Usage(format!(
                "the software {}, which the IXIT names, can't be read: {error}",
                path.display()
            ))
        })?;
        if let Some(path) = ixit.identity() {
            let identities = Identities::load(&path);
            let identities = identities.map_err(|error| RunError::Usage(error.to_string()))?;
            self.identities = Some(identities);
        }
        Ok(())
    }
}

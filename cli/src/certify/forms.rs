//! The forms of a run: those of the command line, and those of the reference reader, which are part of this program.

use crate::{
    certify::failure,
    failure::{Exit, Failure},
    forms::void,
};
use cardwire_conformance::{
    Options, Station, Subject,
    ics::{FormError, Information, Kind, Statement},
};
use cardwire_peers::Endpoint;
use std::{path::Path, sync::Arc};

/// What is claimed of the reference reader on a host.
const ICS: &str = include_str!("../../../reference-reader/ics/host.toml");
/// What is known of the one that `certify` starts.
const IXIT: &str = include_str!("../../../reference-reader/ics/host-ixit.toml");

/// What stands there for its software.
const IMAGE: &[u8] = include_bytes!("../../../reference-reader/ics/host-image.txt");

/// A run against a device that is not ours: without a statement there is none.
pub(super) fn options(
    endpoints: Vec<Endpoint>,
    ics: Option<&Path>,
    ixit: Option<&Path>,
) -> Result<Options, Failure> {
    let Some(ics) = ics else {
        return Err(no_statement(endpoints.first()));
    };
    let statement = Statement::load(ics).map_err(|error| void(Kind::Ics, error, Exit::Usage))?;
    let information = match ixit {
        Some(ixit) => {
            let read = Information::load(ixit);
            let read = read.map_err(|error| void(Kind::Ixit, error, Exit::Usage))?;
            Some(Arc::new(read))
        }
        None => None,
    };
    Options::with(endpoints, Arc::new(statement), information)
        .map_err(|error| failure(Subject::Reader, &error))
}

/// A run against reference readers, started for it.
pub(super) fn own(stations: Vec<Station>, ics: Option<&Path>) -> Result<Options, Failure> {
    let (statement, information) = of_reference(ics)?;
    let endpoints = stations.iter().map(|station| station.endpoint.clone()).collect();
    let known = Options::with(endpoints, statement, Some(information))
        .map_err(|error| failure(Subject::Reader, &error))?;
    Ok(Options { stations, ..known })
}

/// The forms of the reference reader, or another statement of it.
pub(crate) fn of_reference(ics: Option<&Path>) -> Result<(Arc<Statement>, Arc<Information>), Failure> {
    let statement = match ics {
        Some(ics) => Statement::load(ics),
        None => Statement::parse("reference-reader/ics/host.toml", ICS).map_err(FormError::Void),
    };
    let statement = statement.map_err(|error| void(Kind::Ics, error, Exit::Usage))?;
    let name = "reference-reader/ics/host-ixit.toml";
    let information = Information::parse(name, IXIT, Path::new(""));
    let information = information
        .map_err(|problems| void(Kind::Ixit, FormError::Void(problems), Exit::Tester))?
        .enclosing("host-image.txt", IMAGE);
    Ok((Arc::new(statement), Arc::new(information)))
}

fn no_statement(endpoint: Option<&Endpoint>) -> Failure {
    let place = endpoint.map_or_else(String::new, |endpoint| format!(" at {endpoint}"));
    let from = endpoint.map_or_else(String::new, |endpoint| {
        let word = endpoint.to_string();
        let quoted = if word.contains(char::is_whitespace) {
            format!("'{word}'")
        } else {
            word
        };
        format!(" --from {quoted}")
    });
    let what = format!(
        "nobody claims anything of the reader{place}: without its statement (ICS) there is nothing to hold it to"
    );
    let next = format!(
        "Write one with `cardwire ics new my-reader.toml{from}`, and give it with `--ics my-reader.toml`; that of the \
         reference reader is reference-reader/ics/host.toml."
    );
    Failure::new(Exit::Usage, what, next)
}

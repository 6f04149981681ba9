//! Which card a reader has: what `--card` and `--profile` mean.

use crate::failure::{Exit, Failure};
use cardwire_host::{CardSource, SimulatedCard, profile};
use core::str::FromStr;

/// What `--card` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// A simulated card with this profile: a name or a file.
    Simulated(String),
    /// A card in a reader of the operating system with this in its name.
    Pcsc(Option<String>),
}

/// The profile that a simulated card has where none is named.
pub(crate) const DEFAULT_PROFILE: &str = "usim";

impl FromStr for Card {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = match given.split_once(':') {
            Some((_, "")) => return Err("expected something behind the colon"),
            Some((kind, rest)) => (kind, Some(rest.to_owned())),
            None => (given, None),
        };
        match kind {
            "sim" => Ok(Self::Simulated(rest.unwrap_or_else(|| DEFAULT_PROFILE.into()))),
            "pcsc" => Ok(Self::Pcsc(rest)),
            _ => Err("expected sim, sim:PROFILE, sim:FILE, pcsc or pcsc:READER"),
        }
    }
}

impl Card {
    /// The card, ready to be used.
    pub(crate) fn open(&self) -> Result<CardSource, Failure> {
        match self {
            Self::Simulated(profile) => Ok(CardSource::Simulated(Box::new(simulated(profile)?))),
            Self::Pcsc(name) => pcsc(name.as_deref()),
        }
    }
}

/// A simulated card with this profile.
pub(crate) fn simulated(profile: &str) -> Result<SimulatedCard, Failure> {
    profile::card(profile).map_err(|error| Failure::new(Exit::Usage, &error, error.remedy()))
}

#[cfg(feature = "pcsc")]
fn pcsc(name: Option<&str>) -> Result<CardSource, Failure> {
    use cardwire_host::{PcscError, PcscReader};

    let reader = PcscReader::find(name).map_err(|error| {
        let exit = match error {
            PcscError::NoService(_) | PcscError::NoReader => Exit::Unreached,
            _ => Exit::Usage,
        };
        Failure::new(exit, &error, error.remedy())
    })?;
    crate::terminal::say(format_args!("cards are taken from the reader {}", reader.name()));
    Ok(CardSource::Pcsc(reader))
}

#[cfg(not(feature = "pcsc"))]
fn pcsc(_name: Option<&str>) -> Result<CardSource, Failure> {
    Err(Failure::new(
        Exit::Usage,
        "this cardwire was built without PC/SC",
        "Install the library of PC/SC (on Debian: libpcsclite-dev), and build with `cargo build --release --features pcsc`.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_named() {
        let card = |text: &str| text.parse::<Card>();
        assert_eq!(card("sim"), Ok(Card::Simulated("usim".into())));
        assert_eq!(card("sim:my.toml"), Ok(Card::Simulated("my.toml".into())));
        assert_eq!(card("pcsc"), Ok(Card::Pcsc(None)));
        assert_eq!(
            card("pcsc:Virtual PCD 00 00"),
            Ok(Card::Pcsc(Some("Virtual PCD 00 00".into())))
        );
        for wrong in ["", "sim:", "pcsc:", "SIM", "usim"] {
            assert!(card(wrong).is_err(), "{wrong}");
        }
    }
}

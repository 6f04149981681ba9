//! A specimen that is provisioned for production: what only such a reader can get wrong, and the identities that a
//! laboratory holds of it.

use cardwire_core::Identity;
use cardwire_host::identity::{self, IdentityError};

/// The identities of the specimen and of its laboratory, as a file.
pub const IDENTITIES: &str = include_str!("../identities/specimen.toml");

/// The same specimen with a client of certification left in it.
const LEFT_OVER: &str = include_str!("../identities/left-over.toml");

/// What provisioning for production left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecimenFault {
    /// A client of certification.
    KeepsCertificationClients,
}

impl SpecimenFault {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::KeepsCertificationClients];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::KeepsCertificationClients => "KeepsCertificationClients",
        }
    }

    pub(crate) const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::KeepsCertificationClients => &["CW-SEC-005"],
        }
    }
}

/// What the specimen is provisioned with.
///
/// # Errors
/// A file of this package that is no identity, which a test rules out.
pub fn identity(fault: Option<SpecimenFault>) -> Result<Identity, IdentityError> {
    let text = match fault {
        None => IDENTITIES,
        Some(SpecimenFault::KeepsCertificationClients) => LEFT_OVER,
    };
    identity::parse(text, "the identity of the specimen")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_core::codec::message::Provisioning;

    #[test]
    fn the_fault_is_one_client_more() {
        let sound = identity(None).unwrap();
        let faulty = identity(Some(SpecimenFault::KeepsCertificationClients)).unwrap();
        assert_eq!(sound.provisioning, Provisioning::Production);
        assert_eq!(faulty.provisioning, Provisioning::Production);
        assert_eq!(sound.reader_id.as_str(), faulty.reader_id.as_str());
        assert!(sound.client("CERT-CLIENT-1", 1).is_none());
        assert!(faulty.client("CERT-CLIENT-1", 1).is_some());
        assert!(faulty.client("SPECIMEN-CLIENT-1", 1).is_some());
    }
}

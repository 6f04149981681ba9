//! The formats in which clients speak, and the way from each to the reader's own form and back.
//!
//! The reader works in the document `service_data`, so that `native` is a check and nothing else.

use crate::logic::parameters::are_of_their_kinds;
use cardwire_codec::{
    Message,
    cbor::{from_cbor, to_cbor},
    message::{Format, ServiceData, limits::JOB_DATA_MAX},
};

/// The longest parameters in the reader's own form: 400 bytes that an instruction carries, one for the document's code,
/// and in each of 32 items four for a number that `cbor` writes into the head of its value.
pub(crate) const PARAMETERS_MAX: usize = 400 + 1 + 32 * 4;

/// A format that this reader speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceFormat {
    /// The document `service_data`.
    Native,
    /// Deterministic CBOR.
    Cbor,
}

impl ServiceFormat {
    /// The format that a client has offered, where this reader speaks it.
    //= spec/book/src/interfaces.md#cw-intf-007
    //# A reader MUST speak both `native` and `cbor` on every service interface.
    pub(crate) fn of(format: Format) -> Option<Self> {
        match format {
            Format::NATIVE => Some(Self::Native),
            Format::CBOR => Some(Self::Cbor),
            _ => None,
        }
    }

    /// Parameters in the reader's own form, for which there may be need of `room`; `None` where they are refused.
    //= spec/book/src/interfaces.md#cw-intf-009
    //# A reader MUST refuse parameters that are not one whole value in the only form that its interface's format allows with `parameters-refused`.
    pub(crate) fn take<'p>(
        self,
        parameters: &'p [u8],
        room: &'p mut [u8; PARAMETERS_MAX],
    ) -> Option<ServiceData<'p>> {
        let native = match self {
            Self::Native => parameters,
            Self::Cbor => {
                let length = from_cbor(ServiceData::SHAPE, parameters, room).ok()?;
                room.get(..length)?
            }
        };
        let data = ServiceData::decode(native).ok()?;
        are_of_their_kinds(data.items).then_some(data)
    }

    /// The service data of a job, for which there may be need of `room`. A machine has counted their size in every
    /// format, so that there is none only for what it can't have made.
    //= spec/book/src/interfaces.md#cw-intf-003
    //# An interface MUST take and give service data in the format that the client offered it with.
    pub(crate) fn give<'d>(self, native: &'d [u8], room: &'d mut [u8; JOB_DATA_MAX]) -> Option<&'d [u8]> {
        match self {
            Self::Native => Some(native),
            Self::Cbor => {
                //= spec/book/src/interfaces.md#cw-intf-008
                //# An interface with the format `cbor` MUST give service data in exactly the one form that this chapter describes for it.
                let length = to_cbor(ServiceData::SHAPE, native, room).ok()?;
                room.get(..length)
            }
        }
    }
}

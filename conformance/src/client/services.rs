//! What is on the tester's reader: services with canned data, as clients will meet them.

use super::request::Offered;
use cardwire_codec::message::{ItemKind, Outcome, ServiceId};
use cardwire_peers::{client::ServiceItem, scripted::CannedService};

/// Gives two items, in three parts.
pub(crate) const IDENTIFY: u16 = 0x0001;
/// Gives text alone, and takes a while.
pub(crate) const READ: u16 = 0x0002;
/// Gives as many bytes as a job may.
pub(crate) const LARGE: u16 = 0xF001;
/// Gives nothing.
pub(crate) const EMPTY: u16 = 0xF002;
/// Ends without success.
pub(crate) const FAILS: u16 = 0xF003;
/// Ends with an outcome that nobody knows.
pub(crate) const UNKNOWN: u16 = 0xF004;
/// Never ends.
pub(crate) const ENDLESS: u16 = 0xF005;

/// An outcome that is not registered, in the range for certification.
pub(crate) const UNKNOWN_OUTCOME: u16 = 0xFFEE;

/// The services.
pub(crate) fn all() -> Vec<CannedService> {
    let canned = |service, name, items: Vec<ServiceItem>| CannedService {
        service: ServiceId(service),
        name,
        outcome: Outcome::SUCCESS,
        items,
        running: 0,
    };
    vec![
        canned(IDENTIFY, "card.identify", identify()),
        CannedService {
            running: 3,
            ..canned(READ, "subscriber.read", read())
        },
        canned(LARGE, "vendor.large", large()),
        canned(EMPTY, "vendor.empty", Vec::new()),
        CannedService {
            outcome: Outcome::CARD_ABSENT,
            ..canned(FAILS, "vendor.fails", Vec::new())
        },
        CannedService {
            outcome: Outcome(UNKNOWN_OUTCOME),
            ..canned(UNKNOWN, "vendor.unknown", Vec::new())
        },
        CannedService {
            running: u32::MAX,
            ..canned(ENDLESS, "vendor.endless", Vec::new())
        },
    ]
}

/// All of them, in the native format.
pub(crate) fn offers() -> Vec<Offered> {
    offers_in("native")
}

/// All of them in this format.
pub(crate) fn offers_in(format: &'static str) -> Vec<Offered> {
    let offer = |canned: CannedService| Offered {
        service: canned.service.0,
        format,
    };
    all().into_iter().map(offer).collect()
}

/// What [`IDENTIFY`] gives.
pub(crate) fn identify() -> Vec<ServiceItem> {
    let atr = [
        0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x13, 0x67, 0x43, 0x57, 0x2D,
        0x53, 0x49, 0x4D, 0x31, 0x87,
    ];
    vec![
        item("atr", ItemKind::Bytes, &atr),
        item("iccid", ItemKind::Text, b"8900001010123456783"),
    ]
}

/// What [`READ`] gives.
pub(crate) fn read() -> Vec<ServiceItem> {
    vec![
        item("imsi", ItemKind::Text, b"001010123456789"),
        item("spn", ItemKind::Text, "Grüße".as_bytes()),
        item("index", ItemKind::Number, &[0, 0, 1, 2]),
    ]
}

/// What [`LARGE`] gives: one name several times, and as many bytes as `cbor` has room for.
pub(crate) fn large() -> Vec<ServiceItem> {
    let sizes = [240, 240, 240, 240, 19];
    let value = |(index, size): (usize, usize)| {
        let bytes: Vec<u8> = (0..size).map(|at| (at * 7 + index) as u8).collect();
        item("entry", ItemKind::Bytes, &bytes)
    };
    sizes.into_iter().enumerate().map(value).collect()
}

fn item(name: &str, kind: ItemKind, value: &[u8]) -> ServiceItem {
    ServiceItem {
        name: name.into(),
        kind,
        value: value.to_vec(),
    }
}

/// An item of so many bytes.
pub(crate) fn bytes(name: &str, size: usize) -> ServiceItem {
    item(name, ItemKind::Bytes, &vec![0xA5; size])
}

/// An item of this text.
pub(crate) fn text(name: &str, text: &str) -> ServiceItem {
    item(name, ItemKind::Text, text.as_bytes())
}

/// An item of this number.
pub(crate) fn number(name: &str, number: u32) -> ServiceItem {
    item(name, ItemKind::Number, &number.to_be_bytes())
}

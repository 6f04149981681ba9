//! The services of the reader, what each of them takes, and the updates that the cloud has for it.

use crate::world::updates::{NUMBERS, Package, Part, says, writes};
use cardwire_codec::message::{Format, Instruct, ItemKind, Outcome, ServiceId};
use cardwire_peers::client::{ServiceItem, encode_items};
use core::iter;
use std::sync::LazyLock;

/// A service that was installed before, and says a text.
pub const ECHO: ServiceId = ServiceId::CERTIFICATION_ECHO;
/// A service that was installed before, and writes to the card.
pub const WRITER: ServiceId = ServiceId(0xF001);
/// A service that an update brings.
pub const NEW: ServiceId = ServiceId(0xF002);
/// A service that nobody has.
pub const NOBODYS: ServiceId = ServiceId(0xFEFE);

/// All services that are instructed, those of the reader in ascending order.
pub const SERVICES: [ServiceId; 22] = [
    ServiceId::CARD_IDENTIFY,
    ServiceId::SUBSCRIBER_READ,
    ServiceId::SERVICE_TABLE_READ,
    ServiceId::PHONEBOOK_LIST,
    ServiceId::PHONEBOOK_UPDATE,
    ServiceId::SMS_CENTER_READ,
    ServiceId::SMS_CENTER_WRITE,
    ServiceId::PIN_VERIFY,
    ServiceId::PIN_CHANGE,
    ServiceId::PIN_UNBLOCK,
    ServiceId::PIN_ENABLE,
    ServiceId::PIN_DISABLE,
    ServiceId::USIM_AUTHENTICATE,
    ServiceId::FILE_READ,
    ServiceId::FILE_UPDATE,
    ServiceId::CONTACTLESS_IDENTIFY,
    ServiceId::APDU_EXCHANGE,
    ServiceId::FILE_UPDATE_ADMIN,
    WRITER,
    NEW,
    NOBODYS,
    ECHO,
];

/// As many numbers as parameters in CBOR may be, to the last byte: what is longest in the reader's own form. In that form an
/// instruction could not carry them.
fn numbers() -> Vec<ServiceItem> {
    let names = [(NUMBERS[0], 18), (NUMBERS[1], 14)];
    let names = names
        .into_iter()
        .flat_map(|(name, times)| iter::repeat_n(name, times));
    names
        .map(|name| item(name, ItemKind::Number, &[0, 0, 0, 7]))
        .collect()
}

/// What a service is typically given: text, in the order of its parameters.
fn items(service: ServiceId) -> Vec<ServiceItem> {
    let text = |name: &str, value: &str| item(name, ItemKind::Text, value.as_bytes());
    let number = |name: &str, value: u32| item(name, ItemKind::Number, &value.to_be_bytes());
    let bytes = |name: &str, value: &[u8]| item(name, ItemKind::Bytes, value);
    const USIM: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02];
    match service {
        ServiceId::PHONEBOOK_LIST => vec![number("first", 1), number("count", 2)],
        ServiceId::PHONEBOOK_UPDATE => vec![
            number("index", 2),
            text("name", "Zo\u{eb}"),
            text("number", "+493012345"),
        ],
        ServiceId::SMS_CENTER_WRITE => vec![text("number", "+491710760000")],
        ServiceId::PIN_VERIFY | ServiceId::PIN_ENABLE | ServiceId::PIN_DISABLE => vec![text("pin", "1234")],
        ServiceId::PIN_CHANGE => vec![text("pin", "1234"), text("new", "4321")],
        ServiceId::PIN_UNBLOCK => vec![text("puk", "12345678"), text("new", "1234")],
        ServiceId::USIM_AUTHENTICATE => vec![bytes("rand", &[7; 16]), bytes("autn", &[9; 16])],
        ServiceId::FILE_READ => vec![bytes("path", &[0x2F, 0xE2])],
        ServiceId::FILE_UPDATE => vec![bytes("path", &[0x2F, 0x08]), bytes("data", &[1])],
        ServiceId::FILE_UPDATE_ADMIN => vec![
            bytes("aid", USIM),
            bytes("path", &[0x6F, 0x46]),
            bytes("data", b"\x00New"),
        ],
        ServiceId::APDU_EXCHANGE => vec![bytes("command", &[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00])],
        _ => Vec::new(),
    }
}

/// The same, encoded once, in both formats.
pub struct Typical {
    native: Vec<u8>,
    cbor: Vec<u8>,
}

/// What each service is given, in the order of [`SERVICES`].
pub static TYPICAL: LazyLock<Vec<Typical>> = LazyLock::new(|| {
    SERVICES
        .iter()
        .map(|service| {
            let encoded = |format, items: &[ServiceItem]| match items {
                [] => Vec::new(),
                items => encode_items(format, items).expect("items that service data hold"),
            };
            let items = items(*service);
            let most = if *service == WRITER {
                numbers()
            } else {
                items.clone()
            };
            Typical {
                native: encoded(Format::NATIVE, &items),
                cbor: encoded(Format::CBOR, &most),
            }
        })
        .collect()
});

impl Typical {
    /// In a format.
    #[must_use]
    pub fn in_format(&self, format: Format) -> &[u8] {
        if format == Format::CBOR {
            &self.cbor
        } else {
            &self.native
        }
    }
}

/// What becomes of a service with what it takes, and the last status word, on the card as it comes: that of the certification,
/// whose PIN is disabled. None of a service for which that hangs on the cloud's secrets.
#[must_use]
pub fn on_new_card(service: ServiceId) -> Option<(Outcome, u16)> {
    Some(match service {
        ServiceId::FILE_UPDATE_ADMIN => return None,
        // It has no enabled services table, which it may lack.
        ServiceId::SERVICE_TABLE_READ => (Outcome::SUCCESS, 0x6A82),
        // It ends behind the last record.
        ServiceId::PHONEBOOK_LIST => (Outcome::SUCCESS, 0x6A83),
        ServiceId::PIN_VERIFY | ServiceId::PIN_CHANGE | ServiceId::PIN_DISABLE => {
            (Outcome::CARD_STATUS, 0x6984)
        }
        // The token is nobody's.
        ServiceId::USIM_AUTHENTICATE => (Outcome::CARD_STATUS, 0x9862),
        // An administrative key is asked for.
        ServiceId::FILE_UPDATE => (Outcome::CARD_STATUS, 0x6982),
        ServiceId::CONTACTLESS_IDENTIFY => (Outcome::CARD_ABSENT, 0),
        // No transparent file is selected, which it does not mind.
        WRITER | NEW => (Outcome::SUCCESS, 0x6986),
        ECHO => (Outcome::SUCCESS, 0),
        _ => (Outcome::SUCCESS, 0x9000),
    })
}

/// Whether an instruction gives its service what it takes, in the format of its interface.
#[must_use]
pub fn is_typical(instruct: &Instruct<'_>, format: Format) -> bool {
    let known = SERVICES.iter().zip(TYPICAL.iter());
    let mut of_service = known.filter(|(service, _)| **service == instruct.service);
    of_service.any(|(_, typical)| typical.in_format(format) == instruct.parameters)
}

/// A secret of the card that the cloud sends, and nobody may hear.
pub const ADMINISTRATIVE_KEY: &[u8] = b"CARDWIRE";
/// Another one, which is wrong.
pub const WRONG_KEY: &[u8] = b"WRONGKEY";

/// Secrets of the card for [`ServiceId::FILE_UPDATE_ADMIN`].
#[must_use]
pub fn secrets(which: u8) -> Vec<u8> {
    let key = if which.is_multiple_of(2) {
        ADMINISTRATIVE_KEY
    } else {
        WRONG_KEY
    };
    let card: &[u8] = if which & 2 == 0 {
        b"8900001010123456783"
    } else {
        b"8900001010123456784"
    };
    let items = [
        item("card", ItemKind::Text, card),
        item("adm", ItemKind::Bytes, key),
    ];
    let mut encoded = encode_items(Format::NATIVE, &items).expect("items that service data hold");
    if which & 4 != 0 {
        encoded.pop();
    }
    encoded
}

fn item(name: &str, kind: ItemKind, value: &[u8]) -> ServiceItem {
    ServiceItem {
        name: name.to_owned(),
        kind,
        value: value.to_vec(),
    }
}

/// The updates that the cloud has: right ones in ascending order of their counters, then wrong ones.
pub static PACKAGES: LazyLock<Vec<Package>> = LazyLock::new(|| {
    let echo = |counter, text: &str| Part::logic(ECHO, counter, says(ECHO, text.as_bytes()));
    let endless = Part::logic(NEW, 9, b"\x01no logic at all".to_vec());
    let mut altered = Package::of(&[echo(8, "altered")]);
    altered.content[20] ^= 1;
    altered.genuine = false;
    vec![
        Package::of(&[echo(2, "second")]),
        Package::of(&[Part::logic(NEW, 4, writes(NEW)), echo(3, "third")]),
        Package::of(&[echo(5, "fifth")]),
        Package::of(&[echo(1, "first")]),
        Package::foreign(&[echo(7, "foreign")]),
        Package::for_other_hardware(&[echo(7, "elsewhere")]),
        altered,
        Package {
            genuine: false,
            ..Package::of(&[endless])
        },
    ]
});

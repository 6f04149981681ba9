//! Service data in both client formats, as a client reads and writes them.

use super::{ClientError, ConfigurationFault, ReaderFault, ServiceItem};
use cardwire_codec::{
    EncodeError, Extensions, List, Message, Name,
    message::{Format, Item, ItemKind, ServiceData, limits::JOB_DATA_MAX},
};
use ciborium::Value;

/// The major type of an array, in the upper bits of its head.
const ARRAY: u8 = 4;

/// Service data with these items in this format.
///
/// # Errors
/// Items that no service data hold, or a format that this client does not speak.
pub fn encode_items(format: Format, items: &[ServiceItem]) -> Result<Vec<u8>, ConfigurationFault> {
    let native = native(items).map_err(ConfigurationFault::Request)?;
    match format {
        Format::NATIVE => Ok(native),
        Format::CBOR => cbor(items).ok_or(ConfigurationFault::Values),
        format => Err(ConfigurationFault::Format(format)),
    }
}

/// The items of data that a reader gave through an interface that was offered with this format; none where this client
/// does not speak it.
///
/// A job that was instructed in another session may have been so under another offer, and its data stay in the format
/// of that one (CW-INTF-003): the first byte tells the two apart.
///
/// # Errors
/// Data that are not what their format is.
pub fn decode_items(offered: Format, data: &[u8]) -> Result<Vec<ServiceItem>, ClientError> {
    let items = match data.first() {
        None => return Ok(Vec::new()),
        _ if ![Format::NATIVE, Format::CBOR].contains(&offered) => return Ok(Vec::new()),
        Some(head) if head >> 5 == ARRAY => of_cbor(data)?,
        Some(_) => of_native(data)?,
    };
    Ok(items)
}

fn native(items: &[ServiceItem]) -> Result<Vec<u8>, EncodeError> {
    let items: Vec<_> = items
        .iter()
        .map(|ServiceItem { name, kind, value }| Item {
            name: Name::from_text(name),
            kind: *kind,
            value,
        })
        .collect();
    let data = ServiceData {
        items: List::from_items(&items),
        extensions: Extensions::NONE,
    };
    let mut bytes = [0; JOB_DATA_MAX];
    let length = data.encode(&mut bytes)?;
    Ok(bytes[..length].to_vec())
}

fn of_native(data: &[u8]) -> Result<Vec<ServiceItem>, ReaderFault> {
    let data = ServiceData::decode(data).map_err(|error| ReaderFault::Malformed {
        what: ServiceData::NAME,
        error,
    })?;
    Ok(data.items.iter().map(ServiceItem::from).collect())
}

/// `None` where a value is not of its kind.
fn cbor(items: &[ServiceItem]) -> Option<Vec<u8>> {
    let value = |ServiceItem { name, kind, value }: &ServiceItem| {
        let value = match kind {
            ItemKind::Text => Value::Text(String::from_utf8(value.clone()).ok()?),
            ItemKind::Bytes => Value::Bytes(value.clone()),
            ItemKind::Number => u32::from_be_bytes(value.as_slice().try_into().ok()?).into(),
        };
        Some(Value::Array(vec![Value::Text(name.clone()), value]))
    };
    let items: Option<Vec<_>> = items.iter().map(value).collect();
    let mut bytes = Vec::new();
    ciborium::into_writer(&Value::Array(items?), &mut bytes).ok()?;
    Some(bytes)
}

/// The library takes other forms than the one that there is: what it read is written again and compared.
fn of_cbor(data: &[u8]) -> Result<Vec<ServiceItem>, ReaderFault> {
    let mut rest = data;
    let value: Value = ciborium::from_reader(&mut rest).map_err(|_| ReaderFault::Cbor("no CBOR"))?;
    let items = value.into_array().unwrap_or_default().into_iter().map(item);
    let items: Option<Vec<_>> = items.collect();
    let items = items.ok_or(ReaderFault::Cbor("no list of names and values"))?;
    match encode_items(Format::CBOR, &items) {
        Ok(one_form) if one_form == data => Ok(items),
        Ok(_) => Err(ReaderFault::Cbor("not in the one form that they have")),
        Err(_) => Err(ReaderFault::Cbor("out of bounds")),
    }
}

fn item(value: Value) -> Option<ServiceItem> {
    let [name, value] = value.into_array().ok()?.try_into().ok()?;
    let (kind, value) = match value {
        Value::Text(text) => (ItemKind::Text, text.into_bytes()),
        Value::Bytes(bytes) => (ItemKind::Bytes, bytes),
        Value::Integer(number) => (
            ItemKind::Number,
            u32::try_from(number).ok()?.to_be_bytes().to_vec(),
        ),
        _ => return None,
    };
    Some(ServiceItem {
        name: name.into_text().ok()?,
        kind,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, kind: ItemKind, value: &[u8]) -> ServiceItem {
        ServiceItem {
            name: name.into(),
            kind,
            value: value.to_vec(),
        }
    }

    #[test]
    fn both_formats_say_the_same() {
        let data = [
            item("text", ItemKind::Text, "é".as_bytes()),
            item("bytes", ItemKind::Bytes, &[0xFF; 30]),
            item("number", ItemKind::Number, &[0, 0, 1, 2]),
        ];
        for format in [Format::NATIVE, Format::CBOR] {
            for data in [&data[..], &[]] {
                let bytes = encode_items(format, data).unwrap();
                assert_eq!(decode_items(format, &bytes).unwrap(), data);
            }
        }
        let number = [item("n", ItemKind::Number, &[0, 0, 1, 2])];
        let bytes = encode_items(Format::CBOR, &number).unwrap();
        assert_eq!(bytes, [0x81, 0x82, 0x61, 0x6E, 0x19, 0x01, 0x02]);
    }

    #[test]
    fn data_of_another_offer_are_read_and_of_another_format_left() {
        let bytes = encode_items(Format::CBOR, &[item("n", ItemKind::Bytes, &[])]).unwrap();
        assert_eq!(decode_items(Format::NATIVE, &bytes).unwrap().len(), 1);
        assert_eq!(decode_items(Format(0xF0), &bytes).unwrap(), []);
    }

    #[test]
    fn what_is_no_service_data() {
        for bytes in [
            &[0x98, 0x00][..],
            &[0x9F, 0xFF],
            &[0x80, 0x00],
            &[0x81],
            &[0x81, 0x00],
            &[0x81, 0x82, 0x61, 0x6E, 0x18, 0x17],
            &[0x81, 0x82, 0x61, 0x20, 0x00],
            &[0x81, 0x82, 0x61, 0x6E, 0xF6],
            &[0x81, 0x82, 0x61, 0x6E, 0x20],
        ] {
            let refused = decode_items(Format::CBOR, bytes);
            assert!(
                matches!(refused, Err(ClientError::Reader(ReaderFault::Cbor(_)))),
                "{bytes:02X?}"
            );
        }
        let twice = [0x82, 0x82, 0x61, 0x6E, 0x00, 0x82, 0x61, 0x6E, 0x01];
        let read = decode_items(Format::CBOR, &twice).unwrap();
        let numbers = [0, 1].map(|number: u32| item("n", ItemKind::Number, &number.to_be_bytes()));
        assert_eq!(read, numbers, "a service that lists things repeats names");
    }

    #[test]
    fn items_that_can_not_be_sent() {
        for wrong in [
            item("", ItemKind::Text, b"x"),
            item("n", ItemKind::Bytes, &[0; 256]),
            item("n", ItemKind::Number, &[0; 3]),
            item("n", ItemKind::Text, &[0xFF]),
        ] {
            assert!(encode_items(Format::CBOR, &[wrong]).is_err());
        }
        assert!(encode_items(Format(0xF0), &[]).is_err());
    }
}

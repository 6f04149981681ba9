//! Parameters of a service, as a command line gives them.

use crate::{
    failure::{Exit, Failure},
    terminal::from_hex,
};
use cardwire_codec::message::{Format, ItemKind};
use cardwire_peers::client::{ServiceItem, encode_items};
use core::{fmt::Display, str::FromStr};

/// The most bytes of parameters that an instruction carries.
const PARAMETERS_MAX: usize = 400;

/// One named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter(ServiceItem);

impl FromStr for Parameter {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let form = "expected NAME=TEXT, NAME:bytes=HEX or NAME:number=N";
        let (name, value) = given.split_once('=').ok_or(form)?;
        let (name, kind, value) = match name.split_once(':') {
            None => (name, ItemKind::Text, Some(value.as_bytes().to_vec())),
            Some((name, "bytes")) => (name, ItemKind::Bytes, from_hex(value)),
            Some((name, "number")) => {
                let number: Option<u32> = value.parse().ok();
                (
                    name,
                    ItemKind::Number,
                    number.map(|number| number.to_be_bytes().to_vec()),
                )
            }
            Some(_) => return Err(form),
        };
        Ok(Self(ServiceItem {
            name: name.to_owned(),
            kind,
            value: value.ok_or(form)?,
        }))
    }
}

/// The service data that carry parameters, in this format; no bytes where there are none.
pub(crate) fn encode(format: Format, parameters: &[Parameter]) -> Result<Vec<u8>, Failure> {
    if parameters.is_empty() {
        return Ok(Vec::new());
    }
    let refused = |error: &dyn Display| {
        let next =
            "Names have 1 to 24 letters, digits, `.`, `-` and `_`, values 255 bytes, all together 400 bytes.";
        Failure::new(
            Exit::Usage,
            format!("the parameters can't be sent: {error}"),
            next,
        )
    };
    let items: Vec<_> = parameters.iter().map(|Parameter(item)| item.clone()).collect();
    let bytes = encode_items(format, &items).map_err(|error| refused(&error))?;
    if bytes.len() > PARAMETERS_MAX {
        return Err(refused(&format_args!("they have {} bytes", bytes.len())));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_codec::{Message, message::ServiceData};

    #[test]
    fn parameters_of_each_kind() {
        let parameters: Result<Vec<Parameter>, _> = ["spn=A=B", "key:bytes=0A0b", "tries:number=3"]
            .into_iter()
            .map(str::parse)
            .collect();
        let bytes = encode(Format::NATIVE, &parameters.unwrap()).unwrap();
        let data = ServiceData::decode(&bytes).unwrap();
        let items: Vec<_> = data
            .items
            .iter()
            .map(|item| (item.name.as_str(), item.kind, item.value.to_vec()))
            .collect();
        assert_eq!(
            items,
            [
                ("spn", ItemKind::Text, b"A=B".to_vec()),
                ("key", ItemKind::Bytes, vec![0x0A, 0x0B]),
                ("tries", ItemKind::Number, vec![0, 0, 0, 3]),
            ]
        );
        assert!(encode(Format::NATIVE, &[]).unwrap().is_empty());
    }

    #[test]
    fn parameters_in_cbor() {
        let parameter: Parameter = "tries:number=300".parse().unwrap();
        let bytes = encode(Format::CBOR, &[parameter]).unwrap();
        assert_eq!(bytes, *b"\x81\x82\x65tries\x19\x01\x2C");
        assert!(encode(Format::CBOR, &[]).unwrap().is_empty());
        let long: Vec<Parameter> = vec![format!("n={}", "x".repeat(200)).parse().unwrap(); 2];
        assert!(encode(Format::CBOR, &long).is_err());
    }

    #[test]
    fn what_is_no_parameter() {
        for text in ["", "name", "name:bytes=0", "name:number=x", "name:date=1"] {
            assert!(text.parse::<Parameter>().is_err(), "{text}");
        }
        let nameless: Parameter = "=x".parse().unwrap();
        for format in [Format::NATIVE, Format::CBOR] {
            assert!(encode(format, core::slice::from_ref(&nameless)).is_err());
        }
    }
}

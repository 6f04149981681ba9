//! Parameters of a service, as a command line gives them.

use crate::{
    failure::{Exit, Failure},
    terminal::from_hex,
};
use cardwire_codec::{
    Extensions, List, Message,
    message::{Item, ItemKind, ServiceData},
};
use core::str::FromStr;

/// The most bytes of parameters that an instruction carries.
const PARAMETERS_MAX: usize = 400;

/// One named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    name: String,
    kind: ItemKind,
    value: Vec<u8>,
}

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
        Ok(Self {
            name: name.to_owned(),
            kind,
            value: value.ok_or(form)?,
        })
    }
}

/// The document that carries parameters; empty where there are none.
pub(crate) fn encode(parameters: &[Parameter]) -> Result<Vec<u8>, Failure> {
    if parameters.is_empty() {
        return Ok(Vec::new());
    }
    let items: Vec<_> = parameters
        .iter()
        .map(|Parameter { name, kind, value }| Item {
            name,
            kind: *kind,
            value,
        })
        .collect();
    let data = ServiceData {
        items: List::from_items(&items),
        extensions: Extensions::NONE,
    };
    let mut bytes = [0; PARAMETERS_MAX];
    let length = data.encode(&mut bytes).map_err(|error| {
        let next =
            "Names have 1 to 24 letters, digits, `.`, `-` and `_`, values 255 bytes, all together 400 bytes.";
        Failure::new(
            Exit::Usage,
            format!("the parameters can't be sent: {error}"),
            next,
        )
    })?;
    Ok(bytes[..length].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_each_kind() {
        let parameters: Result<Vec<Parameter>, _> = ["spn=A=B", "key:bytes=0A0b", "tries:number=3"]
            .into_iter()
            .map(str::parse)
            .collect();
        let bytes = encode(&parameters.unwrap()).unwrap();
        let data = ServiceData::decode(&bytes).unwrap();
        let items: Vec<_> = data
            .items
            .iter()
            .map(|item| (item.name, item.kind, item.value.to_vec()))
            .collect();
        assert_eq!(
            items,
            [
                ("spn", ItemKind::Text, b"A=B".to_vec()),
                ("key", ItemKind::Bytes, vec![0x0A, 0x0B]),
                ("tries", ItemKind::Number, vec![0, 0, 0, 3]),
            ]
        );
        assert!(encode(&[]).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_parameter() {
        for text in ["", "name", "name:bytes=0", "name:number=x", "name:date=1"] {
            assert!(text.parse::<Parameter>().is_err(), "{text}");
        }
        let nameless: Parameter = "=x".parse().unwrap();
        assert!(encode(&[nameless]).is_err());
    }
}

//! Parameters of a service, as a command line gives them.

use crate::{
    failure::{Exit, Failure},
    terminal::{from_hex, read, warn},
};
use cardwire_codec::message::{Format, ItemKind, ParameterSource};
use cardwire_peers::client::{ServiceItem, encode_items};
use core::{
    fmt::{self, Display},
    str::FromStr,
};
use std::{
    io::{self, IsTerminal},
    path::Path,
};

/// How a command line gives a parameter, for help texts.
pub(crate) const HELP: &str = "A parameter of the service: NAME=VALUE, or NAME:KIND=VALUE where its kind is not known: text, bytes (in hexadecimal digits) \
     or number. The value - is asked for, or read from standard input, one line each, so that a PIN is in no list of processes; @FILE is \
     what stands in the file, and @@ a value that begins with @. May be repeated";

/// The most bytes of parameters that an instruction carries.
const PARAMETERS_MAX: usize = 400;

/// Parameters that nobody but the card's holder or owner should see.
const SECRET: [&str; 4] = ["pin", "new", "puk", "adm"];

/// A parameter that a service is known to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) kind: ItemKind,
    pub(crate) source: ParameterSource,
}

/// One named value, as it was given.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    name: String,
    kind: Option<ItemKind>,
    given: String,
}

// Its value may be a PIN.
impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter({})", self.name)
    }
}

impl FromStr for Parameter {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let form = "expected NAME=VALUE, NAME:text=TEXT, NAME:bytes=HEX or NAME:number=N";
        let (name, given) = given.split_once('=').ok_or(form)?;
        let (name, kind) = match name.split_once(':') {
            None => (name, None),
            Some((name, "text")) => (name, Some(ItemKind::Text)),
            Some((name, "bytes")) => (name, Some(ItemKind::Bytes)),
            Some((name, "number")) => (name, Some(ItemKind::Number)),
            Some(_) => return Err(form),
        };
        Ok(Self {
            name: name.to_owned(),
            kind,
            given: given.to_owned(),
        })
    }
}

impl Parameter {
    /// The item that is sent. A kind that was not given is the declared one, or text.
    fn item(&self, declared: &[Declared]) -> Result<ServiceItem, Failure> {
        let Self { name, kind, given } = self;
        let known = declared.iter().find(|declared| declared.name == *name);
        let kind = kind.or(known.map(|known| known.kind)).unwrap_or(ItemKind::Text);
        let value = match given.as_str() {
            "-" => value_of(name, kind, &asked(name)?)?,
            _ if given.starts_with("@@") => value_of(name, kind, &given[1..])?,
            _ => match given.strip_prefix('@') {
                Some(path) => in_file(name, kind, Path::new(path))?,
                None => {
                    if SECRET.contains(&name.as_str()) {
                        warn(format_args!(
                            "whoever sees this machine's processes sees the value of `{name}`: give {name}=- to be asked for it"
                        ));
                    }
                    value_of(name, kind, given)?
                }
            },
        };
        Ok(ServiceItem {
            name: name.clone(),
            kind,
            value,
        })
    }
}

/// The items of these parameters. Files are read, and values that stand nowhere are asked for.
pub(crate) fn items(parameters: &[Parameter], declared: &[Declared]) -> Result<Vec<ServiceItem>, Failure> {
    parameters
        .iter()
        .map(|parameter| parameter.item(declared))
        .collect()
}

/// The service data that carry these items, in this format; no bytes where there are none.
pub(crate) fn encode(format: Format, items: &[ServiceItem]) -> Result<Vec<u8>, Failure> {
    if items.is_empty() {
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
    let bytes = encode_items(format, items).map_err(|error| refused(&error))?;
    if bytes.len() > PARAMETERS_MAX {
        return Err(refused(&format_args!("they have {} bytes", bytes.len())));
    }
    Ok(bytes)
}

fn value_of(name: &str, kind: ItemKind, text: &str) -> Result<Vec<u8>, Failure> {
    // The value itself is left out: it may be a secret.
    let wrong = |what| {
        let next = format!("Give it as {name}=VALUE of that kind, or its kind as in {name}:text=VALUE.");
        Failure::new(Exit::Usage, format!("the value of `{name}` is no {what}"), next)
    };
    match kind {
        ItemKind::Text => Ok(text.as_bytes().to_vec()),
        ItemKind::Bytes => from_hex(text).ok_or_else(|| wrong("row of bytes in hexadecimal digits")),
        ItemKind::Number => {
            let number: Result<u32, _> = text.parse();
            let number = number.map_err(|_| wrong("decimal number up to 4294967295"))?;
            Ok(number.to_be_bytes().to_vec())
        }
    }
}

/// What stands in a file: the bytes themselves for the kind `bytes`, else its text without the end of its last line.
fn in_file(name: &str, kind: ItemKind, path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read(path)?;
    if kind == ItemKind::Bytes {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        let what = format!("{} is no text", path.display());
        Failure::new(Exit::Usage, what, "Give a text in UTF-8.")
    })?;
    value_of(name, kind, text.trim_end_matches(['\r', '\n']))
}

/// Asks on the terminal, without an echo, or takes the next line of standard input.
fn asked(name: &str) -> Result<String, Failure> {
    let nothing = |why: &dyn Display| {
        let what = format!("the value of `{name}` can't be read: {why}");
        let next = "Enter it when you are asked, or give one line for each such parameter on standard input.";
        Failure::new(Exit::Usage, what, next)
    };
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{name}: ")).map_err(|error| nothing(&error));
    }
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) => Err(nothing(&"standard input has ended")),
        Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(nothing(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_codec::{Message, message::ServiceData};

    fn parse(given: &[&str]) -> Vec<Parameter> {
        given.iter().map(|given| given.parse().unwrap()).collect()
    }

    #[test]
    fn parameters_of_each_kind() {
        let parameters = parse(&["spn=A=B", "key:bytes=0A0b", "tries:number=3"]);
        let bytes = encode(Format::NATIVE, &items(&parameters, &[]).unwrap()).unwrap();
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
    fn a_declared_kind_is_taken_where_none_is_given() {
        let declared =
            [("index", ItemKind::Number), ("path", ItemKind::Bytes)].map(|(name, kind)| Declared {
                name: name.to_owned(),
                kind,
                source: ParameterSource::Client,
            });
        let given = parse(&["index=258", "path=2FE2", "index:text=258", "other=2FE2"]);
        let values: Vec<_> = items(&given, &declared)
            .unwrap()
            .into_iter()
            .map(|item| item.value)
            .collect();
        assert_eq!(
            values,
            [
                vec![0, 0, 1, 2],
                vec![0x2F, 0xE2],
                b"258".to_vec(),
                b"2FE2".to_vec()
            ]
        );
        for wrong in ["index=x", "index=-1", "path=2FE"] {
            assert!(items(&parse(&[wrong]), &declared).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_from_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "Zoë\n").unwrap();
        let of = |name: &str| {
            let given = format!("{name}=@{}", file.path().display());
            items(&parse(&[&given]), &[]).unwrap().remove(0).value
        };
        assert_eq!(of("name"), "Zoë".as_bytes());
        assert_eq!(of("name:bytes"), "Zoë\n".as_bytes());
        assert_eq!(items(&parse(&["name=@@home"]), &[]).unwrap()[0].value, b"@home");
        assert!(items(&parse(&["name=@/nowhere"]), &[]).is_err());
    }

    #[test]
    fn no_value_is_shown() {
        assert_eq!(format!("{:?}", parse(&["pin=1234"])), "[Parameter(pin)]");
    }

    #[test]
    fn parameters_in_cbor() {
        let given = items(&parse(&["tries:number=300"]), &[]).unwrap();
        let bytes = encode(Format::CBOR, &given).unwrap();
        assert_eq!(
            bytes,
            [0x81, 0x82, 0x65, b't', b'r', b'i', b'e', b's', 0x19, 0x01, 0x2C]
        );
    }

    #[test]
    fn what_is_no_parameter() {
        for wrong in ["", "name", "name:date=1", "key:bits=1"] {
            let parsed: Result<Parameter, _> = wrong.parse();
            assert!(parsed.is_err(), "{wrong}");
        }
        assert!(encode(Format::NATIVE, &items(&parse(&["=1"]), &[]).unwrap()).is_err());
    }

    #[test]
    fn too_much_is_refused_before_the_reader_sees_it() {
        let given: Vec<_> = (0..2)
            .map(|index| format!("n{index}={}", "x".repeat(250)))
            .collect();
        let given = parse(&given.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(encode(Format::NATIVE, &items(&given, &[]).unwrap()).is_err());
    }
}

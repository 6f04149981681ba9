//! The bytes that an argument names.

use crate::{
    failure::{Exit, Failure},
    terminal::read,
};
use cardwire_spec::interpret::hex::{self, NoHex};
use std::path::Path;

const FORMS: &str = "Give two hexadecimal digits for each byte (blanks, colons and 0x in between are fine), the path of a \
                     file, or - for standard input.";

/// The bytes that are meant: by hexadecimal digits, by the path of a file, or standard input by `-`.
pub(super) fn bytes(argument: &str) -> Result<Vec<u8>, Failure> {
    if argument == "-" {
        return content("standard input", read(Path::new("-"))?);
    }
    match hex::read(argument) {
        Ok(bytes) => Ok(bytes),
        Err(half @ NoHex::Half { .. }) => {
            let next = if Path::new(argument).exists() {
                format!("Complete the digits, or write ./{argument} for the file of that name.")
            } else {
                FORMS.to_owned()
            };
            let what = format!("`{argument}` is no hexadecimal text of whole bytes: {half}");
            Err(Failure::new(Exit::Usage, what, next))
        }
        Err(wrong @ NoHex::Character { .. }) => {
            let path = Path::new(argument);
            if !path.exists() {
                let what =
                    format!("`{argument}` is no hexadecimal text ({wrong}), and there is no such file");
                return Err(Failure::new(Exit::Usage, what, FORMS));
            }
            content(argument, read(path)?)
        }
    }
}

/// The bytes that a file holds, or that its hexadecimal text stands for.
fn content(name: &str, content: Vec<u8>) -> Result<Vec<u8>, Failure> {
    // Nothing that this protocol sends is text all through: codes, lengths and delimiters are not.
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if content.is_empty() || !content.iter().all(is_text) {
        return Ok(content);
    }
    let text = String::from_utf8_lossy(&content);
    hex::read(&text).map_err(|wrong| {
        let what = format!("{name} holds text that is not hexadecimal: {wrong}");
        let next = "Give a file with two hexadecimal digits for each byte, or with the bytes themselves.";
        Failure::new(Exit::Usage, what, next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_hexadecimal_text_or_bytes() {
        let bytes = |given: &[u8]| content("it", given.to_vec()).ok();
        assert_eq!(bytes(b"01 0a\n0b\n"), Some(vec![0x01, 0x0A, 0x0B]));
        assert_eq!(bytes(&[0x01, 0x30]), Some(vec![0x01, 0x30]));
        assert_eq!(bytes(b""), Some(Vec::new()));
        // Text of another kind is a slip: half a byte, JSON.
        assert_eq!((bytes(b"010"), bytes(b"{\"a\": 1}")), (None, None));
    }
}

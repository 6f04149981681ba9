//! Bytes as hexadecimal text.

use core::fmt::Write as _;

/// Lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes of hexadecimal text of either case; spaces may part them.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    digits
        .chunks(2)
        .map(|pair| u8::try_from(16 * pair[0] + pair[1]).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        assert_eq!(decode(&encode(&[0x00, 0xAB, 0xFF])), Some(vec![0x00, 0xAB, 0xFF]));
        assert_eq!(decode("0A ff"), Some(vec![0x0A, 0xFF]));
        assert_eq!((decode("0"), decode("0g")), (None, None));
    }
}

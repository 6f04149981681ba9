//! A hello and its answer, byte by byte: what it takes to see that a reader is there, without a codec.
//!
//! Both are frozen for all versions of the protocol (`spec/book/src/link.md`, `spec/book/src/connection.md`).

use anyhow::{Context as _, Result, ensure};

/// Ends every frame on the line.
pub(super) const DELIMITER: u8 = 0;

/// Kind of a frame in clear.
const CLEAR: u8 = 0x01;
/// hello: one version, 1, and frames of up to 512 bytes.
const HELLO: [u8; 5] = [0x01, 0x01, 0x01, 0x02, 0x00];
const HELLO_ANSWER: u8 = 0x81;
const CHALLENGE: usize = 16;

/// A hello on the line. It begins with a delimiter, so that nothing that is left there spoils it.
pub(super) fn request(number: u64) -> Vec<u8> {
    let mut frame = vec![CLEAR];
    frame.extend(number.to_be_bytes());
    frame.extend(HELLO);
    frame.extend(crc32c(&frame).to_be_bytes());
    let mut line = vec![DELIMITER];
    line.extend(cobs(&frame));
    line.push(DELIMITER);
    line
}

/// The reader's identity, from what stood before a delimiter; `None` where that answers another number.
pub(super) fn reader_id(line: &[u8], number: u64) -> Result<Option<String>> {
    let frame = uncobs(line).context("the bytes on the line are not COBS")?;
    let (body, checksum) = frame.split_last_chunk().context("the frame is too short")?;
    ensure!(
        crc32c(body) == u32::from_be_bytes(*checksum),
        "the frame's checksum is wrong"
    );
    let (head, payload) = body.split_first_chunk::<9>().context("the frame is too short")?;
    let [kind, answered @ ..] = *head;
    if kind != CLEAR || u64::from_be_bytes(answered) != number {
        return Ok(None);
    }
    identity(payload)
        .with_context(|| format!("hello was answered with {payload:02x?}"))
        .map(Some)
}

/// The last field of hello_answer.
fn identity(message: &[u8]) -> Option<String> {
    let [HELLO_ANSWER, _version, versions, rest @ ..] = message else {
        return None;
    };
    let max_frame = 2;
    let (length, rest) = rest
        .get(usize::from(*versions) + max_frame + CHALLENGE..)?
        .split_first()?;
    String::from_utf8(rest.get(..usize::from(*length))?.to_vec()).ok()
}

/// For frames of less than 254 bytes, which have no full block.
fn cobs(frame: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    for block in frame.split(|byte| *byte == DELIMITER) {
        line.push(block.len() as u8 + 1);
        line.extend(block);
    }
    line
}

fn uncobs(line: &[u8]) -> Option<Vec<u8>> {
    let mut frame = Vec::new();
    let mut rest = line;
    while let Some((length, behind)) = rest.split_first() {
        let (block, next) = behind.split_at_checked(usize::from(*length).checked_sub(1)?)?;
        frame.extend(block);
        if *length < 0xff && !next.is_empty() {
            frame.push(DELIMITER);
        }
        rest = next;
    }
    Some(frame)
}

fn crc32c(bytes: &[u8]) -> u32 {
    const REFLECTED: u32 = 0x1edc_6f41_u32.reverse_bits();
    let shift = |crc: u32| (crc >> 1) ^ if crc & 1 == 0 { 0 } else { REFLECTED };
    let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc));
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::{cobs, crc32c, reader_id, request, uncobs};

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_hello_is_this_on_the_line() {
        let line = request(7);
        assert_eq!(
            line[..15],
            [0, 2, 1, 1, 1, 1, 1, 1, 1, 6, 7, 1, 1, 1, 2],
            "delimiter, kind 01, number 7, the message up to its zero"
        );
        assert_eq!(line.last(), Some(&0));
        assert_eq!(
            line[1..line.len() - 1].iter().filter(|byte| **byte == 0).count(),
            0
        );
    }

    #[test]
    fn finds_the_identity_in_an_answer() {
        let mut frame = [
            &[1, 0, 0, 0, 0, 0, 0, 0, 7, 0x81, 1, 1, 1, 2, 0],
            &[0xcc; 16][..],
            b"\x02R1",
        ]
        .concat();
        let end = frame.len();
        frame.extend(crc32c(&frame).to_be_bytes());
        let id = reader_id(&cobs(&frame), 7);
        assert_eq!(id.expect("the answer is right").as_deref(), Some("R1"));
        let other = reader_id(&cobs(&frame), 8);
        assert_eq!(
            other.expect("the answer is right"),
            None,
            "it answers another hello"
        );
        frame[end - 1] ^= 1;
        assert!(reader_id(&cobs(&frame), 7).is_err(), "the checksum is wrong");
        assert!(reader_id(&[9], 7).is_err(), "not COBS");
        assert_eq!(uncobs(&[1, 2, 7, 1]), Some(vec![0, 7, 0]));
    }
}

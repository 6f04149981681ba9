//! Frames and lines, with a switch for each thing that can be done wrong.

use cardwire_spec::interpret::hex;
use serde_json::{Value, json};

/// How frames are written and read; [`Framing::RIGHT`] is how they should be.
#[derive(Clone, Copy, Debug)]
#[expect(
    missing_docs,
    clippy::struct_excessive_bools,
    reason = "each is a fault of its own, and its name says which"
)]
pub struct Framing {
    /// Of the checksum, its lowest bit first.
    pub polynomial: u32,
    pub checks_checksum: bool,
    pub checksum_is_little_endian: bool,
    pub number_is_little_endian: bool,
    pub number_is_a_double: bool,
    pub checks_kind: bool,
    pub takes_empty_block: bool,
    pub sends_empty_block: bool,
    pub sends_delimiter: bool,
    /// Bytes in the longest block of COBS.
    pub block: usize,
    pub checks_size: bool,
    /// What a frame may have more, or less, than its receiver takes.
    pub slack: i64,
    pub garbage_costs_the_next: bool,
    pub stops_at_garbage: bool,
    pub takes_the_rest: bool,
    pub reports_empty_lines: bool,
    pub forgives_a_block_beyond_the_end: bool,
}

impl Framing {
    /// As the chapter on the link says.
    pub const RIGHT: Self = Self {
        polynomial: 0x82F6_3B78,
        checks_checksum: true,
        checksum_is_little_endian: false,
        number_is_little_endian: false,
        number_is_a_double: false,
        checks_kind: true,
        takes_empty_block: false,
        sends_empty_block: false,
        sends_delimiter: true,
        block: 254,
        checks_size: true,
        slack: 0,
        garbage_costs_the_next: false,
        stops_at_garbage: false,
        takes_the_rest: false,
        reports_empty_lines: false,
        forgives_a_block_beyond_the_end: false,
    };

    /// The line of a frame, its delimiter included.
    #[must_use]
    pub fn frame(&self, kind: &str, number: u64, payload: &[u8]) -> Vec<u8> {
        let kind = if kind == "clear" { 1 } else { 2 };
        let number = if self.number_is_a_double {
            number as f64 as u64
        } else {
            number
        };
        let mut bytes = vec![kind];
        bytes.extend(if self.number_is_little_endian {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        });
        bytes.extend_from_slice(payload);
        bytes.extend(self.checksum(&bytes));
        let mut line = self.stuffed(&bytes);
        if self.sends_delimiter {
            line.push(0);
        }
        line
    }

    /// What stands in a stream, for a receiver of frames of this size, in the JSON form of the chapter on adapters.
    #[must_use]
    pub fn deframe(&self, stream: &[u8], max_frame: u64) -> Vec<Value> {
        let mut lines: Vec<_> = stream.split(|byte| *byte == 0).collect();
        if !self.takes_the_rest {
            lines.pop();
        }
        let mut found = Vec::new();
        let mut skip = false;
        for line in lines {
            if line.is_empty() && !self.reports_empty_lines || core::mem::take(&mut skip) {
                continue;
            }
            match self.taken(line, max_frame) {
                Ok(frame) => found.push(frame),
                Err(fault) => {
                    found.push(json!({ "fault": fault }));
                    skip = self.garbage_costs_the_next;
                    if self.stops_at_garbage {
                        return found;
                    }
                }
            }
        }
        found
    }

    fn taken(&self, line: &[u8], max_frame: u64) -> Result<Value, &'static str> {
        let bytes = self.unstuffed(line).ok_or("cobs")?;
        if bytes.len() < 13 {
            return Err("too-short");
        }
        if self.checks_size && bytes.len() as i64 > max_frame as i64 + self.slack {
            return Err("too-long");
        }
        let (body, checksum) = bytes.split_at(bytes.len() - 4);
        if self.checks_checksum && self.checksum(body) != checksum {
            return Err("checksum");
        }
        let kind = match body[0] {
            1 => "clear",
            2 => "sealed",
            _ if self.checks_kind => return Err("kind"),
            _ => "clear",
        };
        let mut number: [u8; 8] = body[1..9].try_into().unwrap();
        if self.number_is_little_endian {
            number.reverse();
        }
        let mut number = u64::from_be_bytes(number);
        if self.number_is_a_double {
            number = number as f64 as u64;
        }
        Ok(json!({ "kind": kind, "number": number.to_string(), "payload": hex::encode(&body[9..]) }))
    }

    fn checksum(&self, bytes: &[u8]) -> [u8; 4] {
        let crc = !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                crc >> 1 ^ (self.polynomial * (crc & 1))
            })
        });
        if self.checksum_is_little_endian {
            crc.to_le_bytes()
        } else {
            crc.to_be_bytes()
        }
    }

    fn stuffed(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![0];
        let mut head = 0;
        for (index, &byte) in bytes.iter().enumerate() {
            if byte != 0 {
                out.push(byte);
            }
            let length = out.len() - head;
            let is_last = index + 1 == bytes.len();
            if byte == 0 || length == self.block + 1 && (!is_last || self.sends_empty_block) {
                out[head] = length as u8;
                head = out.len();
                out.push(0);
            }
        }
        out[head] = (out.len() - head) as u8;
        out
    }

    fn unstuffed(&self, line: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = line;
        let mut last = 0;
        while let Some((&length, behind)) = rest.split_first() {
            let wanted = usize::from(length) - 1;
            let wanted = if self.forgives_a_block_beyond_the_end {
                wanted.min(behind.len())
            } else {
                wanted
            };
            out.extend_from_slice(behind.get(..wanted)?);
            rest = &behind[wanted..];
            if length < 0xFF && !rest.is_empty() {
                out.push(0);
            }
            if length == 1 && last == 0xFF && rest.is_empty() && !self.takes_empty_block {
                return None;
            }
            last = length;
        }
        Some(out)
    }
}

//! The trace as `trace.pcapng`, for network analysers: every frame as it was on the line, with direction, time, case and
//! meaning.
//!
//! The link type is USER0 (147): the bytes of a packet are those of one frame, its delimiter included. What a frame
//! carried, opened where it was sealed, is said in the comments, because an analyser has no keys. Cases stand one after
//! the other, each with the times of its own trace.

use super::sheet::{Row, Sheet, started_text};
use crate::{
    hex,
    trace::{Entry, Way},
};
use core::time::Duration;
use pcap_file::{
    DataLink, PcapError,
    pcapng::{
        PcapNgWriter,
        blocks::{
            enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption},
            interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption},
            section_header::{SectionHeaderBlock, SectionHeaderOption},
        },
    },
};
use std::io::{self, Write};

/// Bytes of a comment; the format has room for 65,535.
const COMMENT: usize = 8000;
/// Comments of one packet: what travels inside it, and the tester's notes.
const COMMENTS: usize = 24;
/// Times are counted in units of ten to the power of minus this; the library always counts nanoseconds.
const NANOSECONDS: u8 = 9;
/// What the format says of a packet's direction.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

pub(super) fn write(sheet: &Sheet<'_>, out: impl Write) -> io::Result<()> {
    let section = SectionHeaderBlock {
        options: vec![
            SectionHeaderOption::UserApplication(
                format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).into(),
            ),
            SectionHeaderOption::Comment(
                format!(
                    "Cardwire conformance, {}: {}",
                    started_text(sheet.started),
                    sheet.outcome.words()
                )
                .into(),
            ),
        ],
        ..SectionHeaderBlock::default()
    };
    let mut writer = PcapNgWriter::with_section_header(out, section).map_err(plain)?;
    let device = sheet.facts.first().map_or("device", |fact| fact.text.as_str());
    let interface = InterfaceDescriptionBlock {
        options: vec![
            InterfaceDescriptionOption::IfName(cut(device).into()),
            InterfaceDescriptionOption::IfDescription("Cardwire link frames: COBS, with delimiter".into()),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ],
        ..InterfaceDescriptionBlock::new(DataLink::USER0, 0)
    };
    writer.write_pcapng_block(interface).map_err(plain)?;
    let begun = u64::try_from(sheet.started.timestamp_millis()).unwrap_or_default();
    let mut start = Duration::from_millis(begun);
    for row in &sheet.rows {
        for packet in packets(row, start) {
            writer.write_pcapng_block(packet).map_err(plain)?;
        }
        // What came after the verdict, until the device was calm again, is in the trace and not in the duration.
        let last = row.trace.entries.back().map_or(0.0, |entry| entry.at_ms.max(0.0));
        start += row.duration.max(Duration::from_secs_f64(last / 1e3));
    }
    writer.into_inner().flush()
}

/// The frames of a case. What has no bytes of its own is a comment of the frame before, or of the first one.
fn packets(row: &Row<'_>, start: Duration) -> Vec<EnhancedPacketBlock<'static>> {
    let mut packets: Vec<EnhancedPacketBlock<'static>> = Vec::new();
    let mut early = Vec::new();
    for entry in &row.trace.entries {
        let Some(data) = bytes(entry) else {
            let comment = comment(&meaning(entry));
            match packets.last_mut() {
                Some(last) if last.options.len() < COMMENTS => last.options.push(comment),
                Some(_) => {}
                None => early.push(comment),
            }
            continue;
        };
        let direction = if entry.direction == Way::Sent {
            OUTBOUND
        } else {
            INBOUND
        };
        let mut options = vec![EnhancedPacketOption::Flags(direction)];
        options.append(&mut early);
        options.push(comment(&format!("{}: {}", row.id, meaning(entry))));
        packets.push(EnhancedPacketBlock {
            interface_id: 0,
            timestamp: start + Duration::from_secs_f64(entry.at_ms.max(0.0) / 1e3),
            original_len: data.len() as u32,
            data: data.into(),
            options,
        });
    }
    if let (Some(last), Some(reason)) = (packets.last_mut(), row.verdict.reason()) {
        last.options
            .push(comment(&format!("{}: {}: {reason}", row.id, row.verdict.name())));
    }
    packets
}

fn bytes(entry: &Entry) -> Option<Vec<u8>> {
    let is_line = entry.direction != Way::Note && !entry.bytes.is_empty();
    is_line.then(|| hex::read(&entry.bytes).ok()).flatten()
}

/// What an entry says, in one line.
fn meaning(entry: &Entry) -> String {
    let way = match entry.direction {
        Way::Sent => "to the device",
        Way::Received => "from the device",
        Way::Note => "note",
    };
    let frame = entry
        .frame
        .as_ref()
        .map(|frame| format!("{} {}", frame.kind, frame.number));
    let fields = entry.fields.as_ref().map(ToString::to_string);
    let parts = [
        frame.as_ref(),
        entry.message.as_ref(),
        fields.as_ref(),
        entry.note.as_ref(),
    ];
    parts
        .into_iter()
        .flatten()
        .fold(way.to_owned(), |text, part| format!("{text}, {part}"))
}

fn comment(text: &str) -> EnhancedPacketOption<'static> {
    EnhancedPacketOption::Comment(cut(text).into())
}

/// A text that fits into a comment; a null would end it.
fn cut(text: &str) -> String {
    let mut end = text.len().min(COMMENT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace('\0', "\u{FFFD}")
}

fn plain(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

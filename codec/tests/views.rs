//! Views over bytes that were validated once: lists, extensions, places, frames.

use cardwire_codec::{
    EncodeError, Extensions, Frame, List, Message,
    extension::ExtensionWriter,
    frame::{Deframer, FrameError, line_size},
    message::{
        CardEvent, ClearRequest, Event, FrameKind, Hello, JobState, Offer, PlatformAuth, Progress, Request,
        ServiceList,
    },
    wire::{Charset, Cursor, Writer},
};

#[test]
fn a_list_reads_the_same_from_bytes_and_from_items() {
    let bytes = [0x01, 0x03, 0x01, 0x02, 0x09, 0x02, 0x00];
    let hello = Hello::decode(&bytes).expect("it is right");
    let decoded = hello.versions;
    let made = List::from_items(&[1, 2, 9]);
    assert_eq!(decoded, made);
    assert_ne!(decoded, List::from_items(&[1, 2]));
    assert_ne!(decoded, List::from_items(&[1, 2, 8]));
    for list in [decoded, made, Clone::clone(&decoded)] {
        assert_eq!((list.len(), list.is_empty()), (3, false));
        assert_eq!(list.iter().collect::<Vec<_>>(), [1, 2, 9]);
        assert_eq!(list.into_iter().map(u32::from).sum::<u32>(), 12);
        let mut items = list.iter();
        items.by_ref().take(3).for_each(drop);
        assert_eq!((items.next(), items.next()), (None, None), "an end stays an end");
        assert_eq!(format!("{list:?}"), "[1, 2, 9]");
        let mut count = 0;
        for _ in &list {
            count += 1;
        }
        assert_eq!(count, 3);
    }
    let none: List<'_, u8> = List::default();
    assert_eq!((none.len(), none.is_empty(), none.iter().next()), (0, true, None));
    assert!(format!("{:?}", decoded.iter()).starts_with("Iter"));
    assert_eq!(decoded.iter().clone().count(), 3);
}

#[test]
fn items_of_structures_are_read_whole() {
    let bytes = [0x03, 0x02, 0x00, 0x01, 0x01, 0x00, 0x02, 0x02];
    let request = PlatformAuth::decode(&bytes).expect("it is right");
    let offers: Vec<Offer> = request.offers.into_iter().collect();
    assert_eq!(
        offers
            .iter()
            .map(|offer| (offer.service.value(), offer.format.value()))
            .collect::<Vec<_>>(),
        [(1, 1), (2, 2)]
    );
}

#[test]
fn extensions_are_read_in_order() {
    let bytes = [
        0x05, 0x00, 0x7F, 0x01, 0x00, 0x02, 0xAA, 0xBB, 0x7F, 0x02, 0x00, 0x00,
    ];
    let list = ServiceList::decode(&bytes).expect("it is right");
    assert_eq!(list.extensions.as_bytes(), &bytes[2..]);
    assert!(!list.extensions.is_empty());
    let all: Vec<(u16, &[u8])> = list.extensions.iter().collect();
    assert_eq!(all, [(0x7F01, &[0xAA, 0xBB][..]), (0x7F02, &[])]);
    assert_eq!(list.extensions(), list.extensions);
    assert!(Extensions::NONE.is_empty());
    assert_eq!(Extensions::NONE.iter().next(), None);
    assert_eq!(Extensions::default(), Extensions::NONE);
    // What nobody has validated ends where it can't be read.
    assert_eq!(Extensions::from_bytes(&[0x7F, 1, 0, 9]).iter().next(), None);
}

#[test]
fn a_writer_of_extensions_stops_where_its_room_ends() {
    let mut room = [0; 9];
    let mut writer = ExtensionWriter::new(&mut room);
    assert_eq!(writer.push(0x0001, &[40]), Ok(()));
    assert_eq!(writer.push(0x7F01, &[1]), Err(EncodeError::BufferTooSmall));
    assert_eq!(
        writer.push(0x7F01, &vec![0; 70_000]),
        Err(EncodeError::BufferTooSmall),
        "no extension is so long"
    );
    assert_eq!(writer.push(0x7F01, &[]), Ok(()));
    let progress = Progress {
        job: &[0; 16],
        state: JobState::Running,
        step: 0,
        extensions: writer.finish(),
    };
    assert_eq!(progress.percent(), Some(40));
    let mut out = [0; 64];
    let length = progress.encode(&mut out).expect("it fits");
    let again = Progress::decode(&out[..length]).expect("it is right");
    assert_eq!(again, progress);
    assert_eq!(again.percent(), Some(40));
    assert_eq!(again.extensions.iter().count(), 2);
}

#[test]
fn a_known_extension_that_is_not_there_says_nothing() {
    let without = [
        &[0x41][..],
        &[0; 16],
        &[JobState::Running.value(), 0x00, 0x03, 0x7F, 0x01, 0x00, 0x00],
    ]
    .concat();
    let progress = Progress::decode(&without).expect("it is right");
    assert_eq!(progress.percent(), None);
}

#[test]
fn a_place_tells_its_messages_apart() {
    let list = ServiceList {
        from: 2,
        extensions: Extensions::NONE,
    };
    let request = Request::from(list);
    assert_eq!((request.code(), request.name()), (0x05, "service_list"));
    let mut out = [0; 8];
    let length = request.encode(&mut out).expect("it fits");
    assert_eq!(Request::decode(&out[..length]), Ok(request));
    let error = ClearRequest::decode(&out[..length]).expect_err("it is no message of this place");
    assert_eq!(error.to_string(), "message-type: code at offset 0");
    assert_eq!(Event::decode(&[]).expect_err("nothing is there").offset, 0);
    let bytes = [0x42, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07];
    let event = Event::from(CardEvent::decode(&bytes).expect("it is right"));
    assert_eq!((event.code(), event.name()), (0x42, "card_event"));
}

#[test]
fn cursors_and_writers_know_where_they_are() {
    let mut cursor = Cursor::new(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0xFF]);
    assert_eq!(cursor.bool(), Some(true));
    assert_eq!(cursor.u64(), Some(2));
    assert_eq!((cursor.offset(), cursor.rest()), (9, &[0xFF][..]));
    assert_eq!(cursor.clone().bool(), None);
    assert_eq!(cursor.u16(), None);
    let mut out = [0; 9];
    let mut writer = Writer::new(&mut out);
    assert_eq!(writer.bool(true), Ok(()));
    assert_eq!(writer.u64(2), Ok(()));
    assert_eq!(writer.written(), 9);
    assert_eq!(writer.u8(0), Err(EncodeError::BufferTooSmall));
    assert_eq!(out, [1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert!(Charset::Utf8.takes("\u{e4}\u{20ac}".as_bytes()) && !Charset::Utf8.takes(&[0xC3]));
    assert!(!Charset::Names.takes("\u{e4}".as_bytes()));
}

#[test]
fn a_deframer_begins_anew_when_it_is_told_to() {
    const LINE: usize = line_size(512);
    let frame = Frame {
        kind: FrameKind::Clear,
        number: 7,
        payload: &[0x01, 0x00],
    };
    let mut line = [0; 64];
    let length = frame.encode(&mut line).expect("it fits");
    let mut deframer: Deframer<LINE> = Deframer::default();
    assert_eq!(deframer.feed(&mut &line[..5]), None);
    deframer.reset();
    assert_eq!(deframer.feed(&mut &line[..length]), Some(Ok(frame)));
    // Longer than any frame: dropped to the next delimiter.
    let noise = [0x11; 2 * LINE];
    assert_eq!(deframer.feed(&mut &noise[..]), None);
    assert_eq!(deframer.feed(&mut &[0][..]), Some(Err(FrameError::TooLong)));
    assert_eq!(deframer.feed(&mut &line[..length]), Some(Ok(frame)));
    assert_eq!(frame.encode(&mut []), Err(FrameError::TooLong));
}

#[test]
fn faults_of_frames_say_what_is_wrong() {
    for (fault, text) in [
        (FrameError::Cobs, "the bytes between two delimiters are not COBS"),
        (
            FrameError::TooShort,
            "the frame is shorter than kind, number and checksum",
        ),
        (FrameError::TooLong, "the frame is longer than this end takes"),
        (FrameError::Checksum, "the frame's checksum is wrong"),
        (FrameError::Kind, "the frame's kind is unknown"),
    ] {
        assert_eq!(fault.to_string(), text);
    }
}

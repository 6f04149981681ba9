//! Values that have no encoding: each is refused with its rule and field, and its neighbour within the bound is not.

use cardwire_codec::{
    EncodeError, Extensions, List, Message, Name,
    extension::ExtensionWriter,
    message::{
        CardEvent, CardState, CloudOpen, CodecRule, Component, Connect, ConnectAnswer, Format, Hello,
        Instruct, Item, ItemKind, JobState, JobStatusAnswer, Logic, LoginOutcome, LoginResult, Manifest,
        Method, ModuleId, Offer, Outcome, PlatformAuth, Policy, Progress, ReaderStatusAnswer, ServiceData,
        ServiceId, ServiceList, Slot,
    },
    shape::Title,
};

/// What encoding a value gives: its length, or why there is none.
fn encode<'a>(message: impl Message<'a>) -> Result<usize, EncodeError> {
    message.encode(&mut [0; 4096])
}

fn invalid(rule: CodecRule, field: &'static str) -> Result<usize, EncodeError> {
    Err(EncodeError::Invalid {
        rule,
        field: Title::new(field),
    })
}

const NONE: Extensions<'static> = Extensions::NONE;

fn hello<'a>(versions: &'a [u8], max_frame: u16) -> Hello<'a> {
    Hello {
        versions: List::from_items(versions),
        max_frame,
        extensions: NONE,
    }
}

#[test]
fn numbers_keep_their_range() {
    for (max_frame, takes) in [(511, false), (512, true), (4096, true), (4097, false), (0, false)] {
        let expected = if takes {
            Ok(5)
        } else {
            invalid(CodecRule::Range, "max_frame")
        };
        assert_eq!(encode(hello(&[1], max_frame)), expected, "{max_frame}");
    }
    let slot = |number| CardEvent {
        slot: Slot {
            number,
            card: CardState::ALL[0],
            generation: 7,
        },
        extensions: NONE,
    };
    assert_eq!(encode(slot(7)), Ok(7));
    assert_eq!(encode(slot(8)), invalid(CodecRule::Range, "slot.number"));
    let status = |data_length| JobStatusAnswer {
        job: &[0; 16],
        state: JobState::Done,
        service: ServiceId::CARD_IDENTIFY,
        logic_digest: &[0; 32],
        step: 0,
        outcome: Outcome::ALL[0],
        status_word: 0,
        data_length,
        extensions: NONE,
    };
    assert!(encode(status(1024)).is_ok());
    assert_eq!(encode(status(1025)), invalid(CodecRule::Range, "data_length"));
    let result = |lifetime| LoginResult {
        outcome: LoginOutcome::ALL[0],
        reader_id: Name::from_text("R"),
        client_id: Name::from_text("C"),
        all_services: true,
        services: List::default(),
        lifetime,
        software_latest: 0,
        authentication_latest: 0,
        logic_latest: 0,
        extensions: NONE,
    };
    assert!(encode(result(604_800)).is_ok());
    assert_eq!(encode(result(604_801)), invalid(CodecRule::Range, "lifetime"));
    assert_eq!(encode(result(0)), invalid(CodecRule::Range, "lifetime"));
    let manifest = |counter, size| {
        let component = Component {
            kind: Default::default(),
            service: Default::default(),
            counter,
            size,
            content_digest: &[0; 32],
            min_software: 0,
        };
        encode(Manifest {
            hardware_class: Default::default(),
            components: List::from_items(&[component]),
            extensions: NONE,
        })
    };
    assert!(manifest(1, 1).is_ok());
    assert_eq!(manifest(0, 1), invalid(CodecRule::Range, "component.counter"));
    assert_eq!(manifest(1, 0), invalid(CodecRule::Range, "component.size"));
    assert_eq!(
        manifest(1, 16_777_217),
        invalid(CodecRule::Range, "component.size")
    );
    let open = |version| CloudOpen {
        version,
        client_id: Name::from_text("C"),
        session: &[0; 32],
        header: &[0; 60],
        handshake: &[0; 96],
        extensions: NONE,
    };
    assert!(encode(open(1)).is_ok());
    assert_eq!(encode(open(0)), invalid(CodecRule::Range, "version"));
}

#[test]
fn lists_keep_their_count_and_their_order() {
    assert_eq!(encode(hello(&[], 512)), invalid(CodecRule::Count, "versions"));
    assert_eq!(encode(hello(&[1, 2, 3, 4, 5, 6, 7, 8], 512)), Ok(12));
    assert_eq!(
        encode(hello(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 512)),
        invalid(CodecRule::Count, "versions")
    );
    assert_eq!(encode(hello(&[2, 2], 512)), invalid(CodecRule::Order, "versions"));
    assert_eq!(encode(hello(&[2, 1], 512)), invalid(CodecRule::Order, "versions"));
    assert_eq!(encode(hello(&[1, 0x80, 0xFF], 512)), Ok(7));
    let offers = |offers: &[Offer]| {
        encode(PlatformAuth {
            offers: List::from_items(offers),
            extensions: NONE,
        })
    };
    let offer = |service, format| Offer {
        service: ServiceId(service),
        format: Format(format),
    };
    assert!(offers(&[offer(0x0001, 2), offer(0x0100, 1)]).is_ok());
    // Compared as bytes from the first: the service decides before the format.
    assert_eq!(
        offers(&[offer(0x0100, 1), offer(0x00FF, 2)]),
        invalid(CodecRule::Order, "offers")
    );
}

#[test]
fn bytes_and_texts_keep_their_length() {
    let bytes = [0; 2000];
    for (length, takes) in [
        (47, false),
        (48, true),
        (128, true),
        (129, false),
        (0, false),
        (1024, false),
    ] {
        let answer = ConnectAnswer {
            handshake: &bytes[..length],
            extensions: NONE,
        };
        let expected = if takes {
            Ok(length + 2)
        } else {
            invalid(CodecRule::Length, "handshake")
        };
        assert_eq!(encode(answer), expected, "{length}");
    }
    let instruct = |length| Instruct {
        job: &[0; 16],
        service: ServiceId::CARD_IDENTIFY,
        parameters: &bytes[..length],
        extensions: NONE,
    };
    assert_eq!(encode(instruct(400)), Ok(421));
    assert_eq!(encode(instruct(401)), invalid(CodecRule::Length, "parameters"));
    let connect = |client_id| Connect {
        hello: &[0; 5],
        method: Method::ALL[0],
        client_id: Name::from_text(client_id),
        generation: 0,
        handshake: &[0; 48],
        extensions: NONE,
    };
    let longest = "0123456789-ABCDEFGHIJ_abcdefg.z9";
    assert_eq!(longest.len(), 32);
    assert!(encode(connect(longest)).is_ok());
    assert_eq!(encode(connect("")), invalid(CodecRule::Length, "client_id"));
    assert_eq!(
        encode(connect("0123456789-ABCDEFGHIJ_abcdefg.z9x")),
        invalid(CodecRule::Length, "client_id")
    );
}

#[test]
fn texts_keep_their_characters() {
    let item = |name| {
        let items = [Item {
            name: Name::from_text(name),
            kind: ItemKind::ALL[0],
            value: b"x",
        }];
        encode(ServiceData {
            items: List::from_items(&items),
            extensions: NONE,
        })
    };
    for name in ["a", "A-z_0.9"] {
        assert!(item(name).is_ok(), "{name}");
    }
    for name in ["a b", "a/b", "a\0", "\u{e4}", "a:", "[", "`", "{", "@"] {
        assert_eq!(Name::new(name), None, "{name}");
        // The empty name stands for it, which no field takes.
        assert_eq!(item(name), invalid(CodecRule::Length, "item.name"), "{name}");
    }
}

#[test]
fn operands_and_documents_keep_their_bounds() {
    let logic = |budget, code| Logic {
        service: ServiceId::CARD_IDENTIFY,
        name: Name::from_text("n"),
        version: 1,
        policy: Policy::ALL[0],
        on_client_loss: cardwire_codec::message::ClientLoss::ALL[0],
        modules: List::from_items(&[ModuleId::CONTACT_CARD]),
        parameters: List::default(),
        budget,
        code,
        extensions: NONE,
    };
    assert!(encode(logic(1, &[0x24])).is_ok());
    assert_eq!(encode(logic(0, &[0x24])), invalid(CodecRule::Range, "budget"));
    assert_eq!(encode(logic(4097, &[0x24])), invalid(CodecRule::Range, "budget"));
    assert_eq!(encode(logic(1, &[])), invalid(CodecRule::Length, "code"));
}

/// A request with these extensions.
fn list(extensions: &[u8]) -> Result<usize, EncodeError> {
    encode(ServiceList {
        from: 0,
        extensions: Extensions::from_bytes(extensions),
    })
}

#[test]
fn extensions_keep_their_rules() {
    assert_eq!(list(&[0x7F, 1, 0, 1, 0xAA, 0x7F, 2, 0, 0]), Ok(11));
    for (rule, extensions) in [
        (CodecRule::Truncated, &[0x7F][..]),
        (CodecRule::Truncated, &[0x7F, 1, 0]),
        (CodecRule::Truncated, &[0x7F, 1, 0, 2, 0xAA]),
        (CodecRule::ExtensionOrder, &[0x7F, 2, 0, 0, 0x7F, 1, 0, 0]),
        (CodecRule::ExtensionOrder, &[0x7F, 2, 0, 0, 0x7F, 2, 0, 0]),
        (CodecRule::ExtensionCritical, &[0xFF, 1, 0, 0]),
    ] {
        assert_eq!(list(extensions), invalid(rule, "extensions"), "{extensions:02x?}");
    }
}

/// A hint of progress with these extensions, of which the schema defines one.
fn progress(extensions: &[u8]) -> Result<usize, EncodeError> {
    encode(Progress {
        job: &[0; 16],
        state: JobState::Running,
        step: 3,
        extensions: Extensions::from_bytes(extensions),
    })
}

#[test]
fn known_extensions_keep_theirs() {
    assert_eq!(progress(&[0, 1, 0, 1, 100]), Ok(25));
    for (rule, field, extensions) in [
        (CodecRule::Range, "percent", &[0, 1, 0, 1, 101][..]),
        (CodecRule::Truncated, "percent", &[0, 1, 0, 0]),
        (CodecRule::ExtensionBit, "extensions", &[0x80, 1, 0, 1, 100]),
        (CodecRule::ExtensionTail, "extensions", &[0, 1, 0, 2, 100, 0]),
    ] {
        assert_eq!(progress(extensions), invalid(rule, field), "{extensions:02x?}");
    }
}

#[test]
fn messages_keep_to_their_place() {
    let filled = |length: u16| {
        let mut extensions = [0; 1000];
        let mut writer = ExtensionWriter::new(&mut extensions);
        writer
            .push(0x7F01, &vec![0; usize::from(length)])
            .expect("there is room");
        encode(ServiceList {
            from: 0,
            extensions: writer.finish(),
        })
    };
    assert_eq!(filled(483 - 6), Ok(483));
    assert_eq!(filled(483 - 5), invalid(CodecRule::MessageSize, "message"));
}

#[test]
fn every_smaller_buffer_is_too_small() {
    let slots = [Slot {
        number: 0,
        card: CardState::ALL[0],
        generation: 0,
    }];
    let status = ReaderStatusAnswer {
        state: cardwire_codec::message::SessionState::ALL[0],
        provisioning: cardwire_codec::message::Provisioning::ALL[0],
        hardware_class: Default::default(),
        software: Name::from_text("s"),
        boot_counter: 1,
        uptime: 2,
        failed_connects: 3,
        slots: List::from_items(&slots),
        modules: List::default(),
        extensions: Extensions::from_bytes(&[0x7F, 1, 0, 1, 0xAA]),
    };
    let mut out = [0; 100];
    let length = status.encode(&mut out).expect("it fits");
    for size in 0..length {
        assert_eq!(
            status.encode(&mut out[..size]),
            Err(EncodeError::BufferTooSmall),
            "{size}"
        );
    }
}

#[test]
fn errors_say_what_is_wrong() {
    assert_eq!(
        EncodeError::BufferTooSmall.to_string(),
        "the buffer is too small for the encoding"
    );
    let error = encode(hello(&[1], 0)).expect_err("the range is broken");
    assert_eq!(error.to_string(), "range: max_frame has no encoding");
    let error = Hello::decode(&[0x01, 0x00]).expect_err("there is too little of it");
    assert_eq!(
        (error.rule, error.field.as_str(), error.offset),
        (CodecRule::Count, "versions", 1)
    );
    assert_eq!(error.to_string(), "count: versions at offset 1");
}

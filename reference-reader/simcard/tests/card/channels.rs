//! Logical channels (ETSI TS 102 221, 8.7 and 11.1.17): each has its own current file and its own local verifications.

use cardwire_simcard::{Card, Certification, Directory, File, Generation, Layout, Memory, Profile};

use super::{Changed, changed, pins, run, send};

fn card(channels: u8) -> Card<Changed> {
    let mut card = changed(channels, Generation::Uicc);
    card.cold_reset();
    card
}

#[test]
fn channels_are_opened_and_closed() {
    run(
        &mut card(4),
        &[
            ("01A4000C022FE2", "6881"),
            ("0070000001", "01 9000"),
            ("0070000001", "02 9000"),
            ("0070000300", "9000"),
            // All are in use.
            ("0070000001", "6A81"),
            ("0070000200", "6881"),
            ("0070800200", "9000"),
            ("0070800200", "6881"),
            ("0070000001", "02 9000"),
            ("0070000000", "6C01"),
            ("0070000400", "6A86"),
            ("0070800000", "6A86"),
            ("0070800400", "6A86"),
            ("0070010001", "6A86"),
            ("8070000001", "6D00"),
            ("41A4000C022FE2", "6881"),
        ],
    );
    run(
        &mut card(2),
        &[
            ("0070000001", "01 9000"),
            ("0070000001", "6A81"),
            ("0070000200", "6A86"),
        ],
    );
    run(&mut card(1), &[("0070000001", "6881"), ("0070800100", "6881")]);
}

#[test]
fn each_channel_has_its_current_file() {
    run(
        &mut card(4),
        &[
            ("00A4000C022FE2", "9000"),
            ("0070000001", "01 9000"),
            // Opened from the basic channel it begins at the master file.
            ("01B000000A", "6986"),
            ("01A4000C022F05", "9000"),
            ("00B000000A", "980000010121436587F3 9000"),
            ("01B0000004", "656EFFFF 9000"),
            // Opened from another it begins where that stands.
            ("0170000001", "02 9000"),
            ("02B0000004", "656EFFFF 9000"),
            ("0070800100", "9000"),
            ("0070000100", "9000"),
            ("01B0000004", "6986"),
        ],
    );
}

#[test]
fn pin1_holds_in_all_channels_and_pin2_in_its_own() {
    let update = "A4080C047F106F3B";
    let write = |channel: u8| format!("{channel:02X}DC01041C {}", "FF".repeat(28));
    run(
        &mut card(4),
        &[
            ("0070000001", "01 9000"),
            (&format!("00{update}"), "9000"),
            (&format!("01{update}"), "9000"),
            ("00B201041C", "6982"),
            ("012000010831323334FFFFFFFF", "9000"),
            ("00B201041C", &format!("{}9000", "FF".repeat(28))),
            ("012000810835363738FFFFFFFF", "9000"),
            (&write(1), "9000"),
            (&write(0), "6982"),
            // A channel that is closed and opened again has nothing left.
            ("0070800100", "9000"),
            ("0070000100", "9000"),
            (&format!("01{update}"), "9000"),
            (&write(1), "6982"),
            ("01B201041C", &format!("{}9000", "FF".repeat(28))),
        ],
    );
}

#[test]
fn what_waits_in_a_channel_is_not_for_another() {
    let mut card = card(4);
    run(
        &mut card,
        &[
            ("0070000001", "01 9000"),
            ("01A40004022FE2", "6119"),
            ("00C0000019", "6F00"),
        ],
    );
    run(&mut card, &[("01A40004022FE2", "6119")]);
    assert!(send(&mut card, "01C0000019").ends_with("9000"));
}

#[test]
fn a_reset_closes_them() {
    let mut card = card(4);
    run(&mut card, &[("0070000001", "01 9000")]);
    card.warm_reset();
    run(&mut card, &[("01A4000C022FE2", "6881")]);
}

/// Whatever a memory says of itself, no command makes the card panic.
#[test]
fn a_memory_that_contradicts_itself() {
    struct Broken(Vec<Directory>, Vec<File>);
    impl Memory for Broken {
        fn layout(&self) -> Layout<'_> {
            Layout {
                channels: 200,
                directories: &self.0,
                files: &self.1,
                atr: &[],
                generation: Generation::Uicc,
            }
        }
        fn content(&self) -> &[u8] {
            &[0; 20]
        }
        fn content_mut(&mut self) -> &mut [u8] {
            &mut []
        }
    }
    let sound = Certification::new(&Profile::certification());
    let mut directories = sound.layout().directories.to_vec();
    let mut files = sound.layout().files.to_vec();
    directories[1].parent = 200;
    files[3].directory = 77;
    for memory in [
        Broken(Vec::new(), files.clone()),
        Broken(directories.clone(), Vec::new()),
        Broken(directories, files),
    ] {
        let mut card = Card::with_memory(memory, &pins());
        card.cold_reset();
        for command in [
            "00A40004023F00",
            "00C0000020",
            "00A40004027F10",
            "00A40304",
            "00B0850004",
            "00D6850004656E0000",
            "00A4040405A000000087",
            "00A4080404 7F106F3A",
            "00B201041C",
            "00A2010401FF",
            "80F2000000",
            "0070000001",
            "0070800100",
            "00A40000022FE2",
            "00B000000A",
        ] {
            assert!(send(&mut card, command).len() >= 4, "{command}");
        }
    }
}

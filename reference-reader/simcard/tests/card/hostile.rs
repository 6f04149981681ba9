//! Anything at all is sent to the card, and it must answer as the standard allows (ETSI TS 102 221, table 10.16).

use core::time::Duration;
use std::{collections::HashSet, time::Instant};

use cardwire_simcard::{Card, Generation, Profile, RESPONSE_MAX, StatusWord};

/// The status words of each command; `6700`, for a length that doesn't fit, may end all of them.
const ALLOWED: [(u8, u8, &[u16]); 16] = [
    (
        0x00,
        0x20,
        &[
            0x9000, 0x63C0, 0x63C1, 0x63C2, 0x63C3, 0x6983, 0x6984, 0x6A86, 0x6A88,
        ],
    ),
    (
        0x00,
        0x24,
        &[
            0x9000, 0x63C0, 0x63C1, 0x63C2, 0x6983, 0x6984, 0x6A80, 0x6A86, 0x6A88,
        ],
    ),
    (
        0x00,
        0x26,
        &[
            0x9000, 0x63C0, 0x63C1, 0x63C2, 0x6983, 0x6984, 0x6985, 0x6A86, 0x6A88,
        ],
    ),
    (
        0x00,
        0x28,
        &[0x9000, 0x63C0, 0x63C1, 0x63C2, 0x6983, 0x6985, 0x6A86, 0x6A88],
    ),
    (
        0x00,
        0x2C,
        &[
            0x9000, 0x63C0, 0x63C1, 0x63C9, 0x63CA, 0x6983, 0x6A80, 0x6A86, 0x6A88,
        ],
    ),
    (0x00, 0x70, &[0x6881]),
    (
        0x00,
        0x88,
        &[0x6100, 0x6982, 0x6985, 0x6A80, 0x6A86, 0x9862, 0x9864],
    ),
    (
        0x00,
        0xA2,
        &[
            0x6100, 0x6282, 0x6981, 0x6982, 0x6986, 0x6A81, 0x6A82, 0x6A83, 0x6A86,
        ],
    ),
    (0x00, 0xA4, &[0x9000, 0x6100, 0x6A82, 0x6A86, 0x6A87]),
    (
        0x00,
        0xB0,
        &[0x9000, 0x6C00, 0x6981, 0x6982, 0x6986, 0x6A82, 0x6A86, 0x6B00],
    ),
    (
        0x00,
        0xB2,
        &[0x9000, 0x6C00, 0x6981, 0x6982, 0x6986, 0x6A82, 0x6A83, 0x6A86],
    ),
    (0x00, 0xC0, &[0x9000, 0x6100, 0x6C00, 0x6A86, 0x6F00]),
    (
        0x00,
        0xD6,
        &[0x9000, 0x6981, 0x6982, 0x6986, 0x6A82, 0x6A86, 0x6B00],
    ),
    (
        0x00,
        0xDC,
        &[0x9000, 0x6981, 0x6982, 0x6986, 0x6A82, 0x6A83, 0x6A86],
    ),
    (0x80, 0xAA, &[0x9000, 0x6A80, 0x6A86]),
    (0x80, 0xF2, &[0x9000, 0x6C00, 0x6A86, 0x6A88]),
];

#[test]
fn any_bytes_get_a_legal_answer() {
    let mut dice = Dice(0x5EED_CA4D_0000_0001);
    let mut seen = HashSet::new();
    let deadline = Instant::now() + Duration::from_secs(1);
    let mut sent = 0_u32;
    // A card is used until its PINs are surely blocked, then thrown away.
    while sent < 3_000_000 && Instant::now() < deadline {
        let enabled = dice.below(2) == 0;
        let mut card = super::powered(&Profile::certification().with_pin1_enabled(enabled));
        let mut commands = 1_000;
        while commands > 0 {
            commands -= 1;
            sent += 1;
            let tpdu = dice.tpdu();
            check(&mut card, &tpdu, &mut seen);
        }
    }
    assert!(sent >= 10_000, "only {sent} commands in a second");
}

/// The table above is no wish: each of its status words does come, so that a word too many would be noticed.
#[test]
fn every_allowed_status_word_comes() {
    let mut dice = Dice(0x5EED_CA4D_0000_0002);
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let enabled = dice.below(2) == 0;
        let mut card = super::powered(&Profile::certification().with_pin1_enabled(enabled));
        for _ in 0..1_000 {
            let tpdu = dice.plausible();
            check(&mut card, &tpdu, &mut seen);
        }
    }
    for (cla, ins, words) in ALLOWED {
        for word in words {
            assert!(
                seen.contains(&(cla, ins, *word)),
                "{cla:02X}{ins:02X} never ended with {word:04X}"
            );
        }
    }
}

/// The same for cards that take other commands: class `A0`, and several channels.
#[test]
fn other_cards_answer_as_they_may() {
    let legal_for_sim = |status: u16| {
        matches!(
            status,
            0x9000 | 0x9400 | 0x9402 | 0x9404 | 0x9408 | 0x9802 | 0x9804 | 0x9808 | 0x9840
        ) || matches!(status, 0x6B00 | 0x6D00 | 0x6E00 | 0x6F00)
            || matches!(status >> 8, 0x9F | 0x67)
    };
    let legal_for_uicc = |status: u16| matches!(status >> 8, 0x61..=0x6F | 0x90 | 0x98);
    let mut dice = Dice(0x5EED_CA4D_0000_0003);
    for turn in 0..100 {
        let generation = [Generation::Uicc, Generation::Sim][turn % 2];
        let mut card = super::changed(4, generation);
        card.cold_reset();
        for _ in 0..500 {
            let mut tpdu = dice.tpdu();
            let class = match generation {
                Generation::Sim => 0xA0,
                Generation::Uicc => dice.pick(&[0, 1, 2, 3, 0x80, 0x81]),
            };
            if let [cla, ins, ..] = &mut tpdu[..] {
                *cla = class;
                *ins = dice.pick(&[*ins, *ins, *ins, 0x70, 0x88]);
            }
            let mut response = [0; RESPONSE_MAX];
            let length = card.transmit(&tpdu, &mut response);
            let status = StatusWord::of(&response[..length]).unwrap().value();
            let legal = match generation {
                Generation::Sim => legal_for_sim(status),
                Generation::Uicc => legal_for_uicc(status),
            };
            assert!(legal, "{status:04X} for {}", super::hex(&tpdu));
        }
    }
}

/// Sends one command; the answer must be as long as it may be, and end as it may end.
fn check(card: &mut Card, tpdu: &[u8], seen: &mut HashSet<(u8, u8, u16)>) {
    let mut response = [0; RESPONSE_MAX];
    let length = card.transmit(tpdu, &mut response);
    assert!(
        (2..=RESPONSE_MAX).contains(&length),
        "{} bytes for {}",
        length,
        super::hex(tpdu)
    );
    let status = StatusWord::of(&response[..length]).unwrap().value();
    let known = ALLOWED
        .iter()
        .find(|(cla, ins, _)| tpdu.len() >= 5 && tpdu.starts_with(&[*cla, *ins]));
    let allowed = match known {
        Some((cla, ins, words)) => {
            // The number in 61xx and 6Cxx is checked by the tables; that of 63Cx here too.
            let word = if matches!(status >> 8, 0x61 | 0x6C) {
                status & 0xFF00
            } else {
                status
            };
            seen.insert((*cla, *ins, word));
            let between = *ins == 0x2C && (0x63C0..=0x63CA).contains(&word);
            words.contains(&word) || word == 0x6700 || between
        }
        None => matches!(status, 0x6700 | 0x6881 | 0x6882 | 0x6D00 | 0x6E00),
    };
    assert!(allowed, "{status:04X} for {}", super::hex(tpdu));
    let data_allowed = matches!(status, 0x9000 | 0x6100..=0x61FF);
    assert!(
        length == 2 || data_allowed,
        "data and {status:04X} for {}",
        super::hex(tpdu)
    );
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    fn byte(&mut self) -> u8 {
        (self.next() >> 24) as u8
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    fn tpdu(&mut self) -> Vec<u8> {
        match self.below(4) {
            0 => {
                let length = self.below(300);
                self.bytes(length)
            }
            1 => {
                let length = self.below(8);
                self.bytes(length)
            }
            _ => self.plausible(),
        }
    }

    /// A command that is right in most of its parts.
    fn plausible(&mut self) -> Vec<u8> {
        let (cla, ins, _) = self.pick(&ALLOWED);
        let parameters = match ins {
            0xA4 => [
                self.pick(&[0, 0, 1, 3, 4, 4, 8, 9, 2]),
                self.pick(&[0x04, 0x0C, 0x04, 0x0C, 0x0D, 0x0E, 0]),
            ],
            0xB0 | 0xD6 => [
                self.pick(&[0, 0, 0x82, 0x85, 0x87, 0x8B, 0x80, 0x86, 0xA0, 0x7F]),
                self.pick(&[0, 0, 1, 5, 0xFF]),
            ],
            0xB2 | 0xDC | 0xA2 => {
                let sfi = self.pick(&[0, 0, 0, 0, 0x30, 0xF0, 0x10, 0x38, 0xF8]);
                [
                    self.pick(&[0, 0, 1, 2, 3, 10, 11, 0xFF]),
                    sfi | self.pick(&[2, 3, 4, 4, 4, 5, 6, 7, 0]),
                ]
            }
            0x20..=0x2C => [
                self.pick(&[0, 0, 0, 0, 0, 0x80]),
                self.pick(&[0x01, 0x01, 0x01, 0x81, 0x0A, 0x02, 0x00]),
            ],
            0x88 => [self.pick(&[0, 0, 0, 1]), self.pick(&[0x81, 0x81, 0x80, 0x82])],
            0xF2 => [self.pick(&[0, 1, 2, 3]), self.pick(&[0, 1, 0x0C, 2])],
            _ => [self.pick(&[0, 0, 0, 1]), self.pick(&[0, 0, 0, 1])],
        };
        let mut tpdu = vec![cla, ins, parameters[0], parameters[1]];
        if matches!(ins, 0xB0 | 0xB2 | 0xC0 | 0xF2) {
            tpdu.push(self.pick(&[0, 1, 2, 4, 9, 10, 16, 0x12, 0x1A, 0x1C, 0x20, 0x25, 0xFF]));
        } else {
            let data = self.data(ins);
            tpdu.push(data.len() as u8);
            tpdu.extend(data);
        }
        if self.below(16) == 0 {
            let length = self.below(tpdu.len() + 1);
            tpdu.truncate(length);
        }
        tpdu
    }

    fn data(&mut self, ins: u8) -> Vec<u8> {
        let hex = match ins {
            0xA4 => self.pick(&[
                "",
                "3F00",
                "2F00",
                "2F05",
                "2FE2",
                "7F10",
                "6F3A",
                "6F3B",
                "7FFF",
                "6F07",
                "6F3C",
                "6F40",
                "6F7E",
                "7F106F3A",
                "7FFF6F42",
                "A000000087",
                "A0000000871002",
                "A0000000871002FFFFFFFF8907090000",
                "00",
            ]),
            0x20 | 0x26 | 0x28 => self.pick(&[
                "",
                "31323334FFFFFFFF",
                "31323334FFFFFFFF",
                "35363738FFFFFFFF",
                "4341524457495245",
                "3030303030303030",
                "31",
            ]),
            0x24 => self.pick(&[
                "31323334FFFFFFFF31323334FFFFFFFF",
                "35363738FFFFFFFF35363738FFFFFFFF",
                "3030303030303030 31323334FFFFFFFF",
                "31323334FFFFFFFFFFFFFFFFFFFFFFFF",
                "4341524457495245 4341524457495245",
                "",
            ]),
            0x2C => self.pick(&[
                "",
                "313233343536373831323334FFFFFFFF",
                "3030303030303030 31323334FFFFFFFF",
                "3030303030303030 31323334FFFFFFFF",
                "31323334353637380000000000000000",
                "31",
            ]),
            0xA2 => self.pick(&["FF", "43", "4361726477697265", "FEFD", ""]),
            0x88 => self.pick(&[
                "1023553CBE9637A89D218AE64DAE47BF351055F328B43577B9B94A9FFAC354DFAFB3",
                "1023553CBE9637A89D218AE64DAE47BF351055F328B43577B9B94A9FFAC354DFAF00",
                "1023553CBE9637A89D218AE64DAE47BF35",
                "",
            ]),
            0xAA => self.pick(&["A900", "A903810100", "A901", "8000", ""]),
            _ => "",
        };
        match ins {
            0xD6 | 0xDC | 0x70 => {
                let length = self.pick(&[0, 1, 2, 4, 28, 28, 28, 40, 176, 255]);
                self.bytes(length)
            }
            _ => super::bytes(hex),
        }
    }
}

//! The card from outside: tables of commands and the answers that they must get.

mod authenticate;
mod binary;
mod channels;
mod gsm;
mod hostile;
mod pin;
mod record;
mod select;
mod subscriber;
mod transport;

use cardwire_simcard::{
    Card, Certification, Generation, Layout, Memory, PinValue, PinValues, Profile, RESPONSE_MAX,
};

/// A certification card after its cold reset.
fn card() -> Card {
    powered(&Profile::certification())
}

/// A certification card that asks for PIN1, after its cold reset.
fn locked_card() -> Card {
    powered(&Profile::certification().with_pin1_enabled(true))
}

fn powered(profile: &Profile) -> Card {
    let mut card = Card::new(profile);
    card.cold_reset();
    card
}

/// The files of the certification card, on a card that has more channels, or takes other commands.
struct Changed {
    memory: Certification,
    channels: u8,
    generation: Generation,
}

impl Memory for Changed {
    fn layout(&self) -> Layout<'_> {
        Layout {
            channels: self.channels,
            generation: self.generation,
            ..self.memory.layout()
        }
    }

    fn content(&self) -> &[u8] {
        self.memory.content()
    }

    fn content_mut(&mut self) -> &mut [u8] {
        self.memory.content_mut()
    }
}

/// Such a card, which asks for PIN1; without power.
fn changed(channels: u8, generation: Generation) -> Card<Changed> {
    let memory = Changed {
        memory: Certification::new(&Profile::certification()),
        channels,
        generation,
    };
    Card::with_memory(memory, &pins()).with_subscription(Profile::SUBSCRIBER_KEY, 0)
}

fn pins() -> PinValues {
    PinValues {
        pin1: PinValue::new(*b"1234\xFF\xFF\xFF\xFF", *b"12345678"),
        pin2: PinValue::new(*b"5678\xFF\xFF\xFF\xFF", *b"87654321"),
        adm: PinValue::new(*b"CARDWIRE", *b"CARDWIRE"),
    }
}

/// Sends commands one after another and compares each answer; blanks in either are for the reader.
#[track_caller]
fn run(card: &mut Card<impl Memory>, steps: &[(&str, &str)]) {
    for (number, (command, expected)) in steps.iter().enumerate() {
        let answer = send(card, command);
        assert_eq!(answer, joined(expected), "answer to step {number}, {command}");
    }
}

/// Sends one command in hexadecimal and returns the answer likewise.
fn send(card: &mut Card<impl Memory>, command: &str) -> String {
    let mut response = [0; RESPONSE_MAX];
    let length = card.transmit(&bytes(command), &mut response);
    hex(&response[..length])
}

/// Sends a command and collects all that GET RESPONSE and the right Le bring, as a reader does.
fn exchange(card: &mut Card<impl Memory>, command: &str) -> String {
    let mut data = String::new();
    let mut answer = send(card, command);
    loop {
        let (head, status) = answer.split_at(answer.len() - 4);
        data.push_str(head);
        let next = match &status[..2] {
            "61" => format!("00C00000{}", &status[2..]),
            "6C" => format!("{}{}", &joined(command)[..8], &status[2..]),
            _ => return data + status,
        };
        answer = send(card, &next);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = joined(hex);
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect()
}

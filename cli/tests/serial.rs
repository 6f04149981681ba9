//! Reader and client on serial ports: two pseudo-terminals with a line between them.
#![cfg(unix)]

mod common;

use common::{Listening, client, iccid, run};
use core::time::Duration;
use serialport::{SerialPort, TTYPort};
use std::{
    io::{Read, Write},
    thread,
};

/// The path of a port's far end, and the near one. The far end is free to be opened.
fn port() -> (TTYPort, String) {
    let (near, far) = TTYPort::pair().unwrap();
    let path = far.name().unwrap();
    (near, path)
}

fn pump(from: &TTYPort, to: &TTYPort) {
    let (mut from, mut to) = (from.try_clone_native().unwrap(), to.try_clone_native().unwrap());
    from.set_timeout(Duration::from_millis(20)).unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        loop {
            // Nothing comes while nobody has the far end open.
            match from.read(&mut buffer) {
                Ok(length) => to.write_all(&buffer[..length]).unwrap(),
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        }
    });
}

//= spec/book/src/link.md#cw-link-001
//= type=test
//# A frame MUST be encoded with COBS and followed by one byte 00, which stands nowhere inside it.
#[test]
fn the_card_is_identified_over_a_serial_line() {
    let ((reader_end, reader_port), (client_end, client_port)) = (port(), port());
    pump(&reader_end, &client_end);
    pump(&client_end, &reader_end);
    let cloud = Listening::cloud(&[]);
    let listen = format!("serial:{reader_port}@115200");
    let reader = Listening::start(&["reader", "--listen", &listen, "--settle", "0"]);
    assert_eq!(reader.place, listen);
    // Twice: a client that comes after another finds the line as the first one did.
    for _ in 0..2 {
        let identify = ["run", "card.identify", "--format", "json"];
        let ended = run(&client(&format!("serial:{client_port}"), &cloud.place, &identify));
        assert_eq!(ended.succeeded().json()["data"]["iccid"], iccid());
    }
}

//! The reader on its links, as a client meets it: connections that come and go, garbage, floods, a serial port.

mod common;

use cardwire_core::codec::{
    Message,
    frame::DELIMITER,
    message::{FrameKind, ReaderStatusAnswer, Refusal, SessionState},
};
use cardwire_host::{HostEnv, Listener};
use cardwire_peers::{
    Link,
    link::{ReceiveError, encode_frame},
};
use common::{Running, a_moment, client, hello, is_answered, soon};
use core::time::Duration;
use std::{io::Write, net::TcpStream, thread};

//= spec/book/src/connection.md#cw-conn-001
//= type=test
//# A reader MUST answer hello in every state with its versions, its largest frame, its challenge and its identity, and change nothing.
#[test]
fn hello_is_answered() {
    let reader = Running::on_tcp();
    let mut link = reader.link();
    let first = client().greet(&mut link).unwrap();
    assert_eq!((first.reader_id.as_str(), first.version), ("CERT-READER-1", 1));
    assert_eq!(client().greet(&mut link).unwrap(), first);
}

//= spec/book/src/link.md#cw-link-005
//= type=test
//# A receiver MUST drop bytes between two delimiters that are not a frame, without an answer, and take the next frame.
#[test]
fn garbage_is_survived() {
    let reader = Running::on_tcp();
    let mut link = reader.link();
    let mut torn = hello(1);
    torn.truncate(7);
    let mut flipped = hello(2);
    flipped[4] ^= 0x20;
    let noise: Vec<u8> = (0..20_000_u32).map(|at| ((at * at) >> 3) as u8).collect();
    link.send(&[torn, vec![DELIMITER], flipped, noise, vec![DELIMITER]].concat())
        .unwrap();
    link.send(&hello(3)).unwrap();
    is_answered(&mut link, 3);
}

//= spec/book/src/link.md#cw-link-008
//= type=test
//# A reader MUST keep its state when bytes arrive in pieces of any size and with pauses of any length below `T_idle`.
#[test]
fn frames_come_byte_by_byte_and_many_at_once() {
    let reader = Running::on_tcp();
    let mut link = reader.link();
    for byte in hello(1) {
        link.send(&[byte]).unwrap();
    }
    is_answered(&mut link, 1);
    link.send(&(2..200).flat_map(hello).collect::<Vec<_>>()).unwrap();
    for number in 2..200 {
        is_answered(&mut link, number);
    }
}

/// While it asks one thing after the other the loop reads it, and after a pause a thread.
#[test]
fn a_client_that_pauses_is_heard_again_and_its_end_is_noticed() {
    let reader = Running::on_tcp();
    for _ in 0..2 {
        let mut link = reader.link();
        for number in 0..3 {
            link.send(&hello(2 * number)).unwrap();
            is_answered(&mut link, 2 * number);
            thread::sleep(Duration::from_millis(1_100 * (number % 2)));
            link.send(&hello(2 * number + 1)).unwrap();
            is_answered(&mut link, 2 * number + 1);
            // What is done to the reader is done at once while it waits for the client.
            assert_eq!(reader.control.remove_card(), Ok(true));
            assert_eq!(reader.control.insert_card(), Ok(true));
        }
    }
}

//= spec/book/src/session.md#cw-sess-007
//= type=test
//# A session that ends MUST leave no keys, no open login, and no enabled interface behind.
#[test]
fn a_closed_link_ends_the_session_and_the_next_one_works() {
    let reader = Running::on_tcp();
    let mut link = reader.link();
    let session = client().connect(&mut link).unwrap();
    let sealed = session.sealer().seal(0, &[0x0A]).unwrap();
    let request = encode_frame(FrameKind::Sealed, 0, &sealed);
    drop(session);
    link.reconnect().unwrap();
    link.send(&request).unwrap();
    let answer = link.receive(soon()).unwrap();
    assert_eq!(
        (answer.kind, &answer.payload[..]),
        (FrameKind::Clear, &[Refusal::CODE][..])
    );

    let mut session = client().connect(&mut link).unwrap();
    let status = session.status().unwrap();
    assert_eq!(
        status.read::<ReaderStatusAnswer<'_>>().unwrap().state,
        SessionState::Connected
    );
}

#[test]
fn a_second_connection_waits_until_the_first_is_closed() {
    let reader = Running::on_tcp();
    let mut first = reader.link();
    client().greet(&mut first).unwrap();
    let mut second = reader.link();
    second.send(&hello(7)).unwrap();
    assert!(matches!(second.receive(a_moment()), Err(ReceiveError::Timeout)));
    client().greet(&mut first).unwrap();
    first.close();
    is_answered(&mut second, 7);
}

/// Whoever never reads is held up by the line, and takes no memory and no time of the next client.
#[test]
fn a_client_that_never_reads_is_held_up_and_forgotten() {
    let reader = Running::on_tcp();
    let cardwire_peers::Endpoint::Tcp { host, port } = &reader.endpoint else {
        panic!("{}", reader.endpoint)
    };
    let mut flood = TcpStream::connect((host.as_str(), *port)).unwrap();
    flood.set_nonblocking(true).unwrap();
    let many: Vec<u8> = (0..1000).flat_map(hello).collect();
    let deadline = soon();
    let mut full = 0;
    // The line is full when it takes nothing for a moment, in which the reader could have taken more.
    while full < 50 {
        match flood.write(&many) {
            Ok(_) => full = 0,
            Err(_) => {
                full += 1;
                thread::sleep(Duration::from_millis(2));
            }
        }
        assert!(
            std::time::Instant::now() < deadline,
            "the reader takes everything"
        );
    }
    drop(flood);
    client().greet(&mut reader.link()).unwrap();
}

/// Half-closed: the client has no more to ask and still wants its answer.
#[test]
fn the_last_answer_goes_out_before_the_link_is_closed() {
    let reader = Running::on_tcp();
    let cardwire_peers::Endpoint::Tcp { host, port } = &reader.endpoint else {
        panic!("{}", reader.endpoint)
    };
    let mut stream = TcpStream::connect((host.as_str(), *port)).unwrap();
    stream.write_all(&hello(9)).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut link = Link::accepted(stream).unwrap();
    is_answered(&mut link, 9);
    assert!(matches!(link.receive(soon()), Err(ReceiveError::Closed(_))));
}

#[test]
fn a_reader_that_was_stopped_leaves_its_port() {
    let reader = Running::on_tcp();
    let listen = reader.endpoint.to_string();
    let mut link = reader.link();
    client().greet(&mut link).unwrap();
    let _waiting = reader.link();
    let control = reader.control.clone();
    drop(reader);
    assert!(control.insert_card().is_err());
    assert!(matches!(link.receive(soon()), Err(ReceiveError::Closed(_))));
    Listener::bind(&listen.parse().unwrap()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_pseudo_terminal_is_a_serial_port() {
    use serialport::{SerialPort, TTYPort};
    use std::io::Read;
    let (mut near, far) = TTYPort::pair().unwrap();
    let path = far.name().unwrap();
    // The port is exclusive; it stays alive as long as one end holds it.
    let reader_side = format!("serial:{path}@9600");
    drop(far);
    let reader = Running::with(HostEnv::in_memory(), &reader_side);
    near.set_timeout(Duration::from_secs(20)).unwrap();
    near.write_all(&[&[DELIMITER, 0x03, 0x11, 0x13, DELIMITER], &hello(5)[..]].concat())
        .unwrap();
    let mut answer = Vec::new();
    while answer.last() != Some(&DELIMITER) {
        let mut byte = [0];
        near.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let mut deframer = cardwire_core::codec::frame::Deframer::<600>::new();
    let mut input = &answer[..];
    let frame = deframer.feed(&mut input).unwrap().unwrap();
    assert_eq!((frame.kind, frame.number), (FrameKind::Clear, 5));
    drop(reader);
}

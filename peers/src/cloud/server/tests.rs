use super::*;
use crate::{Cloud, Identities, Timers};
use cardwire_codec::message::{CloudError, CloudRelay, ErrorCode};
use cardwire_codec::{Extensions, Message};
use core::time::Duration;
use std::io::{Read, Write};

/// A twentieth of the schema's timers: a frame must be whole after three seconds.
fn server() -> Server {
    server_with(Limits::default())
}

fn server_with(limits: Limits) -> Server {
    let timers = Timers::SPEC.scaled(5);
    let cloud = Cloud::in_memory(&Identities::certification().cloud.unwrap())
        .unwrap()
        .with_timers(timers);
    Server::start_with(cloud.into(), &"tcp:127.0.0.1:0".parse().unwrap(), None, limits).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = server.address().connect(Duration::from_secs(5)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn poll(number: u64) -> Vec<u8> {
    let message = crate::encoded(&CloudRelay {
        payload: &[],
        extensions: Extensions::NONE,
    })
    .unwrap();
    encode_frame(FrameKind::Clear, number, &message)
}

fn expired(number: u64) -> Vec<u8> {
    let answer = CloudError {
        code: ErrorCode::LOGIN_EXPIRED,
        extensions: Extensions::NONE,
    };
    encode_frame(FrameKind::Clear, number, &crate::encoded(&answer).unwrap())
}

fn answers(stream: &mut TcpStream, expected: &[u8]) {
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, expected);
}

#[test]
fn frames_are_answered_in_order_and_garbage_is_dropped() {
    let server = server();
    let mut stream = connect(&server);
    let garbage = [
        &[0xFF; 3000][..],
        &[0],
        &encode_frame(FrameKind::Sealed, 1, b"sealed"),
        &[1, 2, 3, 0],
    ]
    .concat();
    stream.write_all(&[garbage, poll(7), poll(8)].concat()).unwrap();
    answers(&mut stream, &[expired(7), expired(8)].concat());
    // A frame that is larger than any message is dropped, not stored.
    stream
        .write_all(&encode_frame(FrameKind::Clear, 9, &[1; 4000]))
        .unwrap();
    stream.write_all(&poll(10)).unwrap();
    answers(&mut stream, &expired(10));
    assert_eq!(CloudError::CODE, 0xBE);
}

/// Over all addresses, and over one: on the loopback interface a client has the address that it likes.
#[test]
fn connections_are_bounded_and_their_places_free_again() {
    for (connections, per_address) in [(8, 100), (100, 8)] {
        let server = server_with(Limits {
            connections,
            per_address,
        });
        let mut open: Vec<_> = (0..8).map(|_| connect(&server)).collect();
        for stream in &mut open {
            stream.write_all(&poll(1)).unwrap();
            answers(stream, &expired(1));
        }
        let mut surplus = connect(&server);
        // The server has closed it: an end or a reset, but no answer.
        let _ = surplus.write_all(&poll(1));
        assert!(matches!(surplus.read(&mut [0; 64]), Ok(0) | Err(_)));

        open.pop();
        // The place is free as soon as the server has seen that its client is gone.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let mut stream = connect(&server);
            let mut byte = [0];
            if stream.write_all(&poll(2)).is_ok() && stream.read(&mut byte).is_ok_and(|length| length == 1) {
                break;
            }
            assert!(Instant::now() < deadline);
        }
    }
}

/// Half of the places are taken by clients that say nothing, say half a frame, or don't read what they asked for. The
/// others notice nothing of it, and neither does the memory of the process.
#[test]
fn slow_and_silent_clients_block_nobody() {
    const EACH: usize = 40;
    let server = server();
    let silent: Vec<_> = (0..EACH).map(|_| connect(&server)).collect();
    let mut half: Vec<_> = (0..EACH).map(|_| connect(&server)).collect();
    for stream in &mut half {
        stream.write_all(&poll(1)[..5]).unwrap();
    }
    // These send without reading, until the line takes no more: the server stops reading from them, and stores nothing.
    let greedy: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = connect(&server);
            stream
                .set_write_timeout(Some(Duration::from_millis(200)))
                .unwrap();
            let flood = poll(1).repeat(1000);
            let mut sent = 0_usize;
            while sent < 64 << 20 && stream.write_all(&flood).is_ok() {
                sent += flood.len();
            }
            assert!(sent < 64 << 20, "the server stores all that it is sent");
            stream
        })
        .collect();
    let start = Instant::now();
    for number in 0..50 {
        let mut stream = connect(&server);
        stream.write_all(&poll(number)).unwrap();
        answers(&mut stream, &expired(number));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop((silent, half, greedy));
}

#[test]
fn a_byte_now_and_then_does_not_hold_a_connection() {
    let server = server();
    let mut stream = connect(&server);
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let start = Instant::now();
    // Nothing whole has come yet: such a connection is waited for as long as for a handshake, not for T_idle.
    let patience = server.shared.cloud.timers.handshake;
    loop {
        // The server's silence is this loop's clock.
        let ended = match stream.read(&mut [0; 8]) {
            Ok(length) => length == 0,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        };
        if ended || stream.write_all(&[0x01]).is_err() {
            break;
        }
        assert!(start.elapsed() < patience * 3);
    }
    assert!(start.elapsed() > patience / 2);
}

#[test]
fn a_server_that_is_dropped_closes_everything() {
    let server = server();
    let mut stream = connect(&server);
    stream.write_all(&poll(1)).unwrap();
    answers(&mut stream, &expired(1));
    let address = server.address().clone();
    drop(server);
    assert!(matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_)));
    assert!(address.connect(Duration::from_secs(5)).is_err());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = CloudAddress::Loopback {
        host: "127.0.0.1".into(),
        port: taken.local_addr().unwrap().port(),
    };
    let cloud = Cloud::in_memory(&Identities::certification().cloud.unwrap()).unwrap();
    let error = Server::start(cloud.into(), &address, None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("{address} can't be listened on: ")),
        "{error}"
    );
}

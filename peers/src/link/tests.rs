use super::*;
use cardwire_codec::message::FrameKind::{Clear, Sealed};
use core::time::Duration;
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

/// Long enough for any machine; nothing waits for it where all is well.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn in_ms(millis: u64) -> Instant {
    Instant::now() + Duration::from_millis(millis)
}

/// What another process brings about, in its own time.
fn until<T>(mut happens: impl FnMut() -> Option<T>) -> T {
    let deadline = soon();
    loop {
        if let Some(happened) = happens() {
            return happened;
        }
        assert!(Instant::now() < deadline, "it did not happen in time");
        std::thread::yield_now();
    }
}

fn tcp_pair() -> (Link, Link, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp:{}", listener.local_addr().unwrap()).parse().unwrap();
    let near = Link::open(&endpoint).unwrap();
    let far = Link::accepted(listener.accept().unwrap().0).unwrap();
    (near, far, listener)
}

//= spec/book/src/link.md#cw-link-005
//= type=test
//# A receiver MUST drop bytes between two delimiters that are not a frame, without an answer, and take the next frame.
#[test]
fn frames_cross_garbage_and_pieces() {
    let (mut near, mut far, _listener) = tcp_pair();
    let line = encode_frame(Clear, 7, b"in pieces");
    near.send(&[0x00, 0xFF, 0x00]).unwrap();
    let (first, second) = line.split_at(5);
    near.send(first).unwrap();
    assert!(matches!(far.receive(in_ms(300)), Err(ReceiveError::Timeout)));
    assert_eq!(far.garbage(), 1);
    near.send(second).unwrap();
    near.send_frame(Sealed, 8, b"").unwrap();
    assert_eq!(
        far.receive(soon()).unwrap(),
        OwnedFrame {
            kind: Clear,
            number: 7,
            payload: b"in pieces".into()
        }
    );
    assert_eq!(
        far.receive(soon()).unwrap(),
        OwnedFrame {
            kind: Sealed,
            number: 8,
            payload: vec![]
        }
    );

    near.send(&[0x05, 0x01, 0x00]).unwrap();
    assert_eq!(
        far.receive_any(soon()).unwrap(),
        Received::Garbage(FrameError::Cobs)
    );
}

#[test]
fn raw_bytes_discarded_bytes_and_the_trace() {
    let (mut near, mut far, _listener) = tcp_pair();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&seen);
    near.set_trace(Some(Box::new(move |direction, bytes| {
        shared.lock().unwrap().push((direction, bytes.to_vec()));
    })));
    near.send(b"raw").unwrap();
    assert_eq!(far.receive_bytes(soon()).unwrap(), b"raw");
    far.send(b"back").unwrap();
    assert_eq!(near.receive_bytes(soon()).unwrap(), b"back");
    let expected = [
        (Direction::Sent, b"raw".to_vec()),
        (Direction::Received, b"back".to_vec()),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);

    // Half a frame, then silence: what was discarded does not spoil the next frame.
    far.send(&encode_frame(Clear, 1, b"half")[..6]).unwrap();
    assert!(matches!(near.receive(in_ms(20)), Err(ReceiveError::Timeout)));
    near.discard();
    far.send_frame(Clear, 2, b"whole").unwrap();
    assert_eq!(near.receive(soon()).unwrap().number, 2);
    // What stood behind a frame is given raw, too.
    far.send(&[encode_frame(Clear, 3, b""), b"rest".to_vec()].concat())
        .unwrap();
    assert_eq!(near.receive(soon()).unwrap().number, 3);
    assert_eq!(near.receive_bytes(soon()).unwrap(), b"rest");
}

#[test]
fn a_closed_line_is_told_after_what_came_before() {
    let (mut near, mut far, listener) = tcp_pair();
    far.send_frame(Clear, 1, b"last words").unwrap();
    assert!(far.reconnect().is_err());
    drop(far);
    assert_eq!(near.receive(soon()).unwrap().payload, b"last words");
    assert!(matches!(near.receive(soon()), Err(ReceiveError::Closed(_))));
    assert!(matches!(near.receive(soon()), Err(ReceiveError::Closed(_))));

    near.reconnect().unwrap();
    let mut far = Link::accepted(listener.accept().unwrap().0).unwrap();
    far.send_frame(Clear, 2, b"again").unwrap();
    assert_eq!(near.receive(soon()).unwrap().payload, b"again");

    drop((far, listener));
    assert!(near.reconnect().is_err());
    assert!(near.send(b"x").is_err());
}

#[cfg(unix)]
#[test]
fn a_child_is_a_link_and_is_killed() {
    let endpoint = "exec:sh -c 'echo started >&2; cat'".parse().unwrap();
    let mut link = Link::open_with(&endpoint, Stderr::Kept).unwrap();
    link.send_frame(Clear, 1, &[0; 300]).unwrap();
    assert_eq!(link.receive(soon()).unwrap().payload, [0; 300]);
    until(|| link.stderr().contains("started").then_some(()));
    link.reconnect().unwrap();
    link.send_frame(Clear, 2, b"").unwrap();
    assert_eq!(link.receive(soon()).unwrap().number, 2);

    let mut gone = Link::open(&"exec:true".parse().unwrap()).unwrap();
    assert!(matches!(gone.receive(soon()), Err(ReceiveError::Closed(_))));
    assert!(Link::open(&"exec:/no/such/program".parse().unwrap()).is_err());

    // `exec` makes the child itself ignore the closed pipe, so that only a kill ends it.
    let path = tempfile::NamedTempFile::new().unwrap();
    let script = format!("echo $$ > {}; exec sleep 1000", path.path().display());
    let endpoint = Endpoint::Exec {
        command: vec!["sh".into(), "-c".into(), script],
    };
    let link = Link::open(&endpoint).unwrap();
    let pid = until(|| {
        std::fs::read_to_string(path.path())
            .unwrap()
            .strip_suffix('\n')
            .map(str::to_owned)
    });
    drop(link);
    assert!(!std::path::Path::new("/proc").join(pid).exists());
}

#[cfg(unix)]
#[test]
fn a_pseudo_terminal_is_a_serial_port() {
    use serialport::{SerialPort, TTYPort};
    use std::io::{Read, Write};
    let (mut master, slave) = TTYPort::pair().unwrap();
    let path = slave.name().unwrap();
    drop(slave);
    master.set_timeout(Duration::from_secs(10)).unwrap();

    let endpoint: Endpoint = format!("serial:{path}@9600").parse().unwrap();
    let mut link = Link::open(&endpoint).unwrap();
    // Every byte that a cooked terminal would change, echo or act upon.
    let all: Vec<u8> = (0..=255).collect();
    let line = encode_frame(Clear, 0x0304_0A0D_1113_1A1C, &all);
    link.send(&line).unwrap();
    let mut arrived = vec![0; line.len()];
    master.read_exact(&mut arrived).unwrap();
    assert_eq!(arrived, line);
    master.write_all(&line).unwrap();
    assert_eq!(link.receive(soon()).unwrap().payload, all);
    assert!(matches!(link.receive(in_ms(20)), Err(ReceiveError::Timeout)));

    link.reconnect().unwrap();
    master.write_all(&line).unwrap();
    assert_eq!(link.receive(soon()).unwrap().payload, all);

    drop(master);
    assert!(matches!(link.receive(soon()), Err(ReceiveError::Closed(_))));
}

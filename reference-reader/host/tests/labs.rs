//! What a lab asks of the reader: several places to listen at, a link that loses frames, a port that vanishes.

mod common;

use cardwire_core::codec::message::FrameKind;
use cardwire_host::{Faults, HostEnv};
use cardwire_peers::{Link, link::ReceiveError};
use common::{Running, a_moment, client, hello, is_answered};
use core::time::Duration;

const TCP: &str = "tcp:127.0.0.1:0";

fn waits(link: &mut Link) {
    assert!(matches!(link.receive(a_moment()), Err(ReceiveError::Timeout)));
}

#[test]
fn links_of_all_places_share_one_line() {
    let (_reader, places) = Running::in_lab(HostEnv::in_memory(), &[TCP, TCP, TCP], Faults::default(), None);
    let [mut silent, mut first, mut second] = [0, 1, 2].map(|at: usize| Link::open(&places[at]).unwrap());
    // Whoever says nothing holds nothing.
    waits(&mut silent);
    let session = client().connect(&mut first).unwrap();
    second.send(&hello(7)).unwrap();
    waits(&mut second);
    silent.send(&hello(8)).unwrap();
    waits(&mut silent);
    drop(session);
    // The session was not disturbed, and the first that waits comes next.
    client().greet(&mut first).unwrap();
    first.close();
    is_answered(&mut second, 7);
    waits(&mut silent);
    second.close();
    is_answered(&mut silent, 8);
}

/// How many of these many hellos are answered.
fn answered(lossy: Option<&str>, hellos: u64) -> usize {
    let lossy = lossy.map(|lossy| lossy.parse().unwrap());
    let (reader, _) = Running::in_lab(HostEnv::in_memory(), &[TCP], Faults::default(), lossy);
    let mut link = reader.link();
    let mut heard = 0;
    for number in 0..hellos {
        link.send(&hello(number)).unwrap();
        while let Ok(frame) = link.receive(std::time::Instant::now() + Duration::from_millis(40)) {
            heard += 1;
            if frame.number == number {
                assert_eq!(frame.kind, FrameKind::Clear);
                break;
            }
        }
    }
    heard
}

#[test]
fn a_lossy_link_loses_frames_and_the_reader_goes_on() {
    assert_eq!(answered(None, 20), 20);
    assert_eq!(answered(Some("0"), 20), 20);
    assert_eq!(answered(Some("100"), 5), 0);
    let heard = answered(Some("20:3"), 60);
    // Four fifths of four fifths: 38.
    assert!((22..=52).contains(&heard), "{heard}");
}

/// As a port on USB does when its cable is pulled, and put in again.
//= spec/book/src/link.md#cw-link-009
//= type=test
//# A reader MUST drop, when its link is reset, the frame that has begun to arrive and every frame that it has not sent yet.
#[cfg(unix)]
#[test]
fn a_port_that_vanishes_is_waited_for_and_its_session_has_ended() {
    use serialport::{SerialPort, TTYPort};
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("port");
    let plug = || {
        let (mut near, far) = TTYPort::pair().unwrap();
        near.set_timeout(Duration::from_secs(20)).unwrap();
        let _ = std::fs::remove_file(&path);
        std::os::unix::fs::symlink(far.name().unwrap(), &path).unwrap();
        near
    };
    // A pseudo-terminal whose far end nobody has open takes none: then it is asked again.
    let ask = |near: &mut TTYPort, bytes: &[u8]| loop {
        let mut answer = Vec::new();
        let mut byte = [0];
        let sent = near.write_all(bytes).is_ok();
        while sent && answer.last() != Some(&0) && near.read_exact(&mut byte).is_ok() {
            answer.push(byte[0]);
        }
        let mut deframer = cardwire_core::codec::frame::Deframer::<600>::new();
        if let Some(frame) = deframer.feed(&mut &answer[..]) {
            break frame.unwrap().number;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut near = plug();
    let (_reader, _) = Running::in_lab(
        HostEnv::in_memory(),
        &[&format!("serial:{}@115200", path.display()), TCP],
        Faults::default(),
        None,
    );
    for round in 0..2 {
        assert_eq!(ask(&mut near, &hello(round)), round);
        // The cable is pulled in the middle of a frame, whose rest never comes.
        near.write_all(&hello(77)[..9]).unwrap();
        drop(near);
        near = plug();
    }
    assert_eq!(ask(&mut near, &hello(9)), 9);
}

#[test]
fn the_energy_account_can_be_asked_for() {
    let reader = Running::on_tcp();
    assert_eq!(reader.control.energy(), Ok(Vec::new()));
}

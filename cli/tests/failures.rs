//! What goes wrong on the way, each in time and each with what to do next.

mod common;

use common::{
    Ended, Listening, client, iccid,
    proxy::{self, Fate, Way},
    run,
};
use core::time::Duration;
use std::{fs, net::TcpListener};

/// The protocol's timers for machines without lines between them: a repeat after 150 ms.
const SCALE: [&str; 2] = ["--timeout-scale", "0.1"];

fn identify(reader: &str, cloud: &str) -> Ended {
    run(&client(
        reader,
        cloud,
        &["run", "card.identify", "--format", "json", SCALE[0], SCALE[1]],
    ))
}

fn within(ended: &Ended, limit: Duration) {
    assert!(ended.took < limit, "{ended:#?}");
}

/// What all tries of a request take with these timers, and time for slow machines to start a process.
const IN_TIME: Duration = Duration::from_secs(15);

#[test]
fn the_cloud_is_stopped() {
    let reader = Listening::reader(&[]);
    let cloud = Listening::cloud(&[]).place.clone();
    let ended = identify(&reader.place, &cloud);
    ended.failed(3, &["cloud: ", "can't be reached", "that it runs"]);
    assert!(
        ended.json()["what_to_do_next"]
            .as_str()
            .unwrap()
            .contains("that it runs")
    );
    within(&ended, IN_TIME);
}

#[test]
fn the_cloud_is_silent() {
    let reader = Listening::reader(&[]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = identify(&reader.place, &format!("tcp:{}", silent.local_addr().unwrap()));
    ended.failed(1, &["cloud: it gave no answer within"]);
    within(&ended, IN_TIME);
}

#[test]
fn the_reader_is_not_there() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("tcp:{}", listener.local_addr().unwrap())
    };
    identify(&closed, &closed).failed(3, &["can't be opened", "Check the endpoint"]);
    identify("serial:/dev/cardwire-nowhere", &closed).failed(3, &["can't be opened"]);
    identify("exec:/cardwire-nowhere", &closed).failed(3, &["can't be opened"]);
}

#[test]
fn the_reader_is_silent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("tcp:{}", silent.local_addr().unwrap());
    let ended = identify(&place, &place);
    ended.failed(3, &["reader: it gave no answer to hello", "powered"]);
    within(&ended, IN_TIME);
}

#[test]
fn the_link_is_closed_in_the_middle() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    for frames in [0, 1, 3, 6] {
        let line = proxy::start(&reader.place, move |way, number| {
            if way == Way::ToReader && number == frames {
                Fate::Closed
            } else {
                Fate::Passed
            }
        });
        let ended = identify(&line, &cloud.place);
        ended.failed(1, &["link: the line was closed", "power and cable"]);
        within(&ended, IN_TIME);
    }
    // The reader itself is none the worse.
    assert_eq!(identify(&reader.place, &cloud.place).json()["outcome"], "success");
}

//= spec/book/src/connection.md#cw-conn-007
//= type=test
//# A reader MUST answer a connect that it refuses with the refusal, whether the client, its generation, its method or its key is the wrong one.
#[test]
fn the_clients_key_is_the_wrong_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    // The right names, and keys of their own.
    run(&[
        "keys",
        "new",
        "--reader",
        "CERT-READER-1",
        "--client",
        "CERT-CLIENT-1",
        "--dir",
        &dir,
    ])
    .succeeded();
    let reader = Listening::reader(&[]);
    let ended = run(&[
        "client",
        &reader.place,
        "status",
        "--identity",
        &format!("{dir}/client.toml"),
    ]);
    ended.failed(
        1,
        &[
            "the reader refused connect",
            "CERT-CLIENT-1",
            "Check the client's identity",
        ],
    );
    within(&ended, IN_TIME);
}

#[test]
fn the_service_is_unknown() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    let ended = run(&client(&reader.place, &cloud.place, &["run", "card.repair"]));
    ended.failed(1, &["no service `card.repair`", "card.identify, subscriber.read"]);
    let ended = run(&client(
        &reader.place,
        &cloud.place,
        &["run", "0xF123", "--format", "json"],
    ));
    ended.failed(1, &["unknown-service", "List the services"]);
    assert!(
        ended.json()["error"]
            .as_str()
            .unwrap()
            .contains("unknown-service")
    );
    let ended = run(&client(
        &reader.place,
        &cloud.place,
        &["run", "card.identify", "--param", "a=b"],
    ));
    ended.failed(1, &["parameters-refused"]);
    run(&["client", &reader.place, "run", "card.identify"]).failed(2, &["no cloud", "--cloud"]);
}

//= spec/book/src/session.md#cw-sess-009
//= type=test
//# A client that has no answer after `T_repeat` SHOULD repeat the request's frame byte for byte.
#[test]
fn one_spoilt_frame_is_healed() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    for way in [Way::ToReader, Way::ToClient] {
        // Hello, connect, the login's three, instruct, status, data, disconnect.
        for spoilt in 0..9 {
            let line = proxy::start(&reader.place, move |on, number| {
                if (on, number) == (way, spoilt) {
                    Fate::Flipped
                } else {
                    Fate::Passed
                }
            });
            let ended = identify(&line, &cloud.place);
            assert_eq!(
                ended.succeeded().json()["data"]["iccid"],
                iccid(),
                "{way:?} {spoilt}"
            );
            within(&ended, IN_TIME);
        }
    }
}

#[test]
fn a_line_that_spoils_everything_is_told() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    for (way, words) in [
        (Way::ToReader, ["reader: it gave no answer to hello", "powered"]),
        (Way::ToClient, ["link: no answer came whole", "the cable"]),
    ] {
        for first in [0, 3] {
            let line = proxy::start(&reader.place, move |on, number| {
                if on == way && number >= first {
                    Fate::Flipped
                } else {
                    Fate::Passed
                }
            });
            let ended = identify(&line, &cloud.place);
            match (way, first) {
                (Way::ToReader, 0) => ended.failed(3, &words),
                (Way::ToReader, _) => ended.failed(1, &["reader: it gave no answer to relay"]),
                (Way::ToClient, _) => ended.failed(1, &words),
            }
            within(&ended, IN_TIME);
        }
    }
}

#[test]
fn what_a_reader_is_given_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let path = file.display().to_string();
    let reader = |option: &str| run(&["reader", "--listen", "stdio", option, &path]);
    fs::write(&file, "provisioning = \"production\"\n[reader]\nid = \"R 1\"\n").unwrap();
    reader("--identity").failed(
        2,
        &[
            "file: `reader.id`",
            "expected 1 to 32 letters",
            "cardwire keys new",
        ],
    );
    fs::write(&file, "no flash").unwrap();
    reader("--state").failed(2, &["is damaged: it has 8 bytes", "good copy"]);
    reader("--control")
        .code
        .filter(|code| *code == 2)
        .expect("no unix:PATH");
    run(&["reader", "--listen", "tcp:256.0.0.1:0"]).failed(3, &["can't listen at tcp:256.0.0.1:0"]);

    let state = folder.path().join("state").display().to_string();
    let first = Listening::reader(&["--state", &state]);
    run(&["reader", "--listen", "stdio", "--state", &state]).failed(2, &["in use by another reader"]);
    run(&["reader", "--listen", &first.place]).failed(3, &["can't listen at", "port 0"]);
}

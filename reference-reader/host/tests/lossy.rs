//! Services over TCP with a proxy in between that loses, repeats and corrupts frames in bursts: the library's client and
//! a reader that runs. What virtual time shows with thousands is shown here with real sockets, threads and timers.

mod common;
#[path = "../../core/tests/hostile/driver.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the core")]
mod driver;
#[path = "../../core/tests/hostile/loss.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the core")]
mod loss;

use cardwire_core::codec::message::{ModuleId, ServiceId};
use cardwire_host::{Host, HostEnv, Listener, Notice, Options, Times, identity};
use cardwire_peers::{
    Client, Cloud, Endpoint, Identities, Link, Timers,
    cloud::{Conversation, Granted},
};
use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use driver::{Driver, Told, Way};
use loss::{Counts, Fate, Loss};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

const SERVICES: u32 = 200;

/// Of the schema's timers: the client repeats after 45 ms, far longer than a frame takes on this machine.
const TIMERS_PERCENT: u32 = 3;

/// Far longer than it takes: a line that is stuck must end the test.
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn services_over_tcp_are_executed_once_or_reported_as_failed() {
    let executed = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&executed);
    let options = Options {
        times: Times::NONE,
        // Both services supply the card once each time that they run.
        notify: Arc::new(move |notice| {
            if matches!(notice, Notice::Supplied(ModuleId::CONTACT_CARD)) {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        }),
        ..Options::default()
    };
    let listener = Listener::bind(&"tcp:127.0.0.1:0".parse().unwrap()).unwrap();
    let reader = listener.to_string();
    let host = Host::new(identity::certification(), HostEnv::in_memory(), options);
    let control = host.control();
    let running = thread::spawn(move || host.run(listener).unwrap());

    let line = Arc::new(Mutex::new([Loss::new(11), Loss::new(12)]));
    let endpoint = proxy(reader.strip_prefix("tcp:").unwrap(), &line);
    let people = Identities::certification();
    let cloud = Cloud::in_memory(&people.cloud.unwrap()).unwrap();
    cloud
        .registry()
        .grant("CERT-READER-1", "CERT-CLIENT-1", &Granted::All, 3600)
        .unwrap();
    let way = Tcp {
        endpoint,
        cloud: cloud.into(),
    };
    let client = Client::new(people.clients[0].clone()).with_timers(Timers::SPEC.scaled(TIMERS_PERCENT));
    let services = [ServiceId::CARD_IDENTIFY, ServiceId::SUBSCRIBER_READ];
    let mut driver = Driver::new(way, client, &services, 3);

    let start = Instant::now();
    let (mut done, mut failed) = (0, Vec::new());
    for number in 0..SERVICES {
        assert!(
            start.elapsed() < PATIENCE,
            "the line is stuck at service {number}"
        );
        let service = services[(number % 2) as usize];
        let mut job = [0x7C; 16];
        job[..4].copy_from_slice(&number.to_be_bytes());
        let before = executed.load(Ordering::SeqCst);
        let told = driver.job(job, service, false);
        let times = executed.load(Ordering::SeqCst) - before;
        match told {
            Told::Done(items) => {
                done += 1;
                assert_eq!(times, 1, "service {number} is done");
                let (name, value) = [
                    ("iccid", &b"8900001010123456783"[..]),
                    ("imsi", b"001010123456789"),
                ][(number % 2) as usize];
                assert!(
                    items.iter().any(|item| item.name == name && item.value == value),
                    "{items:?}"
                );
            }
            Told::Failed(why) => {
                failed.push(why);
                assert!(
                    times <= 1,
                    "service {number} has failed, and was executed {times} times"
                );
            }
        }
    }
    let counts = line
        .lock()
        .unwrap()
        .iter()
        .fold(Counts::default(), |sum, line| sum.add(line.counts));
    println!(
        "{SERVICES} services over TCP in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    println!("line: {counts}");
    println!(
        "sessions: {} opened, {} died, {} connects or logins came to nothing",
        driver.effort.sessions, driver.effort.died, driver.effort.kept_out
    );
    println!("{done} done, {} reported as failed: {failed:?}", failed.len());
    assert!((60..=120).contains(&counts.permille()), "{counts}");
    assert!(failed.len() <= 2, "{failed:?}");
    drop(driver);
    control.stop().unwrap();
    running.join().unwrap();
}

struct Tcp {
    endpoint: Endpoint,
    cloud: Arc<Cloud>,
}

impl Way for Tcp {
    type Cloud = Conversation;

    fn link(&mut self) -> Link {
        Link::open(&self.endpoint).unwrap()
    }

    fn cloud(&mut self) -> Conversation {
        Cloud::conversation(&self.cloud)
    }
}

/// Listens, and carries one connection after the other to the reader, over a bad line.
fn proxy(reader: &str, line: &Arc<Mutex<[Loss; 2]>>) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp:{}", listener.local_addr().unwrap()).parse().unwrap();
    let (reader, line) = (reader.to_owned(), Arc::clone(line));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(reader) = TcpStream::connect(&reader) else {
                return;
            };
            for stream in [&client, &reader] {
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
            }
            carry(&client, &reader, &line, 0);
            carry(&reader, &client, &line, 1);
        }
    });
    endpoint
}

fn carry(from: &TcpStream, to: &TcpStream, line: &Arc<Mutex<[Loss; 2]>>, way: usize) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let line = Arc::clone(line);
    thread::spawn(move || {
        let mut frame = Vec::new();
        let mut buffer = [0; 1024];
        // A frame that comes again comes behind the next one.
        let mut late: Option<Vec<u8>> = None;
        'open: while let Ok(length @ 1..) = from.read(&mut buffer) {
            for &byte in &buffer[..length] {
                frame.push(byte);
                if byte != 0 {
                    continue;
                }
                let mut out = Vec::new();
                match if frame.len() > 1 {
                    line.lock().unwrap()[way].fate(&frame)
                } else {
                    Fate::Passed
                } {
                    Fate::Passed => out.extend(&frame),
                    Fate::Lost => {}
                    Fate::Corrupted(bytes) => out.extend(bytes),
                    Fate::Repeated(later) => {
                        out.extend(&frame);
                        if later % 2 == 0 {
                            out.extend(&frame);
                        } else {
                            late = Some(core::mem::take(&mut frame));
                            frame.clear();
                            if to.write_all(&out).is_err() {
                                break 'open;
                            }
                            continue;
                        }
                    }
                }
                out.extend(late.take().unwrap_or_default());
                frame.clear();
                if to.write_all(&out).is_err() {
                    break 'open;
                }
            }
        }
        for stream in [&from, &to] {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
}

//! A reader that runs in a thread of the test, and a client for it.
// Each test binary uses its own part of it, and no other crate any.
#![allow(dead_code, unreachable_pub, missing_docs)]

use cardwire_core::codec::{
    Extensions, List, Message,
    message::{ClearAnswer, FrameKind, Hello},
};
use cardwire_host::{Boot, Control, Faults, Host, HostEnv, Listener, Lossy, Options, Times, identity};
use cardwire_peers::{Client, Endpoint, Identities, Link, link::encode_frame};
use core::time::Duration;
use std::{
    thread::{self, JoinHandle},
    time::Instant,
};

/// Long enough for any machine; nothing waits for it where all is well.
pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Long enough to see that nothing comes.
pub fn a_moment() -> Instant {
    Instant::now() + Duration::from_millis(150)
}

/// A reader that runs until this is dropped.
pub struct Running {
    pub control: Control,
    pub endpoint: Endpoint,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// The certification reader on a TCP port, with its card inserted and modules that settle at once.
    pub fn on_tcp() -> Self {
        Self::with(HostEnv::in_memory(), "tcp:127.0.0.1:0")
    }

    pub fn with(env: impl Boot + Send + 'static, listen: &str) -> Self {
        Self::in_lab(env, &[listen], Faults::default(), None).0
    }

    /// The same at several places, with what goes wrong in a lab. Gives where it listens, too.
    pub fn in_lab(
        env: impl Boot + Send + 'static,
        listen: &[&str],
        faults: Faults,
        lossy: Option<Lossy>,
    ) -> (Self, Vec<Endpoint>) {
        let bind = |place: &&str| Listener::bind(&place.parse().unwrap()).unwrap();
        let listeners: Vec<Listener> = listen.iter().map(bind).collect();
        let endpoints: Vec<Endpoint> = listeners
            .iter()
            .map(|listener| listener.to_string().parse().unwrap())
            .collect();
        let options = Options {
            times: Times::NONE,
            faults,
            lossy,
            ..Options::default()
        };
        let host = Host::new(identity::certification(), env, options);
        let control = host.control();
        let thread = thread::spawn(move || host.run_all(listeners).unwrap());
        let running = Self {
            control,
            endpoint: endpoints[0].clone(),
            thread: Some(thread),
        };
        (running, endpoints)
    }

    pub fn link(&self) -> Link {
        Link::open(&self.endpoint).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.control.stop().unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The first certification client.
pub fn client() -> Client {
    Client::new(Identities::certification().client(None).unwrap().clone())
}

/// A hello as it stands on the line.
pub fn hello(number: u64) -> Vec<u8> {
    let mut message = [0; 16];
    let hello = Hello {
        versions: List::from_items(&[1]),
        max_frame: 512,
        extensions: Extensions::NONE,
    };
    let length = hello.encode(&mut message).unwrap();
    encode_frame(FrameKind::Clear, number, &message[..length])
}

pub fn is_answered(link: &mut Link, number: u64) {
    let frame = link.receive(soon()).unwrap();
    assert_eq!((frame.kind, frame.number), (FrameKind::Clear, number));
    let answer = ClearAnswer::decode(&frame.payload);
    assert!(matches!(answer, Ok(ClearAnswer::HelloAnswer(_))), "{answer:?}");
}

//! A reader that runs in a thread of the test, and a client for it.
// Each test binary uses its own part of it, and no other crate any.
#![allow(dead_code, unreachable_pub, missing_docs)]

use cardwire_core::Env;
use cardwire_host::{Control, Host, HostEnv, Listener, Options, Times, identity};
use cardwire_peers::{Client, Endpoint, Identities, Link};
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

    pub fn with(env: impl Env + Send + 'static, listen: &str) -> Self {
        let listener = Listener::bind(&listen.parse().unwrap()).unwrap();
        let endpoint = listener.to_string().parse().unwrap();
        let options = Options {
            times: Times::NONE,
            ..Options::default()
        };
        let host = Host::new(identity::certification(), env, options);
        let control = host.control();
        let thread = thread::spawn(move || host.run(listener).unwrap());
        Self {
            control,
            endpoint,
            thread: Some(thread),
        }
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

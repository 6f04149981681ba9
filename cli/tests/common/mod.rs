//! Programs of the test: readers, clouds and clients, each a process of its own, each bounded by a deadline.
// Each test binary uses its own part of it, and no other crate any.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod bench;
pub mod branch;
pub mod fleet;
pub mod proxy;
pub mod report;
pub mod secrets;

use core::time::Duration;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

pub const CARDWIRE: &str = env!("CARGO_BIN_EXE_cardwire");

/// Longer than any machine needs; nothing waits for it where all is well.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A reader whose modules take no time.
const READER: [&str; 7] = [
    "reader",
    "--listen",
    "tcp:127.0.0.1:0",
    "--settle",
    "0",
    "--work",
    "0",
];

pub fn cardwire(arguments: &[&str]) -> Command {
    let mut command = Command::new(CARDWIRE);
    // Whoever runs the tests may have a mind about colours.
    command
        .args(arguments)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null());
    command
}

/// A program that listens until this is dropped.
pub struct Listening {
    child: Child,
    stderr: Receiver<String>,
    /// Where it listens, as clients name it.
    pub place: String,
    /// What it said before.
    pub before: Vec<String>,
}

impl Listening {
    /// Starts the program and waits until it says where it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_command(cardwire(arguments))
    }

    /// The same with a command that is prepared already.
    pub fn start_command(command: Command) -> Self {
        let mut listening = Self::spawn(command);
        if let Err(before) = listening.wait_until_it_listens() {
            panic!("it does not say where it listens: {before:?}")
        }
        listening
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (send, stderr) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self {
            child,
            stderr,
            place: String::new(),
            before: Vec::new(),
        }
    }

    pub fn reader(arguments: &[&str]) -> Self {
        Self::start(&[&READER[..], arguments].concat())
    }

    /// A reader that may end before it listens.
    pub fn try_reader(arguments: &[&str]) -> Option<Self> {
        let mut reader = Self::spawn(cardwire(&[&READER[..], arguments].concat()));
        reader.wait_until_it_listens().is_ok().then_some(reader)
    }

    pub fn cloud(arguments: &[&str]) -> Self {
        Self::start(&[&["cloud", "--listen", "tcp:127.0.0.1:0"], arguments].concat())
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says a line with these words.
    pub fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.stderr.recv_timeout(left) else {
                panic!("it does not say `{words}`: {said:#?}")
            };
            if line.contains(words) {
                return;
            }
            said.push(line);
        }
    }

    /// What `pick` finds in the first line that it says from now on and in which there is something.
    pub fn next_line<T>(&self, pick: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.stderr.recv_timeout(left).expect("it says something");
            if let Some(found) = pick(&line) {
                return found;
            }
        }
    }

    /// What it has said since, or since this was asked last.
    pub fn said(&self) -> Vec<String> {
        self.stderr.try_iter().collect()
    }

    /// The error is what it has said.
    fn wait_until_it_listens(&mut self) -> Result<(), Vec<String>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.stderr.recv_timeout(left) else {
                return Err(core::mem::take(&mut self.before));
            };
            if let Some(place) = line.strip_prefix("listening on ") {
                self.place = place.to_owned();
                return Ok(());
            }
            self.before.push(line);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program left when it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ended {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Holds a failure to its form: this exit code, one sentence with these words, and one that says what to do next.
    pub fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        let lines: Vec<_> = self
            .stderr
            .lines()
            .filter(|line| !line.starts_with("warning: "))
            .collect();
        let [.., error, next] = lines[..] else {
            panic!("no error and what to do next: {self:#?}")
        };
        assert!(error.starts_with("error: ") && !error.ends_with('.'), "{self:#?}");
        assert!(
            next.starts_with("what to do next: ") && next.ends_with('.'),
            "{self:#?}"
        );
        for word in words {
            assert!(
                error.contains(word) || next.contains(word),
                "`{word}` is missing: {self:#?}"
            );
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
    }

    pub fn succeeded(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }
}

/// Runs a program to its end.
pub fn run(arguments: &[&str]) -> Ended {
    run_command(&mut cardwire(arguments))
}

/// Runs a program that reads this on its standard input.
pub fn run_with_input(arguments: &[&str], input: &str) -> Ended {
    use std::io::Write;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut command = cardwire(arguments);
    command.stdin(reader);
    let input = input.to_owned();
    thread::spawn(move || writer.write_all(input.as_bytes()));
    run_command(&mut command)
}

pub fn run_command(command: &mut Command) -> Ended {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    let left = || PATIENCE.saturating_sub(start.elapsed());
    let ended = (stdout.recv_timeout(left()), stderr.recv_timeout(left()));
    if ended.0.is_err() || ended.1.is_err() {
        let _ = child.kill();
        panic!("{command:?} has not ended within {PATIENCE:?}: {ended:?}");
    }
    let code = child.wait().unwrap().code();
    Ended {
        code,
        stdout: ended.0.unwrap(),
        stderr: ended.1.unwrap(),
        took: start.elapsed(),
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, text) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        send.send(String::from_utf8_lossy(&bytes).into_owned())
    });
    text
}

/// A client's arguments for these two, before its action.
pub fn client<'a>(reader: &'a str, cloud: &'a str, action: &[&'a str]) -> Vec<&'a str> {
    [&["client", reader, "--cloud", cloud], action].concat()
}

/// The ICCID of the simulated card, read from the card itself.
pub fn iccid() -> String {
    let mut card = cardwire_simcard::Card::default();
    card.cold_reset();
    let mut response = [0; cardwire_simcard::RESPONSE_MAX];
    card.transmit(&[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2], &mut response);
    let length = card.transmit(&[0x00, 0xB0, 0x00, 0x00, 0x0A], &mut response);
    assert_eq!(length, 12);
    let digits = response[..10].iter().flat_map(|byte| [byte & 0x0F, byte >> 4]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 10))
        .collect()
}

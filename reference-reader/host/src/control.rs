//! What tests and people do to a running reader.

#[cfg(unix)]
use crate::notice::Notice;
use crate::{
    emulator::{Done, Script},
    faults::ModuleFault,
    link::{Input, Teller},
    power::Supply,
};
use cardwire_core::Usage;
use std::sync::mpsc::{Sender, channel};
#[cfg(unix)]
use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    thread,
};

/// How long a reader may take to do what a line says.
#[cfg(unix)]
const ANSWER_PATIENCE: core::time::Duration = core::time::Duration::from_secs(5);

/// A hold on a running reader.
#[derive(Clone, Debug)]
pub struct Control {
    inputs: Teller,
}

/// The reader does not run any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reader does not run any more")]
pub struct Stopped;

/// Something to be done to the reader; `done` is told whether it changed anything.
pub(crate) struct Command {
    pub(crate) what: What,
    pub(crate) done: Sender<bool>,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    InsertCard,
    RemoveCard,
    /// Tell the energy account.
    Energy(Sender<Vec<Usage>>),
    /// Tell what the supplies have done since this was last asked.
    Power(Sender<Vec<Supply>>),
    /// Let a module fail from now on, or where there is none let all modules work.
    Fault(Option<ModuleFault>),
    /// Play a script in the place of the card, or where there is none leave the slot to its card.
    Play(Option<Script>),
    /// Tell what was done to the card that plays a script.
    Seen(Sender<Vec<Done>>),
    Stop,
}

impl Control {
    pub(crate) fn new(inputs: Teller) -> Self {
        Self { inputs }
    }

    /// Puts the card into the slot; `false` where it was there already. The reader knows it when this returns.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn insert_card(&self) -> Result<bool, Stopped> {
        self.ask(What::InsertCard)
    }

    /// Pulls the card out of the slot; `false` where there was none. The reader knows it when this returns.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn remove_card(&self) -> Result<bool, Stopped> {
        self.ask(What::RemoveCard)
    }

    /// The energy account: for how long each service has had each module supplied since the reader has booted.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn energy(&self) -> Result<Vec<Usage>, Stopped> {
        let (account, told) = channel();
        self.ask(What::Energy(account))?;
        told.recv().map_err(|_| Stopped)
    }

    /// What the supplies of the modules have done since this was last asked, or the reader was started.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn power(&self) -> Result<Vec<Supply>, Stopped> {
        let (trace, told) = channel();
        self.ask(What::Power(trace))?;
        told.recv().map_err(|_| Stopped)
    }

    /// Lets a module fail from now on, in each service that uses it; where there is none all modules work again.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn fault(&self, fault: Option<ModuleFault>) -> Result<bool, Stopped> {
        self.ask(What::Fault(fault))
    }

    /// Plays a script in the place of the card in the slot from now on; where there is none, the card is back.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn play(&self, script: Option<Script>) -> Result<bool, Stopped> {
        self.ask(What::Play(script))
    }

    /// What was done to the card that plays a script since this was last asked.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn seen(&self) -> Result<Vec<Done>, Stopped> {
        let (seen, told) = channel();
        self.ask(What::Seen(seen))?;
        told.recv().map_err(|_| Stopped)
    }

    /// Ends the reader, as pulling its plug does.
    ///
    /// # Errors
    /// The reader does not run any more.
    pub fn stop(&self) -> Result<(), Stopped> {
        self.ask(What::Stop).map(|_| ())
    }

    fn ask(&self, what: What) -> Result<bool, Stopped> {
        let (done, changed) = channel();
        self.inputs
            .send(Input::Control(Command { what, done }))
            .map_err(|_| Stopped)?;
        changed.recv().map_err(|_| Stopped)
    }
}

/// A Unix socket that takes what is to be done to a reader: lines `insert` and `remove`, each answered by a line `ok`,
/// `unchanged`, or one that begins with `error: `; `energy`, answered by the account in one line; `power`, answered in one
/// line by what the supplies of the modules have done since it was last asked: `contact-card on; contact-card off`, or
/// `no change`; `fault` and a module's fault as [`ModuleFault`] reads it, or `none`, answered by `ok`;
/// `play` and a [`Script`] in one line, or `none`, answered by `ok`; `seen`, answered in one line by what was done to the card
/// that plays it, or `nothing`.
#[cfg(unix)]
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
}

#[cfg(unix)]
impl ControlSocket {
    /// Takes connections at `path` for as long as the process lives. Its folder is made where it does not exist; the
    /// file is removed when this is dropped.
    ///
    /// # Errors
    /// What the operating system says; the socket of a reader that still runs is in use.
    pub fn open(path: &Path, control: Control) -> io::Result<Self> {
        if UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            // Left behind by a reader that was killed.
            std::fs::remove_file(path)?;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let listener = UnixListener::bind(path)?;
        let serve = move || {
            for stream in listener.incoming().flatten() {
                let control = control.clone();
                // Without a thread for it the connection is closed, which tells enough.
                let _ = thread::Builder::new()
                    .name("control".into())
                    .spawn(move || obey(&stream, &control));
            }
        };
        thread::Builder::new().name("control".into()).spawn(serve)?;
        Ok(Self { path: path.into() })
    }
}

/// Sends a line to the socket of a running reader and gives the answer; what it says is done when this returns.
///
/// # Errors
/// What the operating system says: nobody listens there, or not for long enough.
#[cfg(unix)]
pub fn tell(path: &Path, line: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    writeln!(stream, "{line}")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    match answer.trim_end() {
        "" => Err(io::ErrorKind::UnexpectedEof.into()),
        answer => Ok(answer.to_owned()),
    }
}

#[cfg(unix)]
impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Somebody may have removed it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Does what the lines of a connection say until it ends.
#[cfg(unix)]
fn obey(stream: &UnixStream, control: &Control) {
    let mut answers = stream;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let answer = answer(line.trim(), control).unwrap_or_else(|stopped| format!("error: {stopped}"));
        if answers.write_all(format!("{answer}\n").as_bytes()).is_err() {
            return;
        }
    }
}

/// Does what one line says, and what is to be answered.
#[cfg(unix)]
fn answer(line: &str, control: &Control) -> Result<String, Stopped> {
    let moved = |changed| if changed { "ok" } else { "unchanged" }.to_owned();
    let listed = |told: Vec<String>, nothing: &str| match told[..] {
        [] => nothing.to_owned(),
        _ => told.join("; "),
    };
    match line {
        "insert" => control.insert_card().map(moved),
        "remove" => control.remove_card().map(moved),
        "energy" => {
            let account = control.energy()?.into_iter();
            let told = account.map(|usage| Notice::Energy(usage).to_string());
            Ok(listed(told.collect(), "energy: no service has run"))
        }
        "power" => {
            let told = control.power()?.iter().map(Supply::to_string).collect();
            Ok(listed(told, "no change"))
        }
        "seen" => {
            let seen = control.seen()?.iter().map(Done::to_string).collect();
            Ok(listed(seen, "nothing"))
        }
        _ => match line.split_once(' ').map(|(what, how)| (what, how.trim())) {
            Some(("fault", "none")) => control.fault(None).map(moved),
            Some(("fault", fault)) => match fault.parse() {
                Ok(fault) => control.fault(Some(fault)).map(moved),
                Err(wrong) => Ok(format!("error: {wrong}, or none")),
            },
            Some(("play", "none")) => control.play(None).map(moved),
            Some(("play", script)) => match script.parse() {
                Ok(script) => control.play(Some(script)).map(moved),
                Err(wrong) => Ok(format!("error: {wrong}")),
            },
            _ => Ok("error: expected insert, remove, energy, power, fault, play or seen".into()),
        },
    }
}

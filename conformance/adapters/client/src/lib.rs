//! An upper tester: JSON requests on standard input, what the client made of them on standard output.
//!
//! The book's chapter *Testing a client* describes both. Whoever has a client in Rust implements [`UpperTester`] and
//! calls [`serve`]; the program beside this library does so for the project's own client, [`Reference`].

mod reference;
mod wire;

pub use reference::Reference;
pub use wire::{Client, Event, Failure, Item, Offered, Open, Opened, Outcome, Reader, Run, Service};

use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

/// What a client can be told to do. Each function tells what the client's user would be told.
pub trait UpperTester {
    /// Name and version of the client.
    fn name(&self) -> (String, String);

    /// Leaves what is open, connects, and logs in where a cloud is named.
    ///
    /// # Errors
    /// What the client tells its user.
    fn open(&mut self, open: Open) -> Result<Opened, Failure>;

    /// Runs a service to its end.
    ///
    /// # Errors
    /// What the client tells its user.
    fn run(&mut self, run: Run) -> Result<Outcome, Failure>;

    /// Runs a service and cancels it as soon as the reader has taken it.
    ///
    /// # Errors
    /// What the client tells its user.
    fn abort(&mut self, run: Run) -> Result<Outcome, Failure>;

    /// Lists the reader's services.
    ///
    /// # Errors
    /// What the client tells its user.
    fn services(&mut self) -> Result<Vec<Service>, Failure>;

    /// Asks how the reader stands.
    ///
    /// # Errors
    /// What the client tells its user.
    fn status(&mut self) -> Result<Reader, Failure>;

    /// Asks the cloud for updates, and passes them on; how many messages there were.
    ///
    /// # Errors
    /// What the client tells its user.
    fn update(&mut self) -> Result<u32, Failure>;

    /// The events that the client has taken since this was asked last.
    fn events(&mut self) -> Vec<Event>;

    /// Ends the session and closes both connections.
    fn close(&mut self);
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Request {
    Describe,
    Open(Open),
    Run(Run),
    Abort(Run),
    Services,
    Status,
    Update,
    Events,
    Close,
}

/// Answers requests until standard input ends.
///
/// # Errors
/// What the operating system says of the streams.
pub fn serve(tester: &mut impl UpperTester) -> io::Result<()> {
    let (stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    for line in stdin.lines() {
        writeln!(stdout, "{}", answer(tester, &line?))?;
        stdout.flush()?;
    }
    tester.close();
    Ok(())
}

fn answer(tester: &mut impl UpperTester, line: &str) -> Value {
    let request: Value = serde_json::from_str(line).unwrap_or_default();
    let id = request.get("id").cloned().unwrap_or_default();
    let mut answer = match Request::deserialize(request) {
        Ok(request) => act(tester, request),
        Err(error) => json!({ "error": error.to_string() }),
    };
    answer["id"] = id;
    answer
}

fn act(tester: &mut impl UpperTester, request: Request) -> Value {
    match request {
        Request::Describe => {
            let (name, version) = tester.name();
            json!({
                "name": name, "version": version, "scales": true, "formats": ["native", "cbor"],
                "ops": ["open", "run", "abort", "services", "status", "update", "events", "close"],
            })
        }
        Request::Open(open) => told(tester.open(open)),
        Request::Run(run) => told(tester.run(run)),
        Request::Abort(run) => told(tester.abort(run)),
        Request::Services => told(tester.services().map(|services| json!({ "services": services }))),
        Request::Status => told(tester.status()),
        Request::Update => told(tester.update().map(|relayed| json!({ "relayed": relayed }))),
        Request::Events => json!({ "events": tester.events() }),
        Request::Close => {
            tester.close();
            json!({})
        }
    }
}

fn told(told: Result<impl serde::Serialize, Failure>) -> Value {
    match told.map(serde_json::to_value) {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => json!({ "error": error.to_string() }),
        Err(failure) => json!({ "failure": failure }),
    }
}

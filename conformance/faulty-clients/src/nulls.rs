//! Clients that are none: they answer their upper tester, and never open a connection.

use cardwire_client_adapter::{Event, Failure, Open, Opened, Outcome, Reader, Run, Service, UpperTester};

/// A client that does nothing, and says always the same of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// Everything went well.
    SaysYes,
    /// Everything failed.
    SaysNo,
}

impl Null {
    /// The names of all of them.
    pub const NAMES: [&str; 2] = ["says-yes", "says-no"];

    /// The client of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "says-yes" => Some(Self::SaysYes),
            "says-no" => Some(Self::SaysNo),
            _ => None,
        }
    }

    fn says<T>(self, yes: T) -> Result<T, Failure> {
        match self {
            Self::SaysYes => Ok(yes),
            Self::SaysNo => Err(Failure {
                by: "reader",
                text: "it does not work".into(),
            }),
        }
    }
}

impl UpperTester for Null {
    fn name(&self) -> (String, String) {
        (format!("{self:?}"), "0".into())
    }

    fn open(&mut self, open: Open) -> Result<Opened, Failure> {
        let state = if open.cloud.is_some() {
            "serving"
        } else {
            "connected"
        };
        let reader = "CERT-READER-1".into();
        self.says(Opened { state, reader })
    }

    fn run(&mut self, _run: Run) -> Result<Outcome, Failure> {
        self.says(Outcome {
            success: true,
            outcome: 0,
            status_word: 0x9000,
            items: Vec::new(),
        })
    }

    fn abort(&mut self, run: Run) -> Result<Outcome, Failure> {
        self.run(run)
    }

    fn services(&mut self) -> Result<Vec<Service>, Failure> {
        self.says(Vec::new())
    }

    fn status(&mut self) -> Result<Reader, Failure> {
        self.says(Reader {
            state: "serving",
            provisioning: "certification",
            software: "scripted-1".into(),
        })
    }

    fn update(&mut self) -> Result<u32, Failure> {
        self.says(0)
    }

    fn events(&mut self) -> Vec<Event> {
        Vec::new()
    }

    fn close(&mut self) {}
}

//! The reader in Python that was written from the book: checked, certified, and driven by the reference client.

use crate::{
    listening::Listening,
    python,
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::{fs, path::PathBuf, process::Command, thread};

/// Where it lives.
const FOLDER: &str = "conformance/interop";

/// How many times as fast as others its clock runs while it is certified.
const CLOCK_RATE: &str = "10";

/// So many of them share the cases on each link: most of its time each one waits.
const READERS: usize = 3;

/// What the reference client has it do.
const SERVICES: [&str; 2] = ["card.identify", "subscriber.read"];

/// Of the client's result, what is the same whichever reader gives it.
const COMPARED: [&str; 7] = [
    "reader",
    "service",
    "outcome",
    "status_word",
    "logic_digest",
    "data",
    "items",
];

/// Checks it, certifies it over each link that it claims, and compares what it gives with what the reference reader gives.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    workspace::run(workspace.cargo().args(["build", "--release"]))?;
    let bench = Bench::prepare(workspace)?;
    bench.check()?;
    thread::scope(|scope| {
        let tcp = scope.spawn(|| bench.certify_over_tcp());
        let stdio = bench.certify_over_stdio();
        let tcp = tcp
            .join()
            .ok()
            .context("the certification over tcp could not be watched")?;
        stdio.and(tcp)
    })?;
    bench.compare()
}

/// What the reader is run with.
struct Bench<'a> {
    workspace: &'a Workspace,
    cardwire: PathBuf,
    python: PathBuf,
    /// Its state and its card's switch.
    run: PathBuf,
}

impl<'a> Bench<'a> {
    /// Makes the environment of Python, where the one that is there is not of today's requirements, and an empty folder for
    /// the run.
    fn prepare(workspace: &'a Workspace) -> Result<Self> {
        let folder = workspace.target.join("interop");
        let requirements = workspace.root.join(FOLDER).join("requirements.txt");
        let python = python::environment(&folder.join("venv"), &requirements)?.join("python");
        let run = folder.join("run");
        if run.exists() {
            fs::remove_dir_all(&run)?;
        }
        fs::create_dir_all(&run)?;
        for device in 1..=READERS {
            fs::write(run.join(format!("card-{device}")), "")?;
        }
        Ok(Self {
            workspace,
            cardwire: workspace.target.join("release/cardwire"),
            python,
            run,
        })
    }

    /// Format, lints and types; then the vectors.
    fn check(&self) -> Result<()> {
        for arguments in [
            &["-m", "ruff", "format", "--check", "--diff", "."] as &[&str],
            &["-m", "ruff", "check", "."],
            &["-m", "mypy", "."],
            &["check_vectors.py"],
        ] {
            let mut command = Command::new(&self.python);
            command
                .current_dir(self.workspace.root.join(FOLDER))
                .args(arguments);
            workspace::run(&mut command)?;
        }
        Ok(())
    }

    fn certify_over_stdio(&self) -> Result<()> {
        let switch = self.run.join("card-{device}");
        let mut reader = self.reader("stdio-{device}", &[]);
        reader.extend(["--card-switch".to_owned(), switch.display().to_string()]);
        let mut command = self.certify(&[format!("exec:{}", reader.join(" "))], "stdio");
        // The reader looks at the switch now and then, as one without an interrupt for it does: nobody changes a card faster.
        command
            .args(["--jobs", &READERS.to_string()])
            .args([
                "--remove-card",
                &format!("sh -c 'rm {} && sleep 0.1'", switch.display()),
            ])
            .args(["--insert-card", &format!("touch {}", switch.display())]);
        workspace::run(&mut command).context("over standard input and output")
    }

    fn certify_over_tcp(&self) -> Result<()> {
        let readers: Vec<_> = (1..=READERS)
            .map(|number| {
                let reader = self.reader(&format!("tcp-{number}"), &["--listen", "127.0.0.1:0"]);
                Listening::start(&mut command(&reader)?)
            })
            .collect::<Result<_>>()?;
        let places: Vec<_> = readers.iter().map(|reader| reader.place.clone()).collect();
        workspace::run(&mut self.certify(&places, "tcp")).context("over tcp")
    }

    /// The reader's command, with a state of its own and a faster clock.
    fn reader(&self, name: &str, arguments: &[&str]) -> Vec<String> {
        let program = self.workspace.root.join(FOLDER).join("reader.py");
        let state = self.run.join(format!("{name}.json"));
        let mut words = vec![self.python.display().to_string(), program.display().to_string()];
        words.extend(["--state".to_owned(), state.display().to_string()]);
        words.extend(["--clock-rate".to_owned(), CLOCK_RATE.to_owned()]);
        words.extend(arguments.iter().copied().map(str::to_owned));
        words
    }

    fn certify(&self, endpoints: &[String], name: &str) -> Command {
        let mut command = self.workspace.command(&self.cardwire);
        command.args(["certify", "reader"]).args(endpoints);
        command.arg("--report").arg(
            self.workspace
                .target
                .join("certify")
                .join(format!("interop-{name}")),
        );
        command.args(["--ics", &format!("{FOLDER}/ics.toml")]);
        command.args(["--clock-rate", CLOCK_RATE]);
        command
    }

    /// Has the reference client run each service on both readers, in both formats.
    fn compare(&self) -> Result<()> {
        let mut cloud = Command::new(&self.cardwire);
        let cloud = Listening::start(cloud.args(["cloud", "--listen", "tcp:127.0.0.1:0"]))?;
        let ours = format!("exec:{} reader --listen stdio --quiet", self.cardwire.display());
        let theirs = format!("exec:{}", self.reader("client", &[]).join(" "));
        for service in SERVICES {
            for format in ["native", "cbor"] {
                let (ours, theirs) = (
                    self.result(&ours, &cloud.place, service, format)?,
                    self.result(&theirs, &cloud.place, service, format)?,
                );
                ensure!(
                    ours == theirs,
                    "{service} in {format}: the reference reader gives {ours:#?}, the one in Python {theirs:#?}"
                );
                println!(
                    "{service} in {format}: both readers give {}",
                    theirs[COMPARED.len() - 2]
                );
            }
        }
        Ok(())
    }

    fn result(
        &self,
        reader: &str,
        cloud: &str,
        service: &str,
        format: &str,
    ) -> Result<[Value; COMPARED.len()]> {
        let mut command = self.workspace.command(&self.cardwire);
        command
            .args(["client", reader, "--cloud", cloud, "--format", "json"])
            .args(["--client-format", format, "run", service]);
        let told =
            workspace::output(&mut command).with_context(|| format!("{service} on {reader} failed"))?;
        let result: Value = serde_json::from_str(&told)?;
        Ok(COMPARED.map(|member| result[member].clone()))
    }
}

/// The command of these words.
fn command(words: &[String]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("there is no program to start")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

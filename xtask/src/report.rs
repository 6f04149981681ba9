//! Reports as those see them who file and read them: in a browser, and with programs of others.

mod bugs;

use crate::{
    listening::Listening,
    workspace::{self, Workspace, find_program},
};
use anyhow::{Context as _, Result, ensure};
use bugs::{BUGS, Bug};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Debian's interpreter, which has the libraries that `cargo xtask setup` installs for it; another one may come first
/// on the path.
const PYTHON: &str = "/usr/bin/python3";

/// What looks for barriers, as its registry has it. Its licence (MPL-2.0) lets us use it; it is not part of this
/// repository.
const AXE: &str = "axe-core@4.14.1";

/// Faulty readers whose reports are opened in the browser too; those of the others are read as documents.
const SHOWN: [&str; 2] = ["LeavesModulesOnAfterFailure", "TellsUnknownClients"];

/// What a hostile device says: it is told, and nothing of it runs.
const HOSTILE: &str =
    r#"<script>window.marked=1</script><img src=x onerror="window.marked=2"><svg onload="window.marked=3">"#;

/// Installs what this step needs beside programs of Debian.
pub(crate) fn setup(workspace: &Workspace) -> Result<()> {
    let file = axe(workspace);
    if file.exists() {
        return Ok(());
    }
    let folder = workspace.target.join("axe-core");
    fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    workspace::run(
        npm.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ])
        .arg(&folder)
        .arg(AXE),
    )?;
    ensure!(
        file.exists(),
        "{AXE} was installed, and brought no {}",
        file.display()
    );
    Ok(())
}

/// Makes reports of sound, faulty and hostile devices, opens them in a browser, and reads them with programs of others.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut build = workspace.cargo();
    workspace::run(build.args([
        "build",
        "--package",
        "cardwire-cli",
        "--package",
        "cardwire-faulty",
    ]))?;
    let programs = workspace.target.join("debug");
    let folder = workspace.target.join("report");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let reports = Reports {
        cardwire: programs.join("cardwire"),
        faulty: programs.join("cardwire-faulty"),
        key: folder.join("key.pem"),
        folder: folder.clone(),
        forms: workspace.root.join("reference-reader/ics"),
    };
    workspace::run(
        Command::new("openssl")
            .args(["genpkey", "-algorithm", "ed25519", "-out"])
            .arg(&reports.key),
    )?;
    let mut shown = vec![reports.sound()?];
    for bug in &BUGS {
        let report = reports.of_bug(bug)?;
        bug.is_named_in(&report)?;
        if SHOWN.contains(&bug.fault) {
            shown.push(report);
        }
    }
    shown.push(reports.hostile()?);
    // What the certification of the reference reader has left, where that has run.
    let whole = workspace.target.join("certify/tcp");
    if whole.join("report.html").exists() {
        shown.push(whole);
    }
    let public = folder.join("key.pub.pem");
    workspace::run(
        Command::new("openssl")
            .args(["pkey", "-pubout", "-in"])
            .arg(&reports.key)
            .arg("-out")
            .arg(&public),
    )?;
    let scripts = workspace.root.join("conformance/tests/report");
    for report in shown
        .iter()
        .filter(|report| report.join("statement.dsse.json").exists())
    {
        println!("{}:", report.display());
        workspace::run(
            Command::new(PYTHON)
                .arg(scripts.join("files.py"))
                .arg(&public)
                .arg(report),
        )?;
    }
    let mut browser = Command::new(PYTHON);
    browser
        .arg(scripts.join("browser.py"))
        .arg(axe(workspace))
        .arg(folder.join("pictures"));
    workspace::run(browser.args(&shown))
}

fn axe(workspace: &Workspace) -> PathBuf {
    workspace.target.join("axe-core/node_modules/axe-core/axe.min.js")
}

/// Makes reports with the programs of this workspace.
struct Reports {
    cardwire: PathBuf,
    faulty: PathBuf,
    key: PathBuf,
    folder: PathBuf,
    /// The forms of the reference reader.
    forms: PathBuf,
}

impl Reports {
    fn sound(&self) -> Result<PathBuf> {
        let endpoint = format!("exec:'{}' --sound", self.faulty.display());
        self.certify("sound", &endpoint, &["link.d*", "connection.h*", "session.r*"], 0)
    }

    fn of_bug(&self, bug: &Bug) -> Result<PathBuf> {
        let state = self.folder.join(format!("{}.state", bug.fault));
        let program = format!(
            "'{}' --fault {} --state '{}'",
            self.faulty.display(),
            bug.fault,
            state.display()
        );
        let cases = [bug.case, "link.d*"];
        if !bug.over_tcp {
            return self.certify(bug.fault, &format!("exec:{program}"), &cases, 1);
        }
        let listening = Listening::start(Command::new(&self.faulty).args([
            "--fault",
            bug.fault,
            "--listen",
            "tcp:127.0.0.1:0",
        ]))?;
        self.certify(bug.fault, &listening.place, &cases, 1)
    }

    /// A device that says what would do harm on a page that took it as it is.
    fn hostile(&self) -> Result<PathBuf> {
        let script = self.folder.join("hostile.sh");
        fs::write(&script, format!("echo '{HOSTILE}' >&2\n"))?;
        let endpoint = format!(
            "exec:sh '{}' '{}'",
            script.display(),
            HOSTILE.replace(['"', '\''], "")
        );
        let report = self.certify("hostile", &endpoint, &["link.d*", "codec.answers*"], 1)?;
        let told = fs::read_to_string(report.join("report.html"))?;
        ensure!(
            told.contains("window.marked=1&lt;") && !told.contains("<img"),
            "what the hostile device said is not told as it should be"
        );
        Ok(report)
    }

    fn certify(&self, name: &str, endpoint: &str, cases: &[&str], exit: i32) -> Result<PathBuf> {
        let report = self.folder.join(name);
        let mut command = Command::new(&self.cardwire);
        command
            .args(["certify", "reader", endpoint, "--keep-going", "--no-rerun"])
            .arg("--ics")
            .arg(self.forms.join("host.toml"))
            .arg("--ixit")
            .arg(self.forms.join("host-ixit.toml"))
            .arg("--report")
            .arg(&report);
        command.arg("--sign-key").arg(&self.key);
        command.args(cases.iter().flat_map(|case| ["--filter", case]));
        let output = command
            .output()
            .with_context(|| format!("{} can't be started", self.cardwire.display()))?;
        ensure!(
            output.status.code() == Some(exit),
            "{name}: exit {:?} and not {exit}: {}",
            output.status.code(),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(report)
    }
}

/// What the step needs and this machine lacks: programs, files, and the Debian packages that they come with.
pub(crate) fn missing_packages() -> Vec<&'static str> {
    let programs = [
        ("npm", "npm"),
        ("openssl", "openssl"),
        ("capinfos", "tshark"),
        ("tshark", "tshark"),
    ];
    let files = [
        (PYTHON, "python3"),
        ("/usr/bin/chromium", "chromium"),
        ("/usr/bin/chromedriver", "chromium-driver"),
        ("/usr/lib/python3/dist-packages/selenium", "python3-selenium"),
        (
            "/usr/lib/python3/dist-packages/cryptography",
            "python3-cryptography",
        ),
        ("/usr/share/fonts/truetype/dejavu", "fonts-dejavu-core"),
    ];
    let programs = programs
        .into_iter()
        .filter(|(program, _)| find_program(program).is_none());
    let files = files.into_iter().filter(|(file, _)| !Path::new(file).exists());
    let mut packages: Vec<_> = programs.chain(files).map(|(_, package)| package).collect();
    packages.dedup();
    packages
}

//! Installs what the steps need: idempotent, and silent about what is there.

use crate::llvm::{self, Llvm};
use crate::toolchain::Toolchain;
use crate::workspace::{self, Workspace, find_program};
use crate::{report, tools};
use anyhow::{Result, bail};
use std::{path::Path, process::Command};

/// Installs what is missing.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let missing = missing_packages(workspace);
    if !missing.is_empty() {
        install_packages(&missing)?;
        let still = missing_packages(workspace);
        if !still.is_empty() {
            bail!(
                "after the installation this machine still lacks what comes with: {}",
                still.join(", ")
            );
        }
    }
    tools::install(workspace)?;
    report::setup(workspace)?;
    println!("everything is there");
    Ok(())
}

/// The Debian packages of what is not found here.
fn missing_packages(workspace: &Workspace) -> Vec<String> {
    let mut missing = Vec::new();
    // Program, package: the emulator of the firmware, pairs of pseudo-terminals for tests of the serial link, and what
    // counts the codec's instructions and runs the book's program that checks a decoder.
    for (program, package) in [
        ("qemu-system-arm", "qemu-system-arm"),
        ("socat", "socat"),
        ("valgrind", "valgrind"),
        ("python3", "python3"),
    ] {
        if find_program(program).is_none() {
            missing.push(package);
        }
    }
    // What the book's reader in C takes its cryptography from in the tests; then the PC/SC service, a virtual reader for
    // it, the library that programs reach it through, and programs of others that do.
    for (file, package) in [
        ("/usr/include/sodium.h", "libsodium-dev"),
        ("/usr/sbin/pcscd", "pcscd"),
        ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", "vsmartcard-vpcd"),
        ("/usr/include/PCSC/winscard.h", "libpcsclite-dev"),
        ("/usr/bin/pcsc_scan", "pcsc-tools"),
        ("/usr/bin/opensc-tool", "opensc"),
        ("/usr/lib/python3/dist-packages/smartcard", "python3-pyscard"),
    ] {
        if !Path::new(file).exists() {
            missing.push(package);
        }
    }
    // Debian keeps apart what makes an environment of Python.
    if workspace::output(Command::new("python3").args(["-m", "ensurepip", "--version"])).is_none() {
        missing.push("python3-venv");
    }
    if Toolchain::find().is_none() {
        missing.extend(["lld", "rustc-web", "cargo-web", "rust-web-src"]);
    }
    missing.extend(report::missing_packages());
    let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    // What measures how much of the codec its tests run.
    if Llvm::find(workspace).is_none() {
        missing.extend(llvm::package(workspace));
    }
    missing
}

/// Installs Debian packages, or says which are wanted.
pub(crate) fn install_packages(packages: &[String]) -> Result<()> {
    let Some(prefix) = root_prefix().filter(|_| find_program("apt-get").is_some()) else {
        bail!(
            "please install these Debian packages, or what equals them on your system: {} (there is no apt-get \
             here, or no right to use it)",
            packages.join(", ")
        );
    };
    let apt_get = |arguments: &[&str]| {
        let words: Vec<_> = prefix
            .iter()
            .chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .collect();
        workspace::run(Command::new(words[0]).args(&words[1..]).args(arguments))
    };
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages.iter().map(String::as_str));
    // The package lists may be old or, in a fresh container, absent: only then a refresh is worth its time.
    apt_get(&install).or_else(|_| {
        apt_get(&["update"])?;
        apt_get(&install)
    })
}

/// What stands before a command that root has to run; nothing if it can't be run.
fn root_prefix() -> Option<&'static [&'static str]> {
    let is_root = workspace::output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if is_root {
        return Some(&[]);
    }
    // `-n`: a question for a password would hang a machine that nobody sits at.
    let may_sudo = workspace::output(Command::new("sudo").args(["-n", "true"])).is_some();
    may_sudo.then_some(&["sudo", "-n"])
}

//! Compiles programs of the book's files, and talks to one that answers line by line.

use core::fmt::Write as _;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use tempfile::TempDir;

/// C99 and every warning that a careful project turns on.
const STRICT: [&str; 11] = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Werror",
    "-O2",
    "-g",
];
/// Reads outside of memory, overflows and the like end the program; not every compiler has them.
const WATCHED: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

pub(crate) fn book_source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/book/src/c")
}

fn test_source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")
}

/// The compiler: `CC`, or what the machine calls one.
fn compiler() -> String {
    let chosen = std::env::var("CC").ok();
    let names = chosen.into_iter().chain(["cc", "gcc", "clang"].map(String::from));
    let answers = |name: &String| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    let mut answering = names.filter(answers);
    // The workspace itself has parts in C: it is not built without one.
    answering.next().expect("a C compiler (CC, cc, gcc or clang)")
}

/// A program made of files of the book and files of the tests, in a folder of its own.
pub(crate) fn compile(folder: &TempDir, name: &str, of_book: &[&str], of_tests: &[&str]) -> PathBuf {
    let compiler = compiler();
    let program = folder.path().join(name);
    let libraries: &[&str] = if of_tests.contains(&"crypto.c") {
        &["-lsodium"]
    } else {
        &[]
    };
    let build = |flags: &[&str]| {
        let output = Command::new(&compiler)
            .args(STRICT)
            .args(flags)
            .arg("-I")
            .arg(book_source())
            .arg("-I")
            .arg(test_source())
            .args(of_book.iter().map(|file| book_source().join(file)))
            .args(of_tests.iter().map(|file| test_source().join(file)))
            .arg("-o")
            .arg(&program)
            .args(libraries)
            .output();
        output.expect("the compiler that has told its version starts")
    };
    if build(&WATCHED).status.success() {
        return program;
    }
    let plain = build(&[]);
    assert!(
        plain.status.success(),
        "{name} does not compile (it wants libsodium's headers, which `cargo xtask setup` installs):\n{}",
        String::from_utf8_lossy(&plain.stderr)
    );
    eprintln!("{name} is compiled without sanitizers: this compiler has none");
    program
}

/// The program that answers one line for each line.
pub(crate) struct Asked {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Asked {
    pub(crate) fn start() -> Self {
        let of_book = ["link.c", "codec.c", "messages.c", "noise.c", "channel.c"];
        Self::of("vectors", &of_book, &["vectors.c", "crypto.c"])
    }

    /// A program of these files.
    pub(crate) fn of(name: &str, of_book: &[&str], of_tests: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = compile(&folder, name, of_book, of_tests);
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self {
            child,
            to,
            from: BufReader::new(from),
            _folder: folder,
        }
    }

    /// Words become hexadecimal digits, no bytes a dash.
    pub(crate) fn ask(&mut self, command: &str, arguments: &[&[u8]]) -> String {
        let mut line = command.to_owned();
        for bytes in arguments {
            line.push(' ');
            line += &digits(bytes);
        }
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "the program ended at: {line}");
        answer.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn digits(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

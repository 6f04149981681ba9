//! The three streams of a running program, each with a thread of its own, so that nothing that the program does or
//! leaves undone holds up the tester.

use super::{LINE_MAX, shown};
use core::time::Duration;
use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
    time::Instant,
};

/// Lines of standard error that are kept, the last ones.
const KEPT: usize = 5;
/// Bytes of one line of standard error that are looked at.
const STDERR_LINE: u64 = 4096;
/// Answers that may wait to be looked at. Whoever sends more than he was asked for is held up.
const WAITING: usize = 16;
/// How long a program may take to end when its standard input has ended, before it is killed.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long a program that ends by itself may take to be gone when its standard output is at its end.
const LAST_BREATH: Duration = Duration::from_millis(100);
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(2);

/// What came from the program.
pub(super) enum Line {
    Text(String),
    NotText,
    TooLong,
    End,
}

/// A program that runs. It is ended, at the latest, when this goes.
pub(super) struct Running {
    child: Child,
    /// Lines for its standard input, which is closed when this goes.
    requests: Option<Sender<String>>,
    answers: Receiver<Line>,
    /// The last lines of its standard error, when that has ended.
    last_words: Receiver<VecDeque<String>>,
}

impl Running {
    pub(super) fn start(command: &[String]) -> io::Result<Self> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program is named"))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Whatever it starts belongs to it, and is ended with it; what ends the tester on a terminal is not for it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(io::Error::other("the program has no streams"));
        };
        let (requests, to_send) = channel();
        let (to_take, answers) = sync_channel(WAITING);
        let (to_tell, last_words) = channel();
        thread::Builder::new().spawn(move || write(stdin, &to_send))?;
        thread::Builder::new().spawn(move || read(stdout, &to_take))?;
        thread::Builder::new().spawn(move || to_tell.send(listen(stderr)))?;
        Ok(Self {
            child,
            requests: Some(requests),
            answers,
            last_words,
        })
    }

    /// Sends a line. That the program does not take it is seen when no answer comes.
    pub(super) fn send(&self, line: String) {
        if let Some(requests) = &self.requests {
            let _ = requests.send(line);
        }
    }

    /// The next line; nothing where none comes in time.
    pub(super) fn receive(&self, timeout: Duration) -> Option<Line> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.answers.recv_timeout(timeout) {
            Ok(line) => Some(line),
            Err(Disconnected) => Some(Line::End),
            Err(Timeout) => None,
        }
    }

    /// Ends the program, and says what was seen of it together with how it ended and its last words.
    pub(super) fn end(mut self, what: &str) -> String {
        let mut seen = what.to_owned();
        let before = self.wait(LAST_BREATH);
        self.requests = None;
        match before.or_else(|| self.wait(FAREWELL)) {
            Some(status) if before.is_none() => {
                seen += &format!("; its input was closed, and it ended with {status}")
            }
            Some(status) => seen += &format!("; the program ended with {status}"),
            None => {
                self.kill();
                seen += "; the program went on and was ended";
            }
        }
        // Who has inherited its standard error may hold it open for longer than anybody wants to wait.
        let words = self.last_words.recv_timeout(FAREWELL).unwrap_or_default();
        if !words.is_empty() {
            let words: Vec<_> = words.iter().map(|line| shown(line)).collect();
            seen += &format!("; its last words: {}", words.join(" | "));
        }
        seen
    }

    /// Ends the program, which has not ended by itself, and all that it has started.
    fn kill(&mut self) {
        #[cfg(unix)]
        {
            // It was not waited for, so that no other process has its number.
            let group = i32::try_from(self.child.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw);
            if let Some(group) = group {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait(&mut self, longest: Duration) -> Option<std::process::ExitStatus> {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if begun.elapsed() < longest => thread::sleep(GLANCE),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.requests = None;
        if self.wait(FAREWELL).is_none() {
            self.kill();
        }
    }
}

fn write(mut stdin: ChildStdin, lines: &Receiver<String>) {
    while let Ok(mut line) = lines.recv() {
        line.push('\n');
        if stdin
            .write_all(line.as_bytes())
            .and_then(|()| stdin.flush())
            .is_err()
        {
            return;
        }
    }
}

fn read(stdout: ChildStdout, lines: &SyncSender<Line>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut bytes = Vec::new();
        let bounded = (&mut stdout)
            .take(LINE_MAX as u64 + 1)
            .read_until(b'\n', &mut bytes);
        let line = match bounded {
            Ok(0) | Err(_) => return,
            Ok(_) if bytes.last() == Some(&b'\n') => {
                bytes.pop();
                String::from_utf8(bytes).map_or(Line::NotText, Line::Text)
            }
            Ok(size) if size > LINE_MAX => Line::TooLong,
            // An answer without an end is none: the program died while it wrote it.
            Ok(_) => return,
        };
        let is_last = matches!(line, Line::TooLong);
        if lines.send(line).is_err() || is_last {
            return;
        }
    }
}

fn listen(stderr: ChildStderr) -> VecDeque<String> {
    let mut stderr = BufReader::new(stderr);
    let mut last = VecDeque::new();
    loop {
        let mut bytes = Vec::new();
        match (&mut stderr).take(STDERR_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return last,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if line.is_empty() {
            continue;
        }
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(line);
    }
}

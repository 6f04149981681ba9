//! Streams on which the operating system lets nobody wait with a deadline: a thread reads, and another one writes.

use super::{CHUNK, PATIENCE, Stderr};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use serialport::SerialPort;
use std::{
    io::{self, Read, Write},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

/// Chunks that wait between a thread and the link: a device that floods the line is slowed down, not stored.
const QUEUE: usize = 64;
/// How often the thread that reads a serial port looks whether it should end.
const POLL: Duration = Duration::from_millis(50);
/// The last bytes of a child's standard error that are kept.
const STDERR_KEPT: usize = 64 * 1024;

/// A serial port or a child's standard streams; closed, the child killed, when it is dropped.
pub(in crate::link) struct Threaded {
    /// What came in; the error that the line ended with comes last. `None` only while this is dropped.
    incoming: Option<Receiver<io::Result<Vec<u8>>>>,
    sink: Sink,
    reader: Option<JoinHandle<()>>,
    stderr: Option<Arc<Mutex<Vec<u8>>>>,
}

/// Where bytes go out, and what it takes to close the stream.
enum Sink {
    Serial {
        queue: Option<Queue>,
        port: Box<dyn SerialPort>,
        stop: Arc<AtomicBool>,
    },
    Exec {
        queue: Option<Queue>,
        child: Child,
    },
}

/// A thread that writes, and the bytes that wait for it.
struct Queue {
    chunks: SyncSender<Vec<u8>>,
    writer: JoinHandle<()>,
}

impl Threaded {
    pub(super) fn over_serial(path: &str, baud: u32) -> io::Result<Self> {
        let port = serialport::new(path, baud)
            .timeout(POLL)
            .dtr_on_open(true)
            .open()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (incoming, reader) = read_from(port.try_clone()?, Some(Arc::clone(&stop)))?;
        let mut to_write = port.try_clone()?;
        to_write.set_timeout(PATIENCE)?;
        let queue = Some(Queue::to(to_write)?);
        let sink = Sink::Serial { queue, port, stop };
        Ok(Self {
            incoming: Some(incoming),
            sink,
            reader: Some(reader),
            stderr: None,
        })
    }

    pub(super) fn over_child(command: &[String], stderr: Stderr) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(match stderr {
                Stderr::Passed => Stdio::inherit(),
                Stderr::Kept => Stdio::piped(),
            })
            .spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // From here on the child is killed whatever fails.
        let mut threaded = Self {
            incoming: None,
            sink: Sink::Exec { queue: None, child },
            reader: None,
            stderr: None,
        };
        let (Some(stdin), Some(stdout), stderr) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (incoming, reader) = read_from(stdout, None)?;
        threaded.incoming = Some(incoming);
        threaded.reader = Some(reader);
        if let Sink::Exec { queue, .. } = &mut threaded.sink {
            *queue = Some(Queue::to(stdin)?);
        }
        threaded.stderr = stderr.map(keep).transpose()?;
        Ok(threaded)
    }

    /// Leaves bytes to the thread that sends them.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (Sink::Serial { queue, .. } | Sink::Exec { queue, .. }) = &self.sink;
        queue
            .as_ref()
            .ok_or(io::ErrorKind::BrokenPipe)?
            .push(bytes.to_vec())
    }

    /// The bytes that come next: `TimedOut` at the deadline, another error where the line has ended.
    pub(super) fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        let incoming = self.incoming.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        match incoming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => chunk,
            Err(Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The bytes that are already here.
    pub(super) fn receive_now(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self.incoming.as_ref()?.try_recv() {
            Ok(chunk) => Some(chunk),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// What the child has written to its standard error, where that is kept.
    pub(super) fn stderr(&self) -> String {
        let kept = self
            .stderr
            .as_ref()
            .map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone());
        String::from_utf8_lossy(&kept.unwrap_or_default()).into_owned()
    }
}

impl Drop for Threaded {
    /// Every error is passed over: the stream is gone either way.
    fn drop(&mut self) {
        // The thread that reads may be waiting for room in the channel: without a receiver it ends.
        self.incoming = None;
        let join_reader = match &mut self.sink {
            Sink::Serial { queue, port, stop } => {
                stop.store(true, Ordering::Relaxed);
                // A dropped DTR is the reset of a serial link (CW-SESS-018); pseudo-terminals have none. What has
                // not gone out by now would hold up the thread that writes, and with it the port's lock.
                let _ = port.write_data_terminal_ready(false);
                let _ = port.clear(serialport::ClearBuffer::Output);
                if let Some(Queue { chunks, writer }) = queue.take() {
                    drop(chunks);
                    let _ = writer.join();
                }
                true
            }
            Sink::Exec { queue, child } => {
                drop(queue.take());
                let _ = child.kill();
                let _ = child.wait();
                // A grandchild may hold the pipe open for as long as it likes.
                false
            }
        };
        if let Some(reader) = self.reader.take().filter(|_| join_reader) {
            let _ = reader.join();
        }
    }
}

impl Queue {
    fn to(mut sink: impl Write + Send + 'static) -> io::Result<Self> {
        let (chunks, waiting) = sync_channel::<Vec<u8>>(QUEUE);
        let write = move || {
            while let Ok(chunk) = waiting.recv() {
                // An error here is seen by the thread that reads as well, which says so.
                if sink.write_all(&chunk).and_then(|()| sink.flush()).is_err() {
                    break;
                }
            }
        };
        let writer = thread::Builder::new().name("link writer".into()).spawn(write)?;
        Ok(Self { chunks, writer })
    }

    fn push(&self, mut chunk: Vec<u8>) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.chunks.try_send(chunk) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(io::ErrorKind::BrokenPipe.into()),
                Err(TrySendError::Full(_)) if Instant::now() > deadline => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "the line takes no more bytes",
                    ));
                }
                Err(TrySendError::Full(back)) => chunk = back,
            }
            // The queue has no way to wait for room with a deadline.
            thread::sleep(Duration::from_millis(1));
        }
    }
}

type Incoming = (Receiver<io::Result<Vec<u8>>>, JoinHandle<()>);

/// Reads until the stream ends, the link is dropped, or `stop` is set.
fn read_from(mut source: impl Read + Send + 'static, stop: Option<Arc<AtomicBool>>) -> io::Result<Incoming> {
    let (chunks, incoming) = sync_channel(QUEUE);
    let read = move || {
        let mut buffer = [0; CHUNK];
        while !stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            let chunk = match source.read(&mut buffer) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => Ok(buffer[..length].to_vec()),
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) =>
                {
                    continue;
                }
                Err(error) => Err(error),
            };
            let ended = chunk.is_err();
            if chunks.send(chunk).is_err() || ended {
                break;
            }
        }
    };
    let reader = thread::Builder::new().name("link reader".into()).spawn(read)?;
    Ok((incoming, reader))
}

/// Keeps the end of what a child writes to its standard error.
fn keep(mut stderr: impl Read + Send + 'static) -> io::Result<Arc<Mutex<Vec<u8>>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&kept);
    let read = move || {
        let mut buffer = [0; CHUNK];
        while let Ok(length @ 1..) = stderr.read(&mut buffer) {
            let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&buffer[..length]);
            let surplus = kept.len().saturating_sub(STDERR_KEPT);
            kept.drain(..surplus);
        }
    };
    thread::Builder::new().name("link stderr".into()).spawn(read)?;
    Ok(kept)
}

//! A line between client and reader that a test can spoil, frame by frame.

use core::time::Duration;
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToReader,
    ToClient,
}

/// What becomes of a frame.
pub enum Fate {
    Passed,
    /// One byte of it is flipped.
    Flipped,
    /// The line is closed, both ways.
    Closed,
}

/// Decides on each frame by its way and its number on that way, from 0.
pub type Judge = Box<dyn FnMut(Way, usize) -> Fate + Send>;

/// Listens, and carries one connection after the other to the reader. Gives where it listens.
pub fn start(reader: &str, judge: impl FnMut(Way, usize) -> Fate + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("tcp:{}", listener.local_addr().unwrap());
    let reader = reader.strip_prefix("tcp:").unwrap().to_owned();
    let judge: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(judge)));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(reader) = TcpStream::connect(&reader) else {
                return;
            };
            for stream in [&client, &reader] {
                stream.set_nodelay(true).unwrap();
                // No test takes as long.
                stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
            }
            carry(Way::ToReader, &client, &reader, &judge);
            carry(Way::ToClient, &reader, &client, &judge);
        }
    });
    place
}

fn carry(way: Way, from: &TcpStream, to: &TcpStream, judge: &Arc<Mutex<Judge>>) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let judge = Arc::clone(judge);
    thread::spawn(move || {
        let (mut line, mut number) = (Vec::new(), 0);
        let mut buffer = [0; 1024];
        'open: while let Ok(length @ 1..) = from.read(&mut buffer) {
            for &byte in &buffer[..length] {
                line.push(byte);
                if byte != 0 {
                    continue;
                }
                // A lone delimiter is no frame.
                if line.len() > 1 {
                    let fate = (judge.lock().unwrap())(way, number);
                    number += 1;
                    match fate {
                        Fate::Passed => {}
                        Fate::Flipped => flip(&mut line),
                        Fate::Closed => break 'open,
                    }
                }
                if to.write_all(&line).is_err() {
                    break 'open;
                }
                line.clear();
            }
        }
        for stream in [&from, &to] {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
}

/// Flips a bit in the middle, and leaves the frame in one piece.
fn flip(line: &mut [u8]) {
    let middle = &mut line[3];
    *middle ^= if *middle == 0x10 { 0x20 } else { 0x10 };
}

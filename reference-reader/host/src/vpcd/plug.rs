//! A simulated card beside the virtual reader, to be put in and pulled out while this program runs: what it holds stays,
//! as with any card.

use super::serve;
use crate::{
    control::{Command, Control, What},
    link::{Input, Inputs, LinkId, Teller},
    simulated::SimulatedCard,
};
use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

/// The card, and where the driver of its virtual reader listens.
#[derive(Debug)]
pub struct Plug {
    place: String,
    card: Arc<Mutex<SimulatedCard>>,
    teller: Teller,
    inputs: Inputs,
    inside: Option<Inside>,
    /// Counts how often it was put in.
    times: LinkId,
}

/// The card while it is in the reader.
#[derive(Debug)]
struct Inside {
    stream: TcpStream,
    player: JoinHandle<()>,
}

impl Plug {
    /// Puts the card in.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn new(place: &str, card: SimulatedCard) -> io::Result<Self> {
        let (inputs, teller) = Inputs::new();
        let mut plug = Self {
            place: place.to_owned(),
            card: Arc::new(Mutex::new(card)),
            teller,
            inputs,
            inside: None,
            times: 0,
        };
        plug.insert()?;
        Ok(plug)
    }

    /// What puts it in and pulls it out from another thread. A card has no account of energy, and no trace of supplies.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(self.teller.clone())
    }

    /// Plays the card until the driver ends, or somebody stops it.
    ///
    /// # Errors
    /// The connection broke off, or the card can't be put in again: the driver has ended while it was out.
    pub fn run(mut self) -> io::Result<()> {
        while let Some(input) = self.inputs.wait(None) {
            match input {
                Input::Control(Command { what, done }) => {
                    let (changed, go_on) = match what {
                        What::InsertCard => (self.insert()?, true),
                        What::RemoveCard => (self.remove(), true),
                        What::Energy(_) | What::Power(_) | What::Fault(_) | What::Play(_) | What::Seen(_) => {
                            (false, true)
                        }
                        What::Stop => (self.remove(), false),
                    };
                    // Whoever asked may have gone.
                    let _ = done.send(changed);
                    if !go_on {
                        return Ok(());
                    }
                }
                // Nobody has pulled it out, so the driver has let it go.
                Input::Closed(time, why) if self.inside.is_some() && time == self.times => {
                    return match why.as_str() {
                        "" => Ok(()),
                        why => Err(io::Error::other(why.to_owned())),
                    };
                }
                // Of a time before.
                Input::Closed(..) => {}
                Input::Opened(_)
                | Input::Bytes(..)
                | Input::Written(..)
                | Input::Missing(_)
                | Input::Ended
                | Input::Slot(_) => {}
            }
        }
        Ok(())
    }

    fn insert(&mut self) -> io::Result<bool> {
        if self.inside.is_some() {
            return Ok(false);
        }
        let stream = TcpStream::connect(&self.place)?;
        // Commands are short, and each waits for the answer to the one before.
        stream.set_nodelay(true)?;
        self.times += 1;
        let (line, card) = (stream.try_clone()?, Arc::clone(&self.card));
        let (teller, time) = (self.teller.clone(), self.times);
        let play = move || {
            let mut card = card.lock().unwrap_or_else(PoisonError::into_inner);
            let ended = serve(&line, &mut card);
            card.power_off();
            let why = ended.err().map_or_else(String::new, |error| error.to_string());
            // The loop may have ended.
            let _ = teller.send(Input::Closed(time, why));
        };
        let player = thread::Builder::new().name("card".into()).spawn(play)?;
        self.inside = Some(Inside { stream, player });
        Ok(true)
    }

    /// The driver's next message finds nobody.
    fn remove(&mut self) -> bool {
        let Some(Inside { stream, player }) = self.inside.take() else {
            return false;
        };
        // It may be closed already; the thread ends either way.
        let _ = stream.shutdown(Shutdown::Both);
        let _ = player.join();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    /// What the card answers to a command, with its length before it.
    fn transmit(driver: &mut TcpStream, command: &[u8]) -> Vec<u8> {
        let length = u16::try_from(command.len()).unwrap();
        driver
            .write_all(&[&length.to_be_bytes(), command].concat())
            .unwrap();
        let mut length = [0; 2];
        driver.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u16::from_be_bytes(length).into()];
        driver.read_exact(&mut answer).unwrap();
        answer
    }

    #[test]
    fn what_it_holds_stays_while_it_is_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let plug = Plug::new(&place, SimulatedCard::default()).unwrap();
        let control = plug.control();
        let runs = thread::spawn(move || plug.run());
        let (mut driver, _) = listener.accept().unwrap();
        assert!(!control.insert_card().unwrap(), "it is in");
        // EF.PL, which may be written.
        let select = [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0x05];
        assert_eq!(transmit(&mut driver, &[0x04])[0], 0x3B);
        assert_eq!(transmit(&mut driver, &select), [0x90, 0x00]);
        let written = transmit(&mut driver, &[0x00, 0xD6, 0x00, 0x00, 0x02, b'n', b'l']);
        assert_eq!(written, [0x90, 0x00]);

        assert!(control.remove_card().unwrap());
        assert!(!control.remove_card().unwrap(), "it is out");
        assert_eq!(driver.read(&mut [0]).unwrap(), 0);

        assert!(control.insert_card().unwrap());
        let (mut driver, _) = listener.accept().unwrap();
        assert_eq!(transmit(&mut driver, &[0x04])[0], 0x3B);
        assert_eq!(transmit(&mut driver, &select), [0x90, 0x00]);
        let read = transmit(&mut driver, &[0x00, 0xB0, 0x00, 0x00, 0x02]);
        assert_eq!(read, [b'n', b'l', 0x90, 0x00]);

        drop(driver);
        runs.join().unwrap().unwrap();
    }

    #[test]
    fn a_driver_that_is_gone_when_the_card_comes_back_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let plug = Plug::new(&place, SimulatedCard::default()).unwrap();
        let control = plug.control();
        let runs = thread::spawn(move || plug.run());
        assert!(control.remove_card().unwrap());
        drop(listener);
        assert!(control.insert_card().is_err());
        assert!(runs.join().unwrap().is_err());
    }
}

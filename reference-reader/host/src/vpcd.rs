//! The simulated card as a virtual card of the operating system: what plugs it into `vpcd`, the virtual reader of
//! vsmartcard, so that programs that use PC/SC find it there.
//!
//! The driver listens, the card connects. Every message is two bytes of length, high byte first, and as many bytes. One
//! byte from the driver is a control code; more are a command, which the card answers.

mod plug;

pub use plug::Plug;

use crate::simulated::SimulatedCard;
use std::{
    io::{self, Read, Write},
    thread,
};

/// Where the driver listens, as Debian sets it up.
pub const PORT: u16 = 35963;

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const ATR: u8 = 0x04;

/// Serves the driver until it closes the connection.
///
/// # Errors
/// The connection broke, in the middle of a message perhaps; or the driver says what it may not.
pub fn serve(stream: impl Read + Write, card: &mut SimulatedCard) -> io::Result<()> {
    let mut stream = stream;
    // As the driver asks for it after each reset; a card that is mute has none.
    let mut atr = Vec::new();
    while let Some(message) = receive(&mut stream)? {
        match message[..] {
            [] => {}
            [POWER_OFF] => {
                card.power_off();
                atr.clear();
            }
            [POWER_ON | RESET] => atr = card.cold_reset().bytes,
            [ATR] => {
                if atr.is_empty() {
                    atr = card.cold_reset().bytes;
                }
                send(&mut stream, &atr)?;
            }
            [code] => {
                let what =
                    format!("the driver sent the control code {code:02X}, which is none of 00, 01, 02, 04");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            ref command => {
                let said = card.transmit(&tpdu(command));
                thread::sleep(said.after);
                send(&mut stream, &said.bytes)?;
            }
        }
    }
    Ok(())
}

/// What of a command APDU goes over the line with T=0 (ISO/IEC 7816-3, 12.2): a command of case 1 gets a P3, one of
/// case 4 loses its Le. The rest of the rules, `61xx` and `6Cxx`, is with the program that sent it.
fn tpdu(command: &[u8]) -> Vec<u8> {
    let short = match command {
        [_, _, _, _] => return [command, &[0x00]].concat(),
        [_, _, _, _, length, rest @ ..] if *length > 0 && rest.len() == usize::from(*length) + 1 => {
            command.len() - 1
        }
        _ => command.len(),
    };
    command[..short].to_vec()
}

/// The next message; `None` where the driver has closed the connection between two of them.
fn receive(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    match stream.read(&mut length[..1]) {
        Ok(0) => return Ok(None),
        Ok(_) => {}
        // As the driver does it when its service is ended.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return receive(stream),
        Err(error) => return Err(error),
    }
    stream.read_exact(&mut length[1..])?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message)?;
    Ok(Some(message))
}

fn send(stream: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), message].concat())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    /// What the driver sends, and what the card answers.
    fn talk(messages: &[&[u8]]) -> (Vec<u8>, io::Result<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        let card =
            thread::spawn(move || serve(TcpStream::connect(place).unwrap(), &mut SimulatedCard::default()));
        let (mut driver, _) = listener.accept().unwrap();
        for message in messages {
            send(&mut driver, message).unwrap();
        }
        driver.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answers = Vec::new();
        driver.read_to_end(&mut answers).unwrap();
        (answers, card.join().unwrap())
    }

    #[test]
    fn the_driver_powers_the_card_and_talks_to_it() {
        let select_iccid = [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2];
        let (answers, ended) = talk(&[
            &[POWER_ON],
            &[ATR],
            &select_iccid,
            &[0x00, 0xB0, 0x00, 0x00, 0x00],
        ]);
        ended.unwrap();
        let (atr, rest) = answers[2..].split_at(answers[1].into());
        assert_eq!(atr[0], 0x3B);
        assert_eq!(rest, [0x00, 0x02, 0x90, 0x00, 0x00, 0x02, 0x6C, 0x0A]);
    }

    /// A program may send whole APDUs, or what it takes for a TPDU.
    #[test]
    fn cases_are_put_on_the_line() {
        assert_eq!(tpdu(&[0x00, 0x44, 0x00, 0x00]), [0x00, 0x44, 0x00, 0x00, 0x00]);
        assert_eq!(
            tpdu(&[0x00, 0xA4, 0, 4, 1, 0x3F, 0x00]),
            [0x00, 0xA4, 0, 4, 1, 0x3F]
        );
        assert_eq!(tpdu(&[0x00, 0xA4, 0, 4, 1, 0x3F]), [0x00, 0xA4, 0, 4, 1, 0x3F]);
        assert_eq!(tpdu(&[0x00, 0xB0, 0, 0, 0]), [0x00, 0xB0, 0, 0, 0]);
        assert_eq!(tpdu(&[0x00, 0xB0]), [0x00, 0xB0]);
    }

    #[test]
    fn a_code_that_is_none_ends_it() {
        let (answers, ended) = talk(&[&[0x07]]);
        assert!(answers.is_empty());
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_message_that_breaks_off_is_an_error() {
        let mut short: &[u8] = &[0x00, 0x05, 0x00];
        assert_eq!(
            receive(&mut short).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        let mut none: &[u8] = &[];
        assert!(receive(&mut none).unwrap().is_none());
    }
}

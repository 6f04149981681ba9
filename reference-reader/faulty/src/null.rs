//! Devices that are no readers: they must not pass a single case that checks behaviour.

use cardwire_codec::{
    Frame,
    frame::{Deframer, line_size},
    message::{FrameKind, limits::FRAME_MAX},
};
use std::io::{self, Read, Write};

/// A device that is no reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// Takes everything and says nothing.
    Silent,
    /// Sends back what it gets.
    Echo,
    /// Goes away at once.
    Closes,
    /// Answers every frame with the refusal.
    Refuses,
}

impl Null {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Silent, Self::Echo, Self::Closes, Self::Refuses];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Echo => "echo",
            Self::Closes => "closes",
            Self::Refuses => "refuses",
        }
    }

    /// Runs it until its input ends.
    ///
    /// # Errors
    /// Input or output that fails.
    pub fn run(self, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
        const REFUSAL: &[u8] = &[0xFF];
        const LINE: usize = line_size(FRAME_MAX);
        if self == Self::Closes {
            return Ok(());
        }
        let mut bytes = [0; 1024];
        let mut deframer = Deframer::<LINE>::new();
        loop {
            let length = input.read(&mut bytes)?;
            let mut taken = &bytes[..length];
            match self {
                _ if length == 0 => return Ok(()),
                Self::Silent | Self::Closes => {}
                Self::Echo => output.write_all(taken)?,
                Self::Refuses => {
                    while let Some(frame) = deframer.feed(&mut taken) {
                        let number = frame.map_or(0, |frame| frame.number);
                        let answer = Frame {
                            kind: FrameKind::Clear,
                            number,
                            payload: REFUSAL,
                        };
                        let mut out = [0; 32];
                        if let Ok(length) = answer.encode(&mut out) {
                            output.write_all(&out[..length])?;
                        }
                    }
                }
            }
            output.flush()?;
        }
    }
}

//! The logical channels of a card, and MANAGE CHANNEL (ETSI TS 102 221, clauses 8.7 and 11.1.17).

#[cfg(feature = "full")]
use crate::{answer::Reply, files::Layout, pin::Pins};
use crate::{command::Command, select::Session, sw::StatusWord};

/// The most logical channels that a card has: those of the first interindustry class.
pub const CHANNELS_MAX: u8 = if cfg!(feature = "full") { 4 } else { 1 };

/// What the card remembers of each channel that is open. The basic channel always is.
#[derive(Clone)]
pub(crate) struct Channels([Option<Session>; CHANNELS_MAX as usize]);

impl Channels {
    /// After a reset the basic channel is open, and no other (8.7).
    pub(crate) const fn new() -> Self {
        let mut channels = [None; CHANNELS_MAX as usize];
        channels[0] = Some(Session::new());
        Self(channels)
    }

    /// The session of the channel that a command is for.
    pub(crate) fn of(&mut self, command: &Command<'_>) -> Result<&mut Session, StatusWord> {
        let session = self.0.get_mut(usize::from(command.channel));
        session
            .and_then(Option::as_mut)
            .ok_or(StatusWord::CHANNEL_NOT_SUPPORTED)
    }

    /// MANAGE CHANNEL.
    #[cfg(feature = "full")]
    pub(crate) fn manage(
        &mut self,
        command: &Command<'_>,
        layout: Layout<'_>,
        pins: &mut Pins,
        reply: &mut Reply<'_>,
    ) -> Result<(), StatusWord> {
        let asking = *self.of(command)?;
        let count = layout.channels.min(CHANNELS_MAX);
        if count <= 1 {
            return Err(StatusWord::CHANNEL_NOT_SUPPORTED);
        }
        let chosen = match (command.p1, command.p2) {
            // Open the one that the card chooses, or this one.
            (0x00, 0x00) => {
                if command.expected_length()? != 1 {
                    return Err(StatusWord::wrong_le(1));
                }
                let free = (1..count).find(|number| self.is_closed(*number));
                free.ok_or(StatusWord::FUNCTION_NOT_SUPPORTED)?
            }
            (0x00, number) if (1..count).contains(&number) => {
                command.data()?;
                if !self.is_closed(number) {
                    return Err(StatusWord::CHANNEL_NOT_SUPPORTED);
                }
                number
            }
            (0x80, number) if (1..count).contains(&number) => {
                command.data()?;
                if self.is_closed(number) {
                    return Err(StatusWord::CHANNEL_NOT_SUPPORTED);
                }
                self.set(number, None);
                pins.forget_channel(number);
                return Ok(());
            }
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        // From the basic channel a new one begins at the master file, from another one where that stands (11.1.17).
        let session = if command.channel == 0 {
            Session::new()
        } else {
            asking
        };
        self.set(chosen, Some(session));
        pins.forget_channel(chosen);
        if command.p2 == 0x00 {
            reply.exactly(&[chosen], 1)?;
        }
        Ok(())
    }

    #[cfg(feature = "full")]
    fn is_closed(&self, number: u8) -> bool {
        self.0.get(usize::from(number)).is_some_and(Option::is_none)
    }

    #[cfg(feature = "full")]
    fn set(&mut self, number: u8, session: Option<Session>) {
        if let Some(place) = self.0.get_mut(usize::from(number)) {
            *place = session;
        }
    }
}

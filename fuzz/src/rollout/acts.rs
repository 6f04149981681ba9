//! What operators and readers do, read from a fuzzer's bytes and written for seeds.

use super::{fleet::READERS, words::Word};
use crate::sequence;
use arbitrary::{Result, Unstructured};
use cardwire_peers::cloud::CampaignCommand;

/// Most that is done in one execution.
pub const ACTS_MAX: usize = 24;

/// The first reader once more, as it was logged in before.
pub const OLDER: u8 = READERS as u8;

/// One thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// An operator publishes an update with a plan.
    Publish(u8, u8),
    /// He steers a campaign.
    Steer(u8, CampaignCommand),
    /// He lets a reader in, or does not.
    Bar(u8, Bar),
    /// A reader logs in and states what it has.
    Login(u8, Class, States),
    /// A login of a reader that comes to nothing.
    Half(u8, Half),
    /// A reader that is logged in says this. From [`OLDER`] on it is on the channel of the login before its last one.
    Say(u8, Word),
    /// It says this until its cloud has nothing more for it.
    Keep(u8, Word),
    /// Its session breaks off.
    Break(u8),
}

/// What an operator does with a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It is lost or stolen.
    Revoke,
    /// It is out for a while.
    Deny,
    /// It is in.
    Admit,
}

/// Which class of hardware a reader states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The one that most updates are for.
    Usual,
    /// Another one.
    Other,
}

/// Which counters a reader states. A campaign's are the highest of each kind that it raises; of other kinds the reader
/// states its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// Those that its cloud knows of it.
    Own,
    /// None: it was provisioned anew.
    Zero,
    /// Exactly those of a campaign.
    Of(u8),
    /// Each one above those.
    Above(u8),
    /// Each one below those.
    Below(u8),
    /// The first of them alone.
    First(u8),
    /// Any.
    These([u8; 3]),
}

/// Why a login comes to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The reader does not confirm it.
    Unconfirmed,
    /// Its confirmation is altered on the way.
    Altered,
    /// It confirms it for another client.
    OtherClient,
    /// It confirms it too late.
    Late,
    /// It has another key than the one that is registered.
    OtherKey,
}

const COMMANDS: [CampaignCommand; 4] = [
    CampaignCommand::Advance,
    CampaignCommand::Pause,
    CampaignCommand::Resume,
    CampaignCommand::Cancel,
];
const BARS: [Bar; 3] = [Bar::Revoke, Bar::Admit, Bar::Deny];
const CLASSES: [Class; 4] = [Class::Usual, Class::Usual, Class::Usual, Class::Other];
const HALVES: [Half; 5] = [
    Half::Unconfirmed,
    Half::Altered,
    Half::OtherClient,
    Half::Late,
    Half::OtherKey,
];
impl Act {
    /// What is done, in its order.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Vec<Self> {
        sequence::read_all(bytes, ACTS_MAX, Self::read)
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        let place: u8 = input.arbitrary()?;
        let reader = place % OLDER;
        let channel = place % (2 * OLDER);
        Ok(match kind % 16 {
            0 | 1 => Self::Publish(place, input.arbitrary()?),
            2 => Self::Steer(place, one(COMMANDS, input)?),
            3 => Self::Bar(reader, one(BARS, input)?),
            4..=7 => Self::Login(reader, one(CLASSES, input)?, States::read(input)?),
            8 => Self::Half(reader, one(HALVES, input)?),
            9..=11 => Self::Say(channel, Word::read(input)?),
            12..=14 => Self::Keep(channel, Word::read(input)?),
            _ => Self::Break(reader),
        })
    }

    /// The bytes that [`Act::read_all`] reads as these.
    #[must_use]
    pub fn write_all(acts: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        for act in acts {
            match *act {
                Self::Publish(update, plan) => out.extend([0, update, plan]),
                Self::Steer(campaign, command) => out.extend([2, campaign, of(&COMMANDS, command)]),
                Self::Bar(reader, bar) => out.extend([3, reader, of(&BARS, bar)]),
                Self::Login(reader, class, states) => {
                    out.extend([4, reader, of(&CLASSES, class)]);
                    states.write(&mut out);
                }
                Self::Half(reader, half) => out.extend([8, reader, of(&HALVES, half)]),
                Self::Say(reader, word) => {
                    out.extend([9, reader]);
                    word.write(&mut out);
                }
                Self::Keep(reader, word) => {
                    out.extend([12, reader]);
                    word.write(&mut out);
                }
                Self::Break(reader) => out.extend([15, reader]),
            }
        }
        out
    }
}

impl States {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.arbitrary::<u8>()? % 8 {
            0 | 7 => Self::Own,
            1 => Self::Zero,
            2 => Self::Of(input.arbitrary()?),
            3 => Self::Above(input.arbitrary()?),
            4 => Self::Below(input.arbitrary()?),
            5 => Self::First(input.arbitrary()?),
            _ => Self::These(input.arbitrary()?),
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Own => out.push(0),
            Self::Zero => out.push(1),
            Self::Of(campaign) => out.extend([2, campaign]),
            Self::Above(campaign) => out.extend([3, campaign]),
            Self::Below(campaign) => out.extend([4, campaign]),
            Self::First(campaign) => out.extend([5, campaign]),
            Self::These([software, authentication, logic]) => {
                out.extend([6, software, authentication, logic]);
            }
        }
    }
}

/// One of these.
pub(super) fn one<T: Copy, const N: usize>(of: [T; N], input: &mut Unstructured<'_>) -> Result<T> {
    Ok(of[usize::from(input.arbitrary::<u8>()?) % N])
}

/// The byte that [`one`] reads as this.
pub(super) fn of<T: PartialEq>(all: &[T], one: T) -> u8 {
    all.iter().position(|known| *known == one).unwrap_or(0) as u8
}

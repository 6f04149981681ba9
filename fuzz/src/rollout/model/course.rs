//! What becomes of one login, message by message: the book's table of how the cloud goes on.

use super::{Campaign, DeliveryState, Model, NOTHING};
use crate::rollout::said::{Heard, Said};
use cardwire_codec::message::{ErrorCode, UpdateState};
use cardwire_peers::cloud::CampaignState;

/// The most bytes that a chunk brings.
const CHUNK_MAX: usize = 400;

/// After how many bytes it is noted how far an update has come.
const NOTED_EVERY: u32 = 16 * 1024;

/// Errors behind which the same update may go well another time.
const AGAIN: [ErrorCode; 4] = [
    ErrorCode::UPDATE_DIGEST,
    ErrorCode::UPDATE_ORDER,
    ErrorCode::UPDATE_TRIAL,
    ErrorCode::STORAGE_FAILED,
];

/// A login.
#[derive(Clone, Debug)]
pub struct Course {
    /// Whose it is.
    pub reader: usize,
    /// What the reader was told last, where it has not answered.
    pub told: Option<Told>,
    /// Campaigns that are over for this login.
    passed: Vec<usize>,
    /// Its software is on trial.
    on_trial: bool,
}

/// A message of the cloud that is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of which campaign.
    pub campaign: usize,
    /// What it was.
    pub step: Step,
    /// Whether the reader had it on trial before.
    was_tried: bool,
    /// At how many bytes it is noted again that it is on its way.
    noted_at: u32,
}

/// What the cloud says of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its manifest.
    Offer,
    /// Some of its bytes.
    Chunk {
        /// Where they begin.
        offset: u32,
        /// How many there are; none before they are heard.
        length: u32,
    },
    /// That it is to be put into force.
    Commit,
}

impl Course {
    /// A login of this reader.
    #[must_use]
    pub fn of(reader: usize) -> Self {
        Self {
            reader,
            told: None,
            passed: Vec::new(),
            on_trial: false,
        }
    }
}

impl Model {
    /// What a reader says to what it was told.
    pub fn takes(&mut self, course: &mut Course, said: &Said) {
        let Some(mut told) = course.told.take() else {
            // Nobody asked.
            return;
        };
        let size = self.campaigns[told.campaign].update.size();
        let end = match said {
            Said::Status { error, .. } if error.0 != 0 => refused(told, *error),
            Said::Status { right: false, .. } => mishap(),
            Said::Status { state, offset, .. } => match next_step(told, *state, *offset, size) {
                Ok(step) => {
                    told.step = step;
                    self.notes(&mut told, course.reader, size);
                    course.told = Some(told);
                    return;
                }
                Err(end) => end,
            },
            Said::Result { error, .. } if error.0 != 0 => unable(*error),
            Said::Result { right, state, .. } => match (told.step, right, state) {
                (Step::Commit, true, UpdateState::Installed) => (DeliveryState::Installed, NOTHING),
                (Step::Commit, true, UpdateState::Trial) => (DeliveryState::Trial, NOTHING),
                _ => mishap(),
            },
            Said::Refusal(error) => refused(told, *error),
            Said::Other(_) => mishap(),
        };
        let (state, reason) = end;
        course.passed.push(told.campaign);
        course.on_trial = state == DeliveryState::Trial;
        if state == DeliveryState::Installed {
            let highest = self.campaigns[told.campaign].update.highest();
            let counters = &mut self.readers[course.reader].counters;
            for (counter, new) in counters.iter_mut().zip(highest) {
                *counter = new.unwrap_or(0).max(*counter);
            }
        }
        self.record(told.campaign, course.reader, state, reason);
    }

    /// Notes that an update is on its way: not at every chunk.
    fn notes(&mut self, told: &mut Told, reader: usize, size: u32) {
        let has = match told.step {
            Step::Offer => 0,
            Step::Chunk { offset, .. } => offset,
            Step::Commit => size,
        };
        if has == 0 || has >= told.noted_at {
            told.noted_at = has + NOTED_EVERY;
            self.record(told.campaign, reader, DeliveryState::Delivering, NOTHING);
        }
    }

    /// What a reader hears next has to be this.
    ///
    /// # Panics
    /// Where it may not hear it.
    pub fn hears(&mut self, course: &mut Course, heard: &Heard) {
        if course.on_trial {
            assert_eq!(
                *heard,
                Heard::Nothing,
                "software is on trial until that is decided"
            );
            return;
        }
        if let Some(told) = course.told.take() {
            if self.goes_on(told.campaign, course.reader) {
                course.told = Some(self.hears_more(told, heard));
                return;
            }
            course.passed.push(told.campaign);
        }
        let waiting = self.waiting(course);
        let Some(campaign) = self.offered(heard) else {
            assert_eq!(
                *heard,
                Heard::Nothing,
                "what comes first of an update is its offer"
            );
            assert!(
                waiting.is_empty(),
                "an update waits for the reader, and is not offered: {waiting:?}"
            );
            return;
        };
        assert!(
            waiting.contains(&campaign),
            "campaign {campaign} is not for this reader now"
        );
        assert!(
            self.state(campaign, course.reader) == Some(DeliveryState::Trial)
                || self.is_in_order(campaign, &waiting),
            "campaign {campaign} shuts out another of {waiting:?}"
        );
        assert!(
            self.is_tried_or_none_is(campaign, &waiting, course.reader),
            "campaign {campaign} is offered while another of {waiting:?} is on trial"
        );
        let Some(to) = self.campaigns[campaign].deliveries.get_mut(&course.reader) else {
            return;
        };
        let was_tried = to.state == DeliveryState::Trial;
        if !was_tried {
            to.state = DeliveryState::Delivering;
        }
        course.told = Some(Told {
            campaign,
            step: Step::Offer,
            was_tried,
            noted_at: 0,
        });
    }

    /// The next message of an update that is on its way.
    fn hears_more(&self, told: Told, heard: &Heard) -> Told {
        let package = &self.campaigns[told.campaign].update.package;
        let step = match (told.step, heard) {
            (
                Step::Chunk { offset, .. },
                Heard::Chunk {
                    digest,
                    offset: at,
                    data,
                },
            ) => {
                let rest = package.content.get(offset as usize..).unwrap_or_default();
                assert_eq!(
                    (digest, *at),
                    (&package.digest, offset),
                    "a chunk is where the reader asked for it"
                );
                assert!(rest.starts_with(data), "a chunk holds the bytes of the content");
                assert!((1..=CHUNK_MAX).contains(&data.len()), "a chunk holds some bytes");
                let length = data.len() as u32;
                Step::Chunk { offset, length }
            }
            (Step::Commit, Heard::Commit { digest }) => {
                assert_eq!(
                    digest, &package.digest,
                    "a commit is of the update that the reader has"
                );
                Step::Commit
            }
            (step, heard) => panic!(
                "{step:?} comes next of campaign {}, and not {heard:?}",
                told.campaign
            ),
        };
        Told { step, ..told }
    }

    /// Whether a campaign was neither stopped nor taken from a reader that is at it.
    fn goes_on(&self, campaign: usize, reader: usize) -> bool {
        let state = self.state(campaign, reader);
        self.campaigns[campaign].state == CampaignState::Running
            && matches!(state, Some(DeliveryState::Delivering | DeliveryState::Trial))
    }

    /// Campaigns that may be offered to a reader now.
    fn waiting(&self, course: &Course) -> Vec<usize> {
        let open = |campaign: &Campaign| {
            let to = campaign.deliveries.get(&course.reader);
            campaign.state == CampaignState::Running && to.is_some_and(super::Delivery::is_open)
        };
        let all = self.campaigns.iter().enumerate();
        let open = all.filter(|(_, campaign)| open(campaign)).map(|(place, _)| place);
        open.filter(|place| !course.passed.contains(place)).collect()
    }

    /// The campaign that an offer is of: manifests differ in class or counters.
    fn offered(&self, heard: &Heard) -> Option<usize> {
        let Heard::Offer { manifest, signature } = heard else {
            return None;
        };
        let is = |campaign: &Campaign| {
            let package = &campaign.update.package;
            package.manifest == *manifest && package.signature == *signature
        };
        let found = self.campaigns.iter().position(is);
        assert!(found.is_some(), "what is offered was published");
        found
    }

    /// Whether a campaign may be offered before all that wait: it does not shut out one that would not shut it out, as far as
    /// there is such a campaign.
    fn is_in_order(&self, campaign: usize, waiting: &[usize]) -> bool {
        let raises = |place: usize| &self.campaigns[place].update.raises;
        let shuts_out = |first: usize, second: usize| {
            let highest = self.campaigns[first].update.highest();
            let is_late = |counter: u32, kind: usize| highest[kind].is_some_and(|first| counter <= first);
            raises(second).iter().any(|part| is_late(part.counter, part.kind))
        };
        let is_free = |place: usize| {
            let goes_first = |other: usize| shuts_out(place, other) && !shuts_out(other, place);
            !waiting.iter().any(|other| *other != place && goes_first(*other))
        };
        is_free(campaign) || !waiting.iter().any(|other| is_free(*other))
    }

    /// Whether a campaign is on trial with a reader, or none that waits is.
    fn is_tried_or_none_is(&self, campaign: usize, waiting: &[usize], reader: usize) -> bool {
        let is_tried = |place: usize| self.state(place, reader) == Some(DeliveryState::Trial);
        is_tried(campaign) || !waiting.iter().any(|other| is_tried(*other))
    }
}

type End = (DeliveryState, (ErrorCode, u16));

/// Where an update goes on after a status without error, or how it ends.
fn next_step(told: Told, state: UpdateState, offset: u32, size: u32) -> Result<Step, End> {
    use UpdateState::{Installed, None, Received, Receiving, Trial};
    let gets_on = match told.step {
        Step::Offer => offset < size,
        Step::Chunk { offset: before, .. } => before < offset && offset < size,
        Step::Commit => false,
    };
    match (told.step, state) {
        // It had all of it, and has gone back to what was before.
        (Step::Offer, None | Receiving | Received) if told.was_tried => Err((DeliveryState::Failed, NOTHING)),
        (Step::Offer, Installed) => Err((DeliveryState::Installed, NOTHING)),
        (Step::Offer, Trial) => Err((DeliveryState::Trial, NOTHING)),
        (Step::Offer | Step::Chunk { .. }, Received) => Ok(Step::Commit),
        (Step::Offer | Step::Chunk { .. }, Receiving) if gets_on => Ok(Step::Chunk { offset, length: 0 }),
        _ => Err(mishap()),
    }
}

/// What the reader says is wrong with an offer, a chunk or a commit. To one that has the update on trial an offer of it tells
/// nothing.
fn refused(told: Told, error: ErrorCode) -> End {
    if told.was_tried && told.step == Step::Offer {
        return (DeliveryState::Trial, NOTHING);
    }
    unable(error)
}

fn unable(error: ErrorCode) -> End {
    let state = if AGAIN.contains(&error) {
        DeliveryState::Failed
    } else {
        DeliveryState::Refused
    };
    (state, (error, DETAIL))
}

/// What a reader says of every error.
pub const DETAIL: u16 = 7;

/// The reader does not keep to the protocol.
fn mishap() -> End {
    (DeliveryState::Failed, (ErrorCode::UNEXPECTED, 0))
}

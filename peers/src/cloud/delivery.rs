//! Updates on their way to one reader: offer, chunks, commit; each waits for the reader's word.
//!
//! It is the reader that says where to go on (CW-UPD-004), so that an update that was broken off resumes by itself.
//! A reader that does not get on is left alone until its next login.

use super::{
    campaign::{Campaign, CampaignId, DeliveryState},
    registry::{Registry, RegistryError},
};
use crate::encoded;
use cardwire_codec::{
    EncodeError, Extensions,
    message::{
        ChannelAnswer, ChannelError, ErrorCode, UpdateChunk, UpdateCommit, UpdateOffer, UpdateResult,
        UpdateState, UpdateStatus,
    },
};

/// After how many bytes the database hears how far an update has come; a note at every chunk would cost more than the
/// update.
const NOTE_EVERY: u32 = 16 * 1024;

/// Updates on their way to one reader.
#[derive(Debug)]
pub(super) struct Deliveries {
    reader: String,
    current: Option<Current>,
    /// Campaigns that are over for this login.
    passed: Vec<CampaignId>,
    /// The reader has software on trial, and takes nothing else until that is decided.
    on_trial: bool,
}

#[derive(Debug)]
struct Current {
    campaign: Campaign,
    step: Step,
    /// Whether a message is out that the reader has not answered.
    waiting: bool,
    noted: u32,
}

/// What is sent next, or was sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Offer,
    Chunk { offset: u32 },
    Commit,
}

/// How a delivery ends.
struct End {
    state: DeliveryState,
    reason: (ErrorCode, u16),
}

impl Deliveries {
    pub(super) fn to(reader: String) -> Self {
        Self {
            reader,
            current: None,
            passed: Vec::new(),
            on_trial: false,
        }
    }

    /// Whether a message is out that the reader has not answered.
    pub(super) fn is_waiting(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.waiting)
    }

    /// The next message for the reader; `None` where there is no more.
    pub(super) fn next(&mut self, registry: &Registry) -> Result<Option<Vec<u8>>, RegistryError> {
        if self.on_trial {
            return Ok(None);
        }
        loop {
            if self.current.is_none() {
                let next = registry.next_campaign(&self.reader, &self.passed)?;
                let Some(campaign) = next else { return Ok(None) };
                self.current = Some(Current {
                    campaign,
                    step: Step::Offer,
                    waiting: false,
                    noted: 0,
                });
            }
            let Some(current) = &mut self.current else {
                return Ok(None);
            };
            if !registry.goes_on(current.campaign.id, &self.reader)? {
                // It was stopped, or taken from this reader: what the reader has stays there, and nothing is recorded.
                self.passed.push(current.campaign.id);
                self.current = None;
                continue;
            }
            match current.message(registry)? {
                Ok(message) => {
                    current.waiting = true;
                    return Ok(Some(message));
                }
                // A campaign that has no encoding would block all others.
                Err(_) => self.end(registry, End::failed(ErrorCode::MALFORMED))?,
            }
        }
    }

    /// Takes what the reader says to the last message.
    pub(super) fn take(
        &mut self,
        registry: &Registry,
        answer: &ChannelAnswer<'_>,
    ) -> Result<(), RegistryError> {
        let Some(current) = self.current.as_mut().filter(|current| current.waiting) else {
            // Nobody asked; nothing is changed.
            return Ok(());
        };
        current.waiting = false;
        let end = match answer {
            ChannelAnswer::UpdateStatus(status) => current.status(status),
            ChannelAnswer::UpdateResult(result) => Some(current.result(result)),
            ChannelAnswer::ChannelError(ChannelError { code, detail, .. }) => {
                Some(current.refused(*code, *detail))
            }
            ChannelAnswer::LoginConfirm(_) | ChannelAnswer::JobSecretsAnswer(_) => {
                Some(End::failed(ErrorCode::UNEXPECTED))
            }
        };
        match end {
            Some(end) => self.end(registry, end),
            None => self.note(registry),
        }
    }

    fn end(&mut self, registry: &Registry, end: End) -> Result<(), RegistryError> {
        let Some(current) = self.current.take() else {
            return Ok(());
        };
        self.passed.push(current.campaign.id);
        self.on_trial = end.state == DeliveryState::Trial;
        let offset = match end.state {
            DeliveryState::Installed | DeliveryState::Trial => current.campaign.size,
            DeliveryState::Pending
            | DeliveryState::Delivering
            | DeliveryState::Failed
            | DeliveryState::Refused
            | DeliveryState::Withdrawn => current.offset(),
        };
        registry.record(current.campaign.id, &self.reader, end.state, offset, end.reason)
    }

    fn note(&mut self, registry: &Registry) -> Result<(), RegistryError> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let offset = current.offset();
        if offset != 0 && offset < current.noted {
            return Ok(());
        }
        current.noted = offset.saturating_add(NOTE_EVERY);
        let id = current.campaign.id;
        registry.record(
            id,
            &self.reader,
            DeliveryState::Delivering,
            offset,
            (ErrorCode(0), 0),
        )
    }
}

impl Current {
    /// The message of this step; the inner error is that of an update that no message can carry.
    fn message(&self, registry: &Registry) -> Result<Result<Vec<u8>, EncodeError>, RegistryError> {
        let Campaign {
            id,
            manifest,
            signature,
            digest,
            ..
        } = &self.campaign;
        let extensions = Extensions::NONE;
        Ok(match self.step {
            Step::Offer => encoded(&UpdateOffer {
                manifest,
                signature,
                extensions,
            }),
            Step::Chunk { offset } => {
                let data = &registry.content(*id, offset)?;
                encoded(&UpdateChunk {
                    digest,
                    offset,
                    data,
                    extensions,
                })
            }
            Step::Commit => encoded(&UpdateCommit { digest, extensions }),
        })
    }

    fn offset(&self) -> u32 {
        match self.step {
            Step::Offer => 0,
            Step::Chunk { offset } => offset,
            Step::Commit => self.campaign.size,
        }
    }

    /// Goes on as the reader's status says, or ends.
    fn status(&mut self, status: &UpdateStatus<'_>) -> Option<End> {
        if status.error.0 != 0 {
            return Some(self.refused(status.error, status.detail));
        }
        if *status.digest != self.campaign.digest {
            return Some(End::failed(ErrorCode::UNEXPECTED));
        }
        match (self.step, status.state) {
            // It had all of it, on trial, and has gone back to what was before.
            (Step::Offer, UpdateState::None | UpdateState::Receiving | UpdateState::Received)
                if self.campaign.on_trial =>
            {
                return Some(End::failed(ErrorCode(0)));
            }
            (Step::Offer | Step::Chunk { .. }, UpdateState::Received) => self.step = Step::Commit,
            // The word of its commit was lost.
            (Step::Offer, UpdateState::Installed) => return Some(End::installed()),
            (Step::Offer, UpdateState::Trial) => return Some(End::of(DeliveryState::Trial)),
            (Step::Offer, UpdateState::Receiving) if status.next_offset < self.campaign.size => {
                self.step = Step::Chunk {
                    offset: status.next_offset,
                };
            }
            // Every chunk must bring the reader on, or this would never end.
            (Step::Chunk { offset }, UpdateState::Receiving)
                if offset < status.next_offset && status.next_offset < self.campaign.size =>
            {
                self.step = Step::Chunk {
                    offset: status.next_offset,
                };
            }
            (Step::Offer | Step::Chunk { .. } | Step::Commit, _) => {
                return Some(End::failed(ErrorCode::UNEXPECTED));
            }
        }
        None
    }

    /// What is wrong with an offer, a chunk or a commit. A reader that has the update on trial has no use for an offer; what
    /// became of the trial is told by its counters, or by its answer to a later one.
    fn refused(&self, code: ErrorCode, detail: u16) -> End {
        if self.campaign.on_trial && self.step == Step::Offer {
            return End::of(DeliveryState::Trial);
        }
        End::by(code, detail)
    }

    /// What became of a commit.
    fn result(&self, result: &UpdateResult<'_>) -> End {
        if result.error.0 != 0 {
            End::by(result.error, result.detail)
        } else if self.step != Step::Commit || *result.digest != self.campaign.digest {
            End::failed(ErrorCode::UNEXPECTED)
        } else {
            match result.state {
                UpdateState::Installed => End::installed(),
                UpdateState::Trial => End::of(DeliveryState::Trial),
                UpdateState::None | UpdateState::Receiving | UpdateState::Received => {
                    End::failed(ErrorCode::UNEXPECTED)
                }
            }
        }
    }
}

impl End {
    /// What the reader says is wrong. Some of it may go well another time; the rest would be refused again.
    fn by(code: ErrorCode, detail: u16) -> Self {
        let again = [
            ErrorCode::UPDATE_DIGEST,
            ErrorCode::UPDATE_ORDER,
            ErrorCode::UPDATE_TRIAL,
            ErrorCode::STORAGE_FAILED,
        ];
        let state = if again.contains(&code) {
            DeliveryState::Failed
        } else {
            DeliveryState::Refused
        };
        Self {
            state,
            reason: (code, detail),
        }
    }

    fn installed() -> Self {
        Self::of(DeliveryState::Installed)
    }

    fn of(state: DeliveryState) -> Self {
        Self {
            state,
            reason: (ErrorCode(0), 0),
        }
    }

    fn failed(code: ErrorCode) -> Self {
        Self {
            state: DeliveryState::Failed,
            reason: (code, 0),
        }
    }
}

#[cfg(test)]
mod tests;

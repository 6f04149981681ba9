//! Secrets of a card on their way to one reader: sent when a client asks, and answered by the reader.

use super::{
    channel::Channel,
    registry::{Asked, Registry, RegistryError},
};
use crate::encoded;
use cardwire_codec::{
    Extensions,
    message::{ChannelAnswer, ChannelError, CloudSecrets, ErrorCode, JobSecrets, JobSecretsAnswer},
};
use zeroize::Zeroizing;

/// Refusals of one login that are written down; a client that goes on guessing does not fill the disk with it.
const NOTED_MAX: u32 = 16;

/// Reader and client.
type Names = (String, String);

/// The secrets of one login.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// The job whose secrets are out and that the reader has not answered.
    waiting: Option<[u8; 16]>,
    refused: u32,
}

impl Secrets {
    /// Whether secrets are out that the reader has not answered.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// What is asked for, sealed for the reader.
    ///
    /// # Errors
    /// `secrets-refused` where there are none, or none for this client.
    pub(super) fn seal(
        &mut self,
        registry: &Registry,
        (reader, client): &Names,
        channel: &mut Channel,
        asked: &CloudSecrets<'_>,
    ) -> Result<Vec<u8>, ErrorCode> {
        let &CloudSecrets {
            job, service, card, ..
        } = asked;
        if self.refused >= NOTED_MAX {
            return Err(ErrorCode::SECRETS_REFUSED);
        }
        let given = registry.give_secrets(Asked {
            reader,
            client,
            card: card.as_str(),
            service,
            job,
        });
        let Some(parameters) = given.map_err(|_| ErrorCode::UNREACHABLE)? else {
            self.refused += 1;
            return Err(ErrorCode::SECRETS_REFUSED);
        };
        let message = encoded(&JobSecrets {
            job,
            service,
            parameters: &parameters,
            extensions: Extensions::NONE,
        })
        .map(Zeroizing::new)
        .map_err(|_| ErrorCode::UNREACHABLE)?;
        let sealed = channel.seal(&message).ok_or(ErrorCode::LOGIN_EXPIRED)?;
        self.waiting = Some(*job);
        Ok(sealed)
    }

    /// Takes what the reader says to them.
    pub(super) fn take(
        &mut self,
        registry: &Registry,
        (reader, client): &Names,
        answer: &ChannelAnswer<'_>,
    ) -> Result<(), RegistryError> {
        let Some(waiting) = self.waiting.take() else {
            return Ok(());
        };
        let (outcome, why) = match answer {
            ChannelAnswer::JobSecretsAnswer(JobSecretsAnswer { job, .. }) if **job == waiting => {
                ("taken", String::new())
            }
            ChannelAnswer::ChannelError(ChannelError { code, .. }) => ("not taken", format!(": {code}")),
            ChannelAnswer::JobSecretsAnswer(_)
            | ChannelAnswer::LoginConfirm(_)
            | ChannelAnswer::UpdateStatus(_)
            | ChannelAnswer::UpdateResult(_) => ("not taken", ": the reader answers something else".into()),
        };
        let job: String = waiting.iter().map(|byte| format!("{byte:02x}")).collect();
        registry.note_secrets(reader, client, outcome, &format!("job {job}{why}"))
    }
}

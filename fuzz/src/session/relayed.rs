//! What a reader may say to relayed bytes: the login, and the channel with the cloud after it.

use super::{
    judge::Around,
    model::{Login, Model, Sealed},
    services::{NEW, NOBODYS, PACKAGES, SERVICES},
};
use crate::world::people::PEOPLE;
use cardwire_codec::{
    Message,
    message::{
        Answer, ChannelAnswer, ChannelRequest, ErrorCode, LoginConfirm, LoginOutcome, LoginResult,
        SessionState, UpdateState,
    },
};

/// Judges the answer to relayed bytes.
///
/// # Panics
/// Where it is not what the rules allow.
pub fn judge_relay(model: &mut Model, payload: &[u8], read: &Answer<'_>, around: &mut Around<'_, '_>) {
    let live = model.live.as_mut().expect("the request has come in a session");
    let refused = match read {
        Answer::Error(error) => Some(error.code),
        Answer::RelayAnswer(_) => None,
        _ => panic!("relayed bytes are not answered with {read:?}"),
    };
    let said: &[u8] = match read {
        Answer::RelayAnswer(answer) => answer.payload,
        _ => &[],
    };
    let stated = match read {
        Answer::RelayAnswer(answer) => Some(answer.state),
        _ => None,
    };
    match core::mem::replace(&mut live.login, Login::None) {
        Login::None => {
            assert_eq!(
                refused,
                Some(ErrorCode::LOGIN_EXPIRED),
                "without a login nothing is relayed"
            );
        }
        Login::Begun(_, _, Some((second, mut cloud))) if second == payload => {
            assert_eq!(
                (refused, stated),
                (None, Some(SessionState::Login)),
                "the cloud's own handshake message goes on with the login"
            );
            let confirm = cloud.open(said).expect("login_confirm is sealed for the cloud");
            let confirm = LoginConfirm::decode(&confirm).expect("the first message is login_confirm");
            assert_eq!(
                (confirm.reader_id.as_str(), confirm.client_id.as_str()),
                (PEOPLE.reader_id.as_str(), live.client_id()),
                "it names reader and client"
            );
            assert_eq!(
                confirm.logic_counter, model.counter,
                "and the counter that is in force"
            );
            live.login = Login::Confirming(cloud);
        }
        Login::Begun(..) => {
            assert_eq!(
                refused,
                Some(ErrorCode::CLOUD_NOT_AUTHENTICATED),
                "only the cloud goes on with a login"
            );
            live.drop_login();
        }
        Login::Confirming(mut cloud) => {
            let result = genuine(&live.relayed, cloud.sent, payload);
            let result = result.and_then(|message| LoginResult::decode(message).ok());
            let expected = match &result {
                None => Some(ErrorCode::CLOUD_NOT_AUTHENTICATED),
                Some(result)
                    if result.reader_id != *PEOPLE.reader_id.as_str()
                        || result.client_id != *live.client_id() =>
                {
                    Some(ErrorCode::LOGIN_MISMATCH)
                }
                Some(result) if result.outcome == LoginOutcome::Denied => Some(ErrorCode::LOGIN_DENIED),
                Some(_) => None,
            };
            assert_eq!(refused, expected, "a login ends as its result says");
            let Some(result) = result.filter(|_| expected.is_none()) else {
                live.drop_login();
                return;
            };
            assert_eq!(
                (stated, said),
                (Some(SessionState::Serving), &[][..]),
                "a reader that is logged in serves"
            );
            let has_new = model.installed.contains(&1);
            let has =
                |service| SERVICES.contains(&service) && service != NOBODYS && (service != NEW || has_new);
            let granted = |service| result.all_services || result.services.iter().any(|id| id == service);
            let mut enabled: Vec<cardwire_codec::message::Offer> = Vec::new();
            for offer in &live.offers {
                let again = enabled.iter().any(|known| known.service == offer.service);
                if !again && has(offer.service) && granted(offer.service) {
                    enabled.push(*offer);
                }
            }
            live.enabled = enabled;
            live.expiry = Some(around.now + u64::from(result.lifetime) * 1000);
            live.login_deadline = None;
            live.state = SessionState::Serving;
            cloud.sent += 1;
            live.login = Login::Open(cloud);
        }
        Login::Open(mut cloud) => {
            let Some(message) = genuine(&live.relayed, cloud.sent, payload).map(<[u8]>::to_vec) else {
                assert_eq!(
                    refused,
                    Some(ErrorCode::CLOUD_NOT_AUTHENTICATED),
                    "what the cloud has not sealed ends its channel"
                );
                return;
            };
            assert_eq!(
                (refused, stated),
                (None, Some(SessionState::Serving)),
                "an authentic message of the cloud is answered inside its channel"
            );
            cloud.sent += 1;
            let answer = cloud.open(said).expect("the answer is sealed for the cloud");
            live.login = Login::Open(cloud);
            let answer = ChannelAnswer::decode(&answer).expect("the answer is one of this version");
            around.log.line(|| format!("  to the cloud: {answer:?}"));
            judge_channel(model, &message, &answer);
        }
    }
}

/// The message that the cloud has sealed to these bytes under this number.
fn genuine<'s>(relayed: &'s [Sealed], number: u64, payload: &[u8]) -> Option<&'s [u8]> {
    let sealed = relayed
        .iter()
        .find(|sealed| sealed.number == number && sealed.payload == payload);
    sealed.map(|sealed| &sealed.message[..])
}

fn judge_channel(model: &mut Model, message: &[u8], answer: &ChannelAnswer<'_>) {
    let error = match answer {
        ChannelAnswer::ChannelError(error) => Some((error.code, error.detail)),
        _ => None,
    };
    let request = match ChannelRequest::decode(message) {
        Ok(request) => request,
        Err(broken) => {
            let expected = Some((ErrorCode::MALFORMED, u16::from(broken.rule.value())));
            assert_eq!(error, expected, "a malformed message is answered with its rule");
            return;
        }
    };
    match (&request, answer) {
        (ChannelRequest::LoginResult(_), _) => {
            assert_eq!(
                error.map(|error| error.0),
                Some(ErrorCode::UNEXPECTED),
                "login_result answers login_confirm"
            );
        }
        (ChannelRequest::JobSecrets(secrets), ChannelAnswer::JobSecretsAnswer(taken)) => {
            assert_eq!(taken.job, secrets.job, "secrets are taken for their job");
            let live = model.live.as_ref().expect("the request has come in a session");
            assert!(
                live.enabled(secrets.service).is_some(),
                "secrets are for a service that is enabled"
            );
        }
        (ChannelRequest::JobSecrets(_), ChannelAnswer::ChannelError(_)) => {}
        (
            ChannelRequest::UpdateOffer(_) | ChannelRequest::UpdateChunk(_) | ChannelRequest::UpdateQuery(_),
            ChannelAnswer::UpdateStatus(status),
        ) => {
            if let ChannelRequest::UpdateOffer(offer) = request {
                let known = PACKAGES.iter().find(|package| package.manifest == offer.manifest);
                let right = known.is_some_and(|package| package.signature == *offer.signature);
                if status.error == ErrorCode(0) {
                    assert!(right, "an offer is taken where the authority has signed it");
                }
            }
        }
        (ChannelRequest::UpdateCommit(commit), ChannelAnswer::UpdateResult(result)) => {
            let place = PACKAGES
                .iter()
                .position(|package| package.digest == *commit.digest);
            if result.error == ErrorCode(0) {
                assert_eq!(
                    result.state,
                    UpdateState::Installed,
                    "logic is in force when its commit has succeeded"
                );
                let place = place.expect("what is put into force is a package of the authority");
                let package = &PACKAGES[place];
                assert!(package.genuine, "what is put into force is whole and right");
                if !model.installed.contains(&place) || model.counter < package.counters[2] {
                    assert!(package.counters[2] > model.counter, "versions never go back");
                    model.counter = package.counters[2];
                    model.installed.push(place);
                }
            }
            if !model.faulted {
                assert_eq!(
                    result.logic_counter, model.counter,
                    "the counters are those in force"
                );
            } else {
                assert!(result.logic_counter >= model.counter, "counters never go back");
            }
        }
        _ => panic!("{request:?} is not answered with {answer:?}"),
    }
}

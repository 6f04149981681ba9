//! The way in: connects and logins, right and wrong.

use super::{Came, Hand};
use crate::{
    cases::programs,
    sequence::model::Act,
    tester::{Attempt, Login, Outcome, Silence, Tester},
    verdict::Step,
};
use cardwire_peers::{cloud::Channel, identity::Key};

impl Hand {
    pub(super) fn connect(&mut self, tester: &mut Tester, act: Act) -> Step<Came> {
        let outcome = match act {
            Act::Connect => self.connect_right(tester, 0)?,
            Act::ConnectOther => self.connect_right(tester, 1)?,
            _ => {
                let attempt = wrong_attempt(tester, act)?;
                tester.try_connect(&attempt)?
            }
        };
        let Outcome {
            accepted,
            number,
            message,
            answer,
        } = outcome;
        if accepted {
            self.connect = Some((number, message, answer.line.clone()));
            self.history.clear();
            self.begun = None;
            // The repeat of a frame of the session before is a frame under a wrong number, or a forged one.
            self.last_request = None;
        }
        Ok(Came::Answer(answer))
    }

    fn connect_right(&self, tester: &mut Tester, client: usize) -> Step<Outcome> {
        if self.patient {
            tester.connect_as(client)
        } else {
            tester.try_right_connect(client)
        }
    }

    pub(super) fn connect_again(&mut self, tester: &mut Tester, silence: Silence) -> Step<Came> {
        let Some((number, message, line)) = self.connect.clone() else {
            return self.connect(tester, Act::ConnectWrongKey);
        };
        let (_, answer) = tester.exchange("clear", number, &message, silence)?;
        Ok(match answer {
            None => Came::Silence,
            Some(answer) if answer.name == "connect_answer" => Came::Again {
                same: answer.line == line,
                answer,
            },
            Some(answer) => Came::Answer(answer),
        })
    }

    pub(super) fn login_second(&mut self, tester: &mut Tester, silence: Silence) -> Step<Came> {
        let (payload, channel): (Vec<u8>, Option<Channel>) = match &self.begun {
            Some(begun) => {
                let (second, channel) = tester.answer_as_cloud(begun)?;
                (second, Some(channel))
            }
            None => (tester.random.bytes(48), None),
        };
        let before = tester.take_cloud(channel);
        let answer = self.relay(tester, &payload, silence)?;
        // What the reader did not take makes no channel: the one before stands, if it does.
        if answer
            .as_ref()
            .is_none_or(|answer| answer.name != "login_confirm")
        {
            tester.take_cloud(before);
        }
        self.take(tester, &[], answer)
    }
}

/// A connect that is wrong in the way of this act.
fn wrong_attempt(tester: &mut Tester, act: Act) -> Step<Attempt> {
    let right = Attempt::right(tester.client(0)?);
    Ok(match act {
        Act::ConnectUnknownClient => {
            let mut strange = right;
            strange.client.id = "NOBODY".into();
            strange
        }
        Act::ConnectUnknownGeneration => {
            let mut strange = right;
            strange.client.generation = 0xFFFF_FFFF;
            strange
        }
        Act::ConnectUnknownMethod => Attempt {
            method: 0x7F,
            ..right
        },
        _ => Attempt {
            key: Some(Key::new(tester.random.array())),
            ..right
        },
    })
}

/// The cloud's word on a login.
pub(super) fn login_result(tester: &mut Tester, act: Act) -> Step<Vec<u8>> {
    let login = Login {
        outcome: if act == Act::LoginDenied {
            "denied"
        } else {
            "success"
        },
        reader_id: (act == Act::LoginForeign).then(|| "SOMEBODY-ELSE".into()),
        grants: (act == Act::LoginLimited).then(|| vec![programs::IDENTIFY]),
        ..Login::default()
    };
    tester.login_result_message(&login)
}

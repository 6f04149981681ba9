//! What a reader may say to a frame, by the rows of the schema's machine `session`, and what is true after it.

use super::{
    model::{Live, Login, Model},
    requests::judge_request,
};
use crate::world::{
    ends::{Attempt, FIRST_EVENT},
    log::Log,
    people::PEOPLE,
};
use cardwire_codec::{
    Message,
    message::{
        ClearRequest, ConnectAnswer, Event, FrameKind, HelloAnswer, Refusal, SessionState,
        limits::{FAILURES_MAX, T_BACKOFF_MS},
    },
};
use cardwire_peers::link::OwnedFrame;

/// A connect that is right for the challenge that it was made for, and whose it is.
#[derive(Debug)]
pub struct RightConnect {
    /// Its message and handshake.
    pub attempt: Attempt,
    /// Which client.
    pub client: usize,
    /// The answer to hello that it was made for.
    pub hello_answer: Vec<u8>,
}

/// What the judge needs beside the model.
pub struct Around<'a, 'l> {
    /// The time.
    pub now: u64,
    /// The connects that are right; one is used up when it is accepted.
    pub connects: &'a mut Vec<RightConnect>,
    /// All that the client could read.
    pub read: &'a mut Vec<u8>,
    /// Whether a module had a supply before the frame came.
    pub supplied: bool,
    /// How modules stand, for reader_status.
    pub may_state:
        &'a dyn Fn(cardwire_codec::message::ModuleId, cardwire_codec::message::WorkingState) -> bool,
    /// For people.
    pub log: &'a Log<'l>,
}

/// Judges what was said to one frame.
///
/// # Panics
/// Where it is not what the rules allow.
pub fn judge_frame(
    model: &mut Model,
    frame: &OwnedFrame,
    said: Vec<OwnedFrame>,
    around: &mut Around<'_, '_>,
) {
    model.time(around.now);
    match frame.kind {
        FrameKind::Clear => judge_clear(model, frame, said, around),
        FrameKind::Sealed if model.live.is_none() => {
            let said = without_events(model, said, around);
            is_refusal(frame, &said, "without a session no sealed frame is read");
        }
        FrameKind::Sealed => judge_sealed(model, frame, said, around),
    }
}

/// Takes the events out of what was said, and holds them to their rules.
///
/// # Panics
/// Where one is none.
pub fn without_events(
    model: &mut Model,
    said: Vec<OwnedFrame>,
    around: &mut Around<'_, '_>,
) -> Vec<OwnedFrame> {
    let mut answers = Vec::new();
    for frame in said {
        if frame.kind == FrameKind::Clear || frame.number < FIRST_EVENT {
            answers.push(frame);
            continue;
        }
        let live = model.live.as_mut().expect("events are told in a session only");
        assert!(
            live.event.is_none_or(|last| frame.number > last),
            "the numbers of events ascend"
        );
        live.event = Some(frame.number);
        let message = live.end.open(frame.number, &frame.payload);
        let message = message.expect("an event is sealed under the session's keys");
        around.read.extend_from_slice(&message);
        match Event::decode(&message).expect("an event is one of this version") {
            Event::Progress(progress) => {
                around.log.line(|| format!("  event {progress:?}"));
                let job = model.job_mut(progress.job);
                let job = job.expect("only a job that was accepted makes progress");
                if progress.state == cardwire_codec::message::JobState::Done {
                    job.runs = false;
                } else {
                    assert!(job.runs, "a job that has ended makes no progress");
                }
            }
            Event::CardEvent(event) => {
                around.log.line(|| format!("  event {event:?}"));
            }
        }
    }
    answers
}

fn judge_clear(model: &mut Model, frame: &OwnedFrame, said: Vec<OwnedFrame>, around: &mut Around<'_, '_>) {
    match ClearRequest::decode(&frame.payload) {
        Ok(ClearRequest::Hello(hello)) => {
            let said = without_events(model, said, around);
            let answer = one_answer(frame, &said, "hello is answered in every state");
            if answer == [Refusal::CODE] && model.challenge.is_none() && model.faulted {
                // Without a challenge there is nobody to say hello to.
                return;
            }
            let common = hello.versions.iter().any(|version| version == 1);
            judge_hello(model, answer, common);
        }
        Ok(ClearRequest::Connect(_)) => judge_connect(model, frame, said, around),
        Err(_) => {
            let said = without_events(model, said, around);
            if frame.payload.first().is_some_and(|code| code & 0x80 != 0) {
                assert!(said.is_empty(), "what has the code of an answer is not answered");
            } else {
                is_refusal(frame, &said, "whatever else arrives in clear is refused");
            }
        }
    }
}

fn judge_hello(model: &mut Model, answer: &[u8], common: bool) {
    let read = HelloAnswer::decode(answer).expect("hello is answered with hello_answer");
    assert_eq!(
        read.version,
        u8::from(common),
        "the highest common version, or none"
    );
    assert_eq!(
        read.reader_id.as_str(),
        PEOPLE.reader_id,
        "the reader says who it is"
    );
    let challenge = *read.challenge;
    match model.challenge {
        Some(before) => assert_eq!(
            before, challenge,
            "the challenge changes with an accepted connect and at boot only"
        ),
        None => {
            assert!(
                !model.challenges.contains(&challenge),
                "a challenge does not come again"
            );
            model.challenges.push(challenge);
            model.challenge = Some(challenge);
        }
    }
    if common {
        model.hello_answer = Some(answer.to_vec());
    }
}

fn judge_connect(model: &mut Model, frame: &OwnedFrame, said: Vec<OwnedFrame>, around: &mut Around<'_, '_>) {
    let repeated = model.live.as_ref().is_some_and(|live| {
        let (number, payload, _) = &live.connect;
        live.next == 0 && (*number, payload) == (frame.number, &frame.payload)
    });
    let right = around.connects.iter().position(|right| {
        right.attempt.connect == frame.payload && model.hello_answer.as_ref() == Some(&right.hello_answer)
    });
    // What was accepted may be said before events of the session before are counted: none can follow it.
    let said: Vec<OwnedFrame> = match said.first().map(|first| &first.payload) {
        Some(payload) if payload.first() == Some(&ConnectAnswer::CODE) => said,
        _ => without_events(model, said, around),
    };
    let answer = one_answer(frame, &said, "a connect is answered");
    if repeated {
        let live = model
            .live
            .as_ref()
            .expect("it has repeated the connect of a session");
        assert_eq!(answer, live.connect.2, "a repeat is answered with the same bytes");
        return;
    }
    let Some(right) = right else {
        assert_eq!(
            answer,
            [Refusal::CODE],
            "a connect that nobody with a key has made is refused"
        );
        model.backed_off = model.backed_off.max(around.now + T_BACKOFF_MS);
        model.failed = true;
        return;
    };
    if answer == [Refusal::CODE] {
        assert!(
            around.now < model.backed_off || model.faulted,
            "a right connect is refused during a back-off only"
        );
        // It may count as a failure where there was no randomness for it.
        if model.faulted {
            model.backed_off = around.now + T_BACKOFF_MS;
            model.failed = true;
        }
        return;
    }
    let RightConnect { attempt, client, .. } = around.connects.remove(right);
    let read = ConnectAnswer::decode(answer).expect("a connect is answered with connect_answer");
    let end = attempt
        .finish(read.handshake)
        .expect("both ends have the same keys");
    around.log.line(|| "  connected".to_owned());
    model.forget_challenge();
    (model.backed_off, model.failed) = (0, model.faulted && model.failed);
    model.live = Some(Live {
        end,
        client,
        state: SessionState::Connected,
        next: 0,
        last: None,
        sealed: Vec::new(),
        failures: 0,
        heard: around.now,
        event: None,
        login: Login::None,
        login_deadline: None,
        offers: Vec::new(),
        enabled: Vec::new(),
        expiry: None,
        connect: (frame.number, frame.payload.clone(), answer.to_vec()),
        relayed: Vec::new(),
    });
}

fn judge_sealed(model: &mut Model, frame: &OwnedFrame, said: Vec<OwnedFrame>, around: &mut Around<'_, '_>) {
    let Some(live) = &mut model.live else { return };
    let sealed = live
        .sealed
        .iter()
        .find(|sealed| sealed.number == frame.number && sealed.payload == frame.payload);
    let request = sealed.filter(|sealed| sealed.number == live.next).cloned();
    if let Some(request) = request {
        live.next += 1;
        live.heard = around.now;
        judge_request(model, &request, said, around);
        return;
    }
    let last = live.last.as_ref();
    let repeat = last.filter(|(payload, _)| frame.number + 1 == live.next && *payload == frame.payload);
    if let Some((_, answer)) = repeat.cloned() {
        let said = without_events(model, said, around);
        let again = one_answer(frame, &said, "a repeat is answered");
        assert_eq!(again, answer, "a repeat is answered with the same bytes");
        return;
    }
    live.failures += 1;
    let ended = live.failures >= FAILURES_MAX;
    let said = without_events(model, said, around);
    assert!(said.is_empty(), "a sealed frame that is no request is dropped");
    if ended {
        model.end_session();
    }
}

/// The one answer, in a frame of the same kind and number.
///
/// # Panics
/// Where it is not one.
pub fn one_answer<'s>(frame: &OwnedFrame, said: &'s [OwnedFrame], why: &str) -> &'s [u8] {
    let [answer] = said else {
        panic!("{why}, once: {said:?}");
    };
    assert_eq!(
        (answer.kind, answer.number),
        (frame.kind, frame.number),
        "an answer has kind and number of what it answers"
    );
    &answer.payload
}

fn is_refusal(frame: &OwnedFrame, said: &[OwnedFrame], why: &str) {
    let [answer] = said else {
        panic!("{why}: it is refused, once: {said:?}");
    };
    assert_eq!(
        (answer.kind, answer.number, &answer.payload[..]),
        (FrameKind::Clear, frame.number, &[Refusal::CODE][..]),
        "{why}: it is refused in clear"
    );
}

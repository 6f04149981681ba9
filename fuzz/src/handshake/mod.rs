//! Both handshakes with somebody in between: on the line between client and reader, and between client and cloud. The
//! client, the cloud and the reader are the project's own, with real keys; the input says what becomes of each message.
//! An empty input is a way in without interference.
//!
//! The ends draw their ephemeral keys from the operating system, as they do outside. What happens does not depend on them:
//! whoever alters a message alters a place of it, whatever stands there.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`acts`] | what the one in between does, out of bytes and into them |
//! | [`between`] | reader, line and clock, and the way to the cloud |

pub mod acts;
pub mod between;

use crate::{
    Seed,
    session::{begin, inputs::Beginning},
    world::{
        board::Board,
        log::{Log, explained},
        people::PEOPLE,
    },
};
use acts::Act;
use between::{Between, Shared, ToCloud};
use cardwire_codec::{
    Message,
    message::{Connect, Format, Offer, ReaderStatusAnswer, ServiceId, SessionState},
};
use cardwire_peers::{
    Client, Cloud, Link,
    client::{ClientError, Session},
    cloud::{Conversation, Granted},
};
use core::cell::RefCell;
use std::sync::Arc;

/// Executions that share a cloud: its audit log grows with each.
const SHARING: u32 = 256;

const OFFERS: [Offer; 2] = [offer(ServiceId::CARD_IDENTIFY), offer(ServiceId::SUBSCRIBER_READ)];

const fn offer(service: ServiceId) -> Offer {
    Offer {
        service,
        format: Format::NATIVE,
    }
}

/// Plays what the bytes say.
///
/// # Panics
/// Where a session comes about on which the ends do not agree, something altered has an effect, or the way in stays shut
/// when the one in between has gone.
pub fn handshake(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| {
        run(bytes, log);
    })
}

/// How far a way in came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The reader served in spite of the one in between.
    pub disturbed: bool,
    /// It served in the end.
    pub serves: bool,
}

/// Plays what the bytes say, and tells how far it came.
///
/// # Panics
/// As for [`handshake`].
pub fn run(bytes: &[u8], log: &Log<'_>) -> Reached {
    let acts = Act::read_all(bytes);
    let disturbed = !acts.is_empty();
    let between = BEFORE.with(|(board, recorded)| Between::new(board.clone(), acts, Arc::clone(recorded)));
    let shared = Shared::new(between);
    let cloud = cloud();
    let client = Client::new(PEOPLE.all.clients[0].clone());
    let mut reached = Reached::default();
    if disturbed {
        reached.disturbed = try_in(&client, &cloud, &shared, log);
        shared.lock().leave();
    }
    let (mut session, conversation) = match way_in(&client, &cloud, &shared) {
        (Ok(session), conversation) => (session, conversation),
        (Err(error), _) => panic!("nobody is in between any more, and the way in is shut: {error}"),
    };
    log.line(|| shared.lock().words());
    assert!(conversation.is_logged_in(), "the cloud knows of the login");
    assert_eq!(
        state(&mut session),
        Some(SessionState::Serving),
        "a reader that is logged in serves"
    );
    reached.serves = true;
    reached
}

/// A way in while somebody is in between; whether it led to the end.
fn try_in(client: &Client, cloud: &Arc<Cloud>, shared: &Shared, log: &Log<'_>) -> bool {
    let mut session = match client.connect(Link::played(shared.wire())) {
        Ok(session) => session,
        Err(error) => {
            log.line(|| format!("{}connect: {error}", shared.lock().words()));
            return false;
        }
    };
    agree(&session, shared);
    let mut to_cloud = ToCloud::new(Cloud::conversation(cloud), shared.clone());
    let login = session.login(&mut to_cloud, &OFFERS);
    let conversation = to_cloud.into_conversation();
    log.line(|| {
        let login = login
            .as_ref()
            .map_or_else(ToString::to_string, |()| "done".to_owned());
        format!("{}login: {login}", shared.lock().words())
    });
    shared.lock().leave();
    let state = state(&mut session);
    if login.is_ok() {
        // The answer may have been to a session that something has ended since.
        assert!(
            conversation.is_logged_in(),
            "a login that is done is known to the cloud"
        );
        assert!(
            state.is_none_or(|state| state == SessionState::Serving),
            "a login that is done is known to the reader"
        );
    }
    if state == Some(SessionState::Serving) {
        assert!(
            conversation.is_logged_in(),
            "a reader serves after a login that its cloud knows"
        );
    }
    login.is_ok()
}

/// A session is one that the reader has taken, from what this client has sent and heard, unaltered.
fn agree(session: &Session, shared: &Shared) {
    let greeting = session.greeting();
    let between = shared.lock();
    let accepted = between.accepted.last();
    let (connect, hello_answer) = accepted.expect("a session is one that the reader has taken");
    assert!(
        between.sent.contains(connect),
        "the reader has taken what the client has sent"
    );
    assert_eq!(
        greeting.answer, *hello_answer,
        "both ends have the same answer to hello"
    );
    let connect = Connect::decode(connect).expect("the reader has taken it");
    assert_eq!(connect.hello, greeting.hello, "and the same hello");
}

fn state(session: &mut Session) -> Option<SessionState> {
    let answer = session.status().ok()?;
    let status: ReaderStatusAnswer<'_> = answer.read().ok()?;
    Some(status.state)
}

/// Connects and logs in.
fn way_in(
    client: &Client,
    cloud: &Arc<Cloud>,
    shared: &Shared,
) -> (Result<Session, ClientError>, Conversation) {
    let mut to_cloud = ToCloud::new(Cloud::conversation(cloud), shared.clone());
    let session = client
        .connect(Link::played(shared.wire()))
        .and_then(|mut session| {
            agree(&session, shared);
            session.login(&mut to_cloud, &OFFERS)?;
            Ok(session)
        });
    (session, to_cloud.into_conversation())
}

thread_local! {
    static CLOUD: RefCell<(u32, Option<Arc<Cloud>>)> = const { RefCell::new((0, None)) };
    static BEFORE: (Board, Arc<Vec<Vec<u8>>>) = before();
}

/// A cloud that knows the reader and grants its clients everything.
pub(crate) fn cloud() -> Arc<Cloud> {
    CLOUD.with_borrow_mut(|(uses, cloud)| {
        if *uses % SHARING == 0 {
            *cloud = None;
        }
        *uses = uses.wrapping_add(1);
        Arc::clone(cloud.get_or_insert_with(|| {
            let identity = PEOPLE
                .all
                .cloud
                .as_ref()
                .expect("the published identities have a cloud");
            let cloud = Cloud::in_memory(identity).expect("a database in memory opens");
            for client in &PEOPLE.all.clients {
                cloud
                    .registry()
                    .grant(&PEOPLE.reader_id, &client.id, &Granted::All, 3600)
                    .expect("a database in memory takes a grant");
            }
            Arc::new(cloud)
        }))
    })
}

/// The reader after a session of the same client, which has ended with the link, and all that was said in it.
fn before() -> (Board, Arc<Vec<Vec<u8>>>) {
    let board = begin::copy(Beginning::Locked).board;
    let shared = Shared::new(Between::new(board, Vec::new(), Arc::default()));
    let client = Client::new(PEOPLE.all.clients[0].clone());
    let (session, _) = way_in(&client, &cloud(), &shared);
    assert!(session.is_ok(), "nobody is in between");
    let mut between = shared.lock();
    (between.locked(), Arc::new(core::mem::take(&mut between.all)))
}

/// Seeds of the target: a way in without interference, and each act on each of the messages.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut all = vec![Seed {
        name: "undisturbed".to_owned(),
        bytes: Vec::new(),
    }];
    for (name, act) in Act::EACH {
        for place in 0..14 {
            let mut acts = vec![Act::Pass; place];
            acts.push(act);
            all.push(Seed {
                name: format!("{name}-{place}"),
                bytes: Act::write_all(&acts),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undisturbed_way_in_leads_to_serve() {
        let reached = run(&[], &Log::off());
        assert!(reached.serves && !reached.disturbed);
    }

    #[test]
    fn what_is_written_is_read_again_and_breaks_nothing() {
        let mut through = 0;
        for seed in seeds() {
            let acts = Act::read_all(&seed.bytes);
            assert_eq!(Act::write_all(&acts), seed.bytes, "{}", seed.name);
            through += usize::from(run(&seed.bytes, &Log::off()).disturbed);
        }
        assert!(through > 0, "a message that is repeated does no harm");
    }
}

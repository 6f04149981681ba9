//! A reader in the field: logged in with a cloud that the attacker plays, and with an update in force.

use super::scene::{ECHO, OFFERS, Scene};
use crate::hostile::{
    Held, because,
    board::Board,
    broken,
    ends::Session,
    must,
    state::State,
    updates::{PlayedCloud, echo, signed},
};
use cardwire_codec::message::{ErrorCode, UpdateState};
use cardwire_peers::{cloud::Update, identity::Authority};

pub const FINE: ErrorCode = ErrorCode(0);

/// A reader that is logged in with a cloud that the attacker plays: he has its key, and not the authority's.
pub struct Field {
    pub board: Board,
    pub session: Session,
    pub cloud: PlayedCloud,
    before: State,
}

impl Field {
    /// With an update of counter 5 in force.
    pub fn new(scene: &Scene) -> Held<Self> {
        let (mut board, mut session) = scene.connected()?;
        let mut cloud = PlayedCloud::login(&mut session, &mut board, &scene.cloud_key(), &OFFERS)?;
        let update = signed(&echo(b"in force"), 5, &scene.right_authority());
        let error = cloud.deliver(&mut session, &mut board, &update, update.content())?;
        if error != FINE {
            return broken("a right update", error);
        }
        PlayedCloud::login(&mut session, &mut board, &scene.cloud_key(), &OFFERS)
            .map(|login| cloud = login)?;
        let before = board.state(Some(&mut session))?;
        Ok(Self {
            board,
            session,
            cloud,
            before,
        })
    }

    pub fn deliver(&mut self, update: &Update, content: &[u8]) -> Held<ErrorCode> {
        self.cloud
            .deliver(&mut self.session, &mut self.board, update, content)
    }

    pub fn offer(&mut self, manifest: &[u8], signature: &[u8; 64]) -> Held<(UpdateState, ErrorCode)> {
        self.cloud
            .offer(&mut self.session, &mut self.board, manifest, signature)
    }

    /// Everything is as it was, and what runs is what ran.
    pub fn unchanged(&mut self, by: &str) -> Held {
        self.board.unchanged(Some(&mut self.session), &self.before, by)
    }

    /// What the service says, which is the update that is in force.
    pub fn says(&mut self, job: u8) -> Held<Vec<u8>> {
        because(
            self.session.run(&mut self.board, job, ECHO),
            "what is in force does not run",
        )
    }
}

impl Scene {
    /// The authority that the reader trusts.
    pub fn right_authority(&self) -> Authority {
        if self.weakness == Some(crate::hostile::board::Weakness::TrustsAttackersAuthority) {
            Authority {
                signing_key: Self::attackers_key(),
            }
        } else {
            self.authority()
        }
    }
}

impl Field {
    /// Has the reader forget what it has received: another manifest takes its place, and fails.
    pub fn forget(&mut self, scene: &Scene) -> Held {
        let other = signed(&echo(b"placeholder"), 7, &scene.right_authority());
        let content = vec![0x5A; other.content().len()];
        match self.deliver(&other, &content)? {
            ErrorCode::UPDATE_DIGEST => Ok(()),
            other => must(false, || format!("bytes that nobody signed get {other:?}")),
        }
    }
}

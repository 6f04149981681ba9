//! Update campaigns: what is offered to the readers of a class of hardware, and how far it has come with each.
//!
//! What is in a manifest is the publisher's and the reader's matter; a campaign holds its bytes and signature, and a list
//! of counters that it raises.

mod feed;
mod share;
mod state;

pub(super) use feed::{ATTEMPTS_MOST, Campaign};
pub use share::{NoShare, Rollout, Share};
pub(super) use share::{read_stages, write_stages};
pub(super) use state::Happening;
pub use state::{CampaignCommand, CampaignState};

use super::{
    audit::{AuditEvent, Entry},
    publish::Update,
    registry::{Registry, RegistryError, now},
    rollout,
};
use cardwire_codec::{
    Message,
    message::{ErrorCode, HardwareClass, Manifest, ServiceId, UpdateKind},
};
use rusqlite::{Connection, Row, params};
use sha2::{Digest, Sha256};

/// Bytes of an update in one row of the database.
const PIECE: u32 = 40 * feed::CHUNK;

/// A campaign's number in the database.
pub type CampaignId = i64;

/// How far a campaign has come with a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is open for the reader, which has not been offered it yet.
    Pending,
    /// The reader is offered it, or has some of it.
    Delivering,
    /// The reader has taken all of it, and has not confirmed it.
    Trial,
    /// It failed on its way and will be offered again, a few times.
    Failed,
    /// The reader has it in force.
    Installed,
    /// The reader refuses it, and would again.
    Refused,
    /// It is not for this reader any more: it was revoked, or has a later one.
    Withdrawn,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Delivering,
        Self::Trial,
        Self::Failed,
        Self::Installed,
        Self::Refused,
        Self::Withdrawn,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivering => "delivering",
            Self::Trial => "trial",
            Self::Failed => "failed",
            Self::Installed => "installed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What the cloud knows of a campaign and one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The reader.
    pub reader: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// The stage that it came with, from 0.
    pub stage: u32,
    /// About how many bytes the reader has.
    pub next_offset: u32,
    /// Why it failed or was refused.
    pub error: Option<ErrorCode>,
    /// More, as the error says.
    pub detail: u16,
    /// How often it has failed.
    pub attempts: u32,
    /// When it last changed, in seconds since 1970.
    pub changed: i64,
}

/// What an update raises: the counter of a kind, by logic of one service or by something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// What is updated.
    pub kind: UpdateKind,
    /// The service whose logic it is; 0 for other kinds.
    pub service: ServiceId,
    /// The counter.
    pub counter: u32,
}

/// What the cloud knows of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRecord {
    /// Its number.
    pub id: CampaignId,
    /// For which class of hardware.
    pub hardware_class: HardwareClass,
    /// What it raises.
    pub components: Vec<Component>,
    /// Bytes of its content.
    pub size: u32,
    /// When it was published, in seconds since 1970.
    pub published: i64,
    /// How it stands.
    pub state: CampaignState,
    /// The stage that is open, from 0.
    pub stage: u32,
    /// How it is rolled out.
    pub rollout: Rollout,
    /// The readers that it is open for, by their identity.
    pub deliveries: Vec<Delivery>,
}

impl CampaignRecord {
    /// How many readers are in this state.
    #[must_use]
    pub fn count(&self, state: DeliveryState) -> usize {
        self.deliveries
            .iter()
            .filter(|delivery| delivery.state == state)
            .count()
    }
}

/// What a campaign needs of an update: the one place that knows how an update names what it brings.
///
/// # Errors
/// The manifest of the update is none.
fn components(update: &Update) -> Result<Vec<Component>, RegistryError> {
    let manifest = Manifest::decode(&update.manifest).map_err(RegistryError::Manifest)?;
    let components = manifest.components.iter().map(|component| Component {
        kind: component.kind,
        service: component.service,
        counter: component.counter,
    });
    Ok(components.collect())
}

impl Registry {
    /// Begins a campaign for all readers at once.
    ///
    /// # Errors
    /// There is one of this kind, class and counter.
    pub fn publish(&self, update: &Update) -> Result<CampaignId, RegistryError> {
        self.publish_in_stages(update, &Rollout::default())
    }

    /// Begins a campaign that is rolled out so.
    ///
    /// # Errors
    /// There is one of this kind, class and counter, or it is for a reader that is not registered.
    pub fn publish_in_stages(&self, update: &Update, rollout: &Rollout) -> Result<CampaignId, RegistryError> {
        let components = components(update)?;
        let digest: [u8; 32] = Sha256::digest(&update.manifest).into();
        let state = if rollout.draft {
            CampaignState::Draft
        } else {
            CampaignState::Running
        };
        self.write(|transaction| {
            if let Some(reader) = &rollout.only {
                check_reader(transaction, reader)?;
            }
            for component in &components {
                check_counter(transaction, update.hardware_class, component)?;
            }
            transaction.execute(
                "INSERT INTO campaign
                 (hardware_class, manifest, signature, digest, size, published, state, stages, successes, halt_after,
                  only_reader)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    update.hardware_class.0,
                    update.manifest,
                    update.signature,
                    digest,
                    // A manifest states no more than 16 MiB.
                    update.content.len() as u32,
                    now(),
                    state.name(),
                    write_stages(&rollout.stages),
                    rollout.successes.to_string(),
                    rollout.halt_after.map(|share| share.to_string()),
                    rollout.only
                ],
            )?;
            let id = transaction.last_insert_rowid();
            for Component { kind, service, counter } in &components {
                let row = "INSERT INTO component (campaign, kind, service, counter) VALUES (?1, ?2, ?3, ?4)";
                transaction.execute(row, params![id, kind.0, service.0, counter])?;
            }
            for (piece, bytes) in (0_u32..).zip(update.content.chunks(PIECE as usize)) {
                let row = "INSERT INTO content (campaign, piece, bytes) VALUES (?1, ?2, ?3)";
                transaction.execute(row, params![id, piece, bytes])?;
            }
            Entry {
                campaign: Some(id),
                detail: &format!("published, stages {}", write_stages(&rollout.stages)),
                ..Entry::of(AuditEvent::Campaign, state.name())
            }
            .append(transaction, self.actor())?;
            rollout::assess(transaction, id, self.actor())?;
            Ok(id)
        })
    }

    /// Every campaign, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn campaigns(&self) -> Result<Vec<CampaignRecord>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT id, hardware_class, size, published, state, stage, stages, successes, halt_after, only_reader
             FROM campaign ORDER BY id",
        )?;
        let rows = statement.query_map([], campaign_record)?;
        let mut campaigns: Vec<_> = rows.collect::<Result<_, _>>()?;
        let mut to = connection.prepare(
            "SELECT reader, state, stage, next_offset, error, detail, attempts, changed FROM delivery
             WHERE campaign = ?1 ORDER BY reader",
        )?;
        for campaign in &mut campaigns {
            campaign.components = components_of(&connection, campaign.id)?;
            campaign.deliveries = to.query_map([campaign.id], delivery)?.collect::<Result<_, _>>()?;
        }
        Ok(campaigns)
    }

    /// One campaign.
    ///
    /// # Errors
    /// No such campaign.
    pub fn campaign(&self, id: CampaignId) -> Result<CampaignRecord, RegistryError> {
        let found = self.campaigns()?.into_iter().find(|campaign| campaign.id == id);
        found.ok_or(RegistryError::UnknownCampaign { id })
    }
}

fn check_reader(connection: &Connection, id: &str) -> Result<(), RegistryError> {
    let mut known = connection.prepare("SELECT 1 FROM reader WHERE id = ?1")?;
    if known.exists([id])? {
        Ok(())
    } else {
        Err(RegistryError::UnknownReader { reader: id.into() })
    }
}

/// Two updates of one kind and counter can't be told apart at a login.
fn check_counter(
    connection: &Connection,
    class: HardwareClass,
    component: &Component,
) -> Result<(), RegistryError> {
    let Component { kind, counter, .. } = *component;
    let taken = connection
        .prepare(
            "SELECT 1 FROM component JOIN campaign ON campaign.id = component.campaign
             WHERE hardware_class = ?1 AND kind = ?2 AND counter = ?3",
        )?
        .exists(params![class.0, kind.0, counter])?;
    if taken {
        return Err(RegistryError::CounterTaken { kind, counter });
    }
    Ok(())
}

fn components_of(connection: &Connection, id: CampaignId) -> Result<Vec<Component>, RegistryError> {
    let mut statement = connection
        .prepare("SELECT kind, service, counter FROM component WHERE campaign = ?1 ORDER BY kind, service")?;
    let rows = statement.query_map([id], component)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn campaign_record(row: &Row<'_>) -> rusqlite::Result<CampaignRecord> {
    let state = CampaignState::named(&row.get::<_, String>(4)?).ok_or_else(|| unreadable(4))?;
    Ok(CampaignRecord {
        id: row.get(0)?,
        hardware_class: HardwareClass(row.get(1)?),
        components: Vec::new(),
        size: row.get(2)?,
        published: row.get(3)?,
        state,
        stage: row.get(5)?,
        rollout: Rollout {
            stages: read_stages(&row.get::<_, String>(6)?).map_err(|_| unreadable(6))?,
            successes: row.get::<_, String>(7)?.parse().map_err(|_| unreadable(7))?,
            halt_after: row
                .get::<_, Option<String>>(8)?
                .map(|share| share.parse())
                .transpose()
                .map_err(|_| unreadable(8))?,
            draft: state == CampaignState::Draft,
            only: row.get(9)?,
        },
        deliveries: Vec::new(),
    })
}

/// A column holds a word that this software does not write.
pub(super) fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "word".into(), rusqlite::types::Type::Text)
}

fn component(row: &Row<'_>) -> rusqlite::Result<Component> {
    Ok(Component {
        kind: UpdateKind(row.get(0)?),
        service: ServiceId(row.get(1)?),
        counter: row.get(2)?,
    })
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let name: String = row.get(1)?;
    let state = DeliveryState::ALL.into_iter().find(|state| state.name() == name);
    Ok(Delivery {
        reader: row.get(0)?,
        state: state.ok_or_else(|| unreadable(1))?,
        stage: row.get(2)?,
        next_offset: row.get(3)?,
        error: Some(ErrorCode(row.get(4)?)).filter(|error| error.0 != 0),
        detail: row.get(5)?,
        attempts: row.get(6)?,
        changed: row.get(7)?,
    })
}

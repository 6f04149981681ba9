//! Update campaigns: what is offered to the readers of a class of hardware, and how far it has come with each.

use super::{
    publish::Update,
    registry::{Counters, Registry, RegistryError, now},
};
use cardwire_codec::message::{ErrorCode, HardwareClass, ServiceId, UpdateKind};
use rusqlite::{ErrorCode as SqliteCode, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

/// How often an update that failed on its way is offered again, at later logins.
const ATTEMPTS_MOST: u32 = 3;

/// Bytes of an update that one message carries.
const CHUNK: u32 = 400;
/// Bytes of an update in one row of the database.
const PIECE: u32 = 40 * CHUNK;

/// A campaign's number in the database.
pub type CampaignId = i64;

/// How far a campaign has come with a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// The reader has accepted the manifest.
    Delivering,
    /// It failed on its way and will be offered again.
    Failed,
    /// The reader has it in force.
    Installed,
    /// The reader refuses it, and would again.
    Refused,
}

impl DeliveryState {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Delivering, "delivering"),
        (Self::Failed, "failed"),
        (Self::Installed, "installed"),
        (Self::Refused, "refused"),
    ];

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("", |(_, name)| name)
    }
}

/// What the cloud knows of a campaign and one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The reader.
    pub reader: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// About how many bytes the reader has.
    pub next_offset: u32,
    /// Why it failed or was refused.
    pub error: Option<ErrorCode>,
    /// More, as the error says.
    pub detail: u16,
}

/// What the cloud knows of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRecord {
    /// Its number.
    pub id: CampaignId,
    /// What is updated.
    pub kind: UpdateKind,
    /// For which class of hardware.
    pub hardware_class: HardwareClass,
    /// Its counter.
    pub counter: u32,
    /// The service whose logic it is; 0 for other kinds.
    pub service: ServiceId,
    /// When it was published, in seconds since 1970.
    pub published: i64,
    /// The readers that were offered it, by their identity.
    pub deliveries: Vec<Delivery>,
}

/// A campaign that is on its way to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Campaign {
    pub(super) id: CampaignId,
    pub(super) kind: UpdateKind,
    pub(super) counter: u32,
    pub(super) manifest: Vec<u8>,
    pub(super) signature: [u8; 64],
    pub(super) digest: [u8; 32],
    pub(super) size: u32,
}

impl Registry {
    /// Begins a campaign.
    ///
    /// # Errors
    /// There is one of this kind, class and counter.
    pub fn publish(&self, update: &Update) -> Result<CampaignId, RegistryError> {
        let Update {
            kind,
            hardware_class,
            counter,
            service,
            manifest,
            signature,
            content,
        } = update;
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let row = "INSERT INTO campaign
                   (kind, hardware_class, counter, service, manifest, signature, digest, size, published)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let digest: [u8; 32] = Sha256::digest(manifest).into();
        let values = params![
            kind.0,
            hardware_class.0,
            counter,
            service.0,
            manifest,
            signature,
            digest,
            // A manifest states no more than 16 MiB.
            content.len() as u32,
            now()
        ];
        transaction
            .execute(row, values)
            .map_err(|error| match error.sqlite_error_code() {
                Some(SqliteCode::ConstraintViolation) => RegistryError::CounterTaken {
                    kind: *kind,
                    counter: *counter,
                },
                _ => error.into(),
            })?;
        let id = transaction.last_insert_rowid();
        for (piece, bytes) in (0_u32..).zip(content.chunks(PIECE as usize)) {
            let row = "INSERT INTO content (campaign, piece, bytes) VALUES (?1, ?2, ?3)";
            transaction.execute(row, params![id, piece, bytes])?;
        }
        transaction.commit()?;
        Ok(id)
    }

    /// Every campaign, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn campaigns(&self) -> Result<Vec<CampaignRecord>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT id, kind, hardware_class, counter, service, published FROM campaign ORDER BY id",
        )?;
        let rows = statement.query_map([], campaign_record)?;
        let mut campaigns: Vec<_> = rows.collect::<Result<_, _>>()?;
        let mut statement = connection.prepare(
            "SELECT reader, state, next_offset, error, detail FROM delivery WHERE campaign = ?1 ORDER BY reader",
        )?;
        for campaign in &mut campaigns {
            let rows = statement.query_map([campaign.id], delivery)?;
            campaign.deliveries = rows.collect::<Result<_, _>>()?;
        }
        Ok(campaigns)
    }

    /// The next campaign for a reader that is not in `passed`: those of lower counters first, as a reader takes none
    /// after a higher one (CW-UPD-003).
    pub(super) fn next_campaign(
        &self,
        reader: &str,
        class: HardwareClass,
        counters: Counters,
        passed: &[CampaignId],
    ) -> Result<Option<Campaign>, RegistryError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT id, kind, counter, manifest, signature, digest, size FROM campaign
             LEFT JOIN delivery ON campaign = id AND reader = ?1
             WHERE hardware_class = ?2
               AND counter > CASE kind WHEN 1 THEN ?3 WHEN 2 THEN ?4 WHEN 3 THEN ?5 END
               AND (state IS NULL OR state = 'delivering' OR (state = 'failed' AND attempts < ?6))
             ORDER BY kind, counter",
        )?;
        let Counters {
            software,
            authentication,
            logic,
        } = counters;
        let values = params![reader, class.0, software, authentication, logic, ATTEMPTS_MOST];
        for row in statement.query_map(values, campaign)? {
            let campaign = row?;
            if !passed.contains(&campaign.id) {
                return Ok(Some(campaign));
            }
        }
        Ok(None)
    }

    /// The bytes of a campaign's content from `offset` on: as many as a chunk carries, fewer at the end of a piece.
    pub(super) fn content(&self, id: CampaignId, offset: u32) -> Result<Vec<u8>, RegistryError> {
        let part = "SELECT substr(bytes, ?3, ?4) FROM content WHERE campaign = ?1 AND piece = ?2";
        let connection = self.lock();
        let mut statement = connection.prepare(part)?;
        // SQL counts bytes from 1.
        let values = params![id, offset / PIECE, offset % PIECE + 1, CHUNK];
        Ok(statement
            .query_row(values, |row| row.get(0))
            .optional()?
            .unwrap_or_default())
    }

    /// Records how far a campaign has come with a reader.
    pub(super) fn record(
        &self,
        campaign: CampaignId,
        reader: &str,
        state: DeliveryState,
        next_offset: u32,
        reason: (ErrorCode, u16),
    ) -> Result<(), RegistryError> {
        let (error, detail) = reason;
        self.lock().execute(
            "INSERT INTO delivery (campaign, reader, state, next_offset, error, detail, attempts, changed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3 = 'failed', ?7)
             ON CONFLICT (campaign, reader) DO UPDATE SET state = excluded.state,
                 next_offset = excluded.next_offset, error = excluded.error, detail = excluded.detail,
                 attempts = attempts + excluded.attempts, changed = excluded.changed",
            params![
                campaign,
                reader,
                state.name(),
                next_offset,
                error.0,
                detail,
                now()
            ],
        )?;
        Ok(())
    }

    /// Records that a reader has raised a counter.
    pub(super) fn raise(&self, reader: &str, kind: UpdateKind, counter: u32) -> Result<(), RegistryError> {
        let column = match kind {
            UpdateKind::SOFTWARE => "UPDATE reader SET software_counter = ?2 WHERE id = ?1",
            UpdateKind::AUTHENTICATION => "UPDATE reader SET authentication_counter = ?2 WHERE id = ?1",
            UpdateKind::LOGIC => "UPDATE reader SET logic_counter = ?2 WHERE id = ?1",
            UpdateKind(_) => return Ok(()),
        };
        self.lock().execute(column, params![reader, counter])?;
        Ok(())
    }
}

fn campaign(row: &Row<'_>) -> rusqlite::Result<Campaign> {
    Ok(Campaign {
        id: row.get(0)?,
        kind: UpdateKind(row.get(1)?),
        counter: row.get(2)?,
        manifest: row.get(3)?,
        signature: row.get(4)?,
        digest: row.get(5)?,
        size: row.get(6)?,
    })
}

fn campaign_record(row: &Row<'_>) -> rusqlite::Result<CampaignRecord> {
    Ok(CampaignRecord {
        id: row.get(0)?,
        kind: UpdateKind(row.get(1)?),
        hardware_class: HardwareClass(row.get(2)?),
        counter: row.get(3)?,
        service: ServiceId(row.get(4)?),
        published: row.get(5)?,
        deliveries: Vec::new(),
    })
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let name: String = row.get(1)?;
    let state = DeliveryState::ALL.iter().find(|(_, of)| *of == name);
    Ok(Delivery {
        reader: row.get(0)?,
        // The table holds its rows to these names.
        state: state.map_or(DeliveryState::Failed, |(state, _)| *state),
        next_offset: row.get(2)?,
        error: Some(ErrorCode(row.get(3)?)).filter(|error| error.0 != 0),
        detail: row.get(4)?,
    })
}

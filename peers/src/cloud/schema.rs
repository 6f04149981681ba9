//! The database's tables, and the way to them from every version that there was.
//!
//! A migration never changes once it is released: the next one goes on from where it ends. `PRAGMA user_version` counts
//! those that a database has behind it.

use super::registry::RegistryError;
use rusqlite::{Connection, TransactionBehavior};

/// Every migration, in order.
const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/0001-first.sql"),
    include_str!("migrations/0002-rollout.sql"),
    include_str!("migrations/0003-only.sql"),
    include_str!("migrations/0004-secrets.sql"),
];

/// The version that this software works with.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Brings a database to this version: a new one from nothing, an old one from where it is. All of it or nothing of it,
/// whatever happens in between.
///
/// # Errors
/// A database of a later version, or a file that is no database.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), RegistryError> {
    // Tables are made anew under their names, which rows of others refer to. It can't be turned off in a transaction.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Some(missing) = MIGRATIONS.get(found as usize..) else {
        return Err(RegistryError::Version { found });
    };
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

#[cfg(test)]
mod tests;

//! What a reader keeps on NOR flash while its power is off: records, and the bytes of an update on their way in.
//!
//! The power may go before, after and inside any erase and any write of the flash. What was acknowledged is there
//! afterwards, and what was on its way is there whole or not at all. No word of the flash is written twice between
//! erases, erases are spread, and flash that does not keep what it was given is found out before anybody is told that it
//! does. `no_std`, without allocation and `unsafe`, on any [`embedded_storage::nor_flash::NorFlash`].
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Layout`] | where on the flash what lies |
//! | [`Store`] | records by number, each read and written whole |
//! | [`Stage`] | room for the bytes of an update: the software slot that does not run |
//! | `mock` | behind the feature of that name: a flash whose power is cut where a test wants it, and the sweeps over all cuts |
//!
//! ```
//! use cardwire_store::{Layout, Sizes, Slot, Store, mock::MockFlash};
//!
//! let mut flash = MockFlash::<4, 4096>::new(16);
//! let layout = Layout::new(&flash, Sizes { block: 4096, records: 2, slot: 6 * 4096 })?;
//! Store::new(&mut flash, &layout).store(1, b"kept")?;
//! let mut out = [0; 16];
//! assert_eq!(Store::new(&mut flash, &layout).load(1, &mut out)?, Some(4));
//!
//! let mut stage = layout.stage(Slot::A);
//! stage.begin(&mut flash, &[7; 32])?;
//! stage.append(&mut flash, &[1; 5000])?;
//! // The same after a reset: one block was whole.
//! assert_eq!(layout.stage(Slot::A).length(&mut flash, &[7; 32])?, 4096);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

#![cfg_attr(not(test), no_std)]

#[cfg(feature = "mock")]
extern crate alloc;

mod entry;
mod error;
mod fault;
mod layout;
#[cfg(feature = "mock")]
pub mod mock;
mod stage;
mod store;
mod words;

pub use error::{LayoutError, StoreError};
#[cfg(feature = "mock")]
pub use fault::Fault;
pub use layout::{Layout, Sizes, Slot};
pub use stage::Stage;
pub use store::Store;

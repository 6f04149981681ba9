//! The Cardwire reference reader as a process of a host: the portable core on TCP, a serial port or standard input and
//! output, with a simulated card in its slot, or the card in a reader of the operating system.
//!
//! ```no_run
//! use cardwire_host::{Host, HostEnv, Listen, Listener, Options, identity};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let listener = Listener::bind(&"tcp:127.0.0.1:7000".parse::<Listen>()?)?;
//! println!("listening on {listener}");
//! let host = Host::new(identity::certification(), HostEnv::in_memory(), Options::default());
//! let control = host.control(); // another thread may pull the card out with it
//! host.run(listener)?;
//! # drop(control);
//! # Ok(())
//! # }
//! ```
//!
//! | part | module |
//! | --- | --- |
//! | what the core needs of its board: randomness, and flash in memory or in a file | [`HostEnv`], [`state`] |
//! | a loss of power at a certain operation of the flash, for laboratories | [`PowerCut`] |
//! | who the reader is, from a TOML file | [`identity`] |
//! | the modules: a contact slot, an indicator that tells the program | [`board`] |
//! | who enters digits at the simulated keypad, and what lies in the simulated field | [`Person`] |
//! | what is in the slot: a simulated card, or with the feature `pcsc` a card in a reader of the operating system | [`CardSource`] |
//! | what a simulated card holds and what is wrong with it, from a TOML file | [`profile`] |
//! | a simulated card in the virtual reader of the operating system | [`vpcd`] |
//! | where links come from | [`Listen`], [`Listener`] |
//! | what goes wrong in a lab: modules that fail, a link that loses frames | [`Faults`], [`Lossy`] |
//! | what the supplies of the modules have done, as a laboratory measures it | [`Supply`] |
//! | how fast the reader's clock runs, in a lab | `clock` |
//! | which software starts, in two slots of the flash | [`Boot`] |
//! | the loop that carries bytes, time and module events between all of them | [`Host`] |
//! | what tests and people do to a running reader: insert and remove the card, stop | [`Control`] |
//!
//! [`Host`] takes any [`Env`] that can be booted, so that a reader with a fault can be made of [`HostEnv`] without a change
//! here.
//!
//! Updates of software are taken, tried, confirmed and reverted as on a board with two slots. What an image holds is not
//! executed: this program goes on under the name that the image's header states.
//!
//! Not supported yet: services on a second slot, warm reset and a choice of supply through PC/SC, cards that speak T=1 alone.

pub mod board;
mod clock;
mod control;
pub mod emulator;
mod env;
pub mod faults;
mod flash;
mod host;
pub mod identity;
mod line;
mod link;
mod listen;
mod lossy;
mod notice;
mod person;
mod power;
pub mod profile;
mod simulated;
mod slot;
mod software;
mod source;
pub mod state;
pub mod vpcd;

pub use board::Times;
pub use cardwire_core::{Env, Identity, provision};
pub use control::{Control, Stopped};
#[cfg(unix)]
pub use control::{ControlSocket, tell};
pub use emulator::Script;
pub use env::HostEnv;
pub use faults::{Faults, ModuleFault};
pub use flash::{CutMoment, NoPowerCut, PowerCut};
pub use host::{Host, Options, run};
pub use identity::IdentityError;
pub use listen::{Listen, ListenError, Listener, NoListen};
pub use lossy::Lossy;
pub use notice::{Notice, Notify};
pub use person::{Entry, FieldCard, Person};
pub use power::Supply;
pub use profile::ProfileError;
pub use simulated::{Said, SimulatedCard};
#[cfg(feature = "pcsc")]
pub use slot::pcsc::{PcscError, PcscReader};
pub use software::Boot;
pub use source::CardSource;
pub use state::StateError;

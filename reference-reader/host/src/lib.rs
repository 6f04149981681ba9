//! The Cardwire reference reader as a process of a host: the portable core on TCP, a serial port or standard input and
//! output, with a simulated card in its slot.
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
//! | what the core needs of its board: randomness, and records in memory or in a file | [`HostEnv`], [`state`] |
//! | who the reader is, from a TOML file | [`identity`] |
//! | the modules: a simulated card, an indicator that tells the program | [`board`] |
//! | where the link comes from | [`Listen`], [`Listener`] |
//! | the loop that carries bytes, time and module events between all of them | [`Host`] |
//! | what tests and people do to a running reader: insert and remove the card, stop | [`Control`] |
//!
//! [`Host`] takes any [`Env`], so that a reader with a fault can be made of [`HostEnv`] without a change here.
//!
//! Not supported yet: a real card through PC/SC, several slots.

pub mod board;
mod control;
mod env;
mod host;
pub mod identity;
mod link;
mod listen;
mod notice;
pub mod state;

pub use board::Times;
pub use cardwire_core::{Env, Identity};
pub use cardwire_simcard::Profile;
pub use control::{Control, Stopped};
#[cfg(unix)]
pub use control::{ControlSocket, tell};
pub use env::HostEnv;
pub use host::{Host, Options, run};
pub use identity::IdentityError;
pub use listen::{Listen, ListenError, Listener, NoListen};
pub use notice::{Notice, Notify};
pub use state::StateError;

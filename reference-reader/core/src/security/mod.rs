//! Security module: authenticates the client, keeps both channels, slows down who guesses.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`client`] | decides a connect by its first message alone (`Noise_NNpsk0`) |
//! | [`backoff`] | slows down failed connects without locking anybody out |
//! | [`channel`] | the sealed channel between client and reader |
//! | [`platform`] | the channel between reader and cloud (`Noise_IK`) |
//! | [`keyring`] | the keys in force, from provisioning and from updates |
//! | [`entropy`] | ephemeral keys and challenges |
//! | [`noise`] | the suite of both channels |

pub(crate) mod backoff;
pub(crate) mod channel;
pub(crate) mod client;
pub(crate) mod entropy;
pub(crate) mod keyring;
pub(crate) mod noise;
pub(crate) mod platform;

//! Two runs of one machine never work on the same device, nor on the same report.
//!
//! The operating system holds a lock on a file that has a name of its own for each of them, for as long as the run lives:
//! one that was killed leaves none. A device behind `exec:` is started for the run, so that nobody else can have it.

use crate::{
    certify::{Options, RunError},
    hex,
};
use cardwire_peers::Endpoint;
use sha2::{Digest, Sha256};
use std::{
    env,
    fs::{File, OpenOptions, TryLockError},
    io,
    net::ToSocketAddrs as _,
    path::{Path, PathBuf},
};

/// Held until it goes out of use.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock goes with the file")] File);

/// Locks all devices of a run, and its report.
pub(crate) fn take_all(options: &Options) -> Result<Vec<Lock>, RunError> {
    let mut locks = Vec::new();
    for station in &options.stations {
        let endpoint = &station.endpoint;
        let lock = name_of(endpoint).map(|name| take(&name, "another run works with it"));
        let lock = lock.transpose().map_err(|source| RunError::Device {
            endpoint: endpoint.clone(),
            source,
        })?;
        locks.extend(lock.flatten());
    }
    locks.extend(take_report(options.report.as_deref())?);
    Ok(locks)
}

/// Locks the report of a run, where it has one.
pub(crate) fn take_report(report: Option<&Path>) -> Result<Option<Lock>, RunError> {
    let Some(path) = report else { return Ok(None) };
    let name = format!("report {}", whole(path).display());
    take(&name, "another run writes it").map_err(|source| RunError::Report {
        path: path.into(),
        source,
    })
}

/// What a device is known by, whatever it is called on the command line.
fn name_of(endpoint: &Endpoint) -> Option<String> {
    match endpoint {
        Endpoint::Tcp { host, port } => {
            let found = (host.as_str(), *port).to_socket_addrs();
            let address = found.ok().and_then(|mut found| found.next());
            Some(address.map_or_else(|| endpoint.to_string(), |address| format!("tcp {address}")))
        }
        Endpoint::Serial { path, .. } => Some(format!("serial {}", whole(path).display())),
        Endpoint::Exec { .. } => None,
    }
}

fn whole(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.into())
}

/// Takes the lock of this name. Where the system has none to give, the run goes on without: nothing is amiss yet.
fn take(name: &str, held: &str) -> io::Result<Option<Lock>> {
    let digest = hex::encode(&Sha256::digest(name)[..8]);
    let path = folder().join(format!("cardwire-{digest}.lock"));
    // A file that somebody else has made can be locked all the same.
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .or_else(|_| File::open(&path));
    let Ok(file) = opened else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::ResourceBusy, held)),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn folder() -> PathBuf {
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    own.filter(|own| own.is_dir()).unwrap_or_else(env::temp_dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certify::Station;

    fn options(endpoints: &[&str]) -> Options {
        let stations = endpoints
            .iter()
            .map(|endpoint| Station::new(endpoint.parse().unwrap()));
        Options::of(stations)
    }

    #[test]
    fn one_run_at_a_time_has_a_device() {
        let first = options(&["tcp:127.0.0.1:9", "exec:true"]);
        let locks = take_all(&first).unwrap();
        // By whatever name.
        for second in ["tcp:127.0.0.1:9", "tcp:localhost:9"] {
            let Err(error) = take_all(&options(&["tcp:127.0.0.1:10", second])) else {
                // The name leads to another address here.
                assert_eq!(second, "tcp:localhost:9");
                continue;
            };
            assert_eq!(error.exit_code(), 3);
            assert!(error.to_string().contains("another run works with it"), "{error}");
        }
        take_all(&options(&["exec:true"])).unwrap();
        drop(locks);
        take_all(&first).unwrap();
        // Nor twice the same in one run.
        assert!(take_all(&options(&["tcp:127.0.0.1:11", "tcp:127.0.0.1:11"])).is_err());
    }

    #[test]
    fn one_run_at_a_time_writes_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let report = |name: &str| Options {
            report: Some(folder.path().join(name)),
            ..options(&["exec:true"])
        };
        let _locks = take_all(&report("a")).unwrap();
        let error = take_all(&report("a")).unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().contains("another run writes it"), "{error}");
        take_all(&report("b")).unwrap();
    }
}

//! One step after the other, and how long the board has worked for each: what its image counts while it does not sleep.

use super::Result;
use super::visit::{Visitor, serve};
use cardwire_codec::message::{Format, Offer, ServiceId};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

/// How often each step is taken; the least of its figures counts, as interrupts come in between.
const TIMES: usize = 5;

pub(super) fn run(endpoint: &str, control: &str) -> Result {
    let visitor = Visitor::new(endpoint)?;
    let offers = [Offer {
        service: ServiceId::CARD_IDENTIFY,
        format: Format::NATIVE,
    }];
    let mut least: [u64; 4] = [u64::MAX; 4];
    let mut instructions = 0;
    // Once to boot.
    drop(visitor.log_in()?);
    for _ in 0..TIMES {
        let mut marks = vec![worked(control)?];
        let mut link = visitor.link()?;
        let greeting = visitor.client().greet(&mut link)?;
        marks.push(worked(control)?);
        let mut session = visitor.client().connect(link)?;
        let _ = greeting;
        marks.push(worked(control)?);
        session.login(&mut visitor.conversation(), &offers)?;
        marks.push(worked(control)?);
        let job = session.new_job()?;
        session.run_job(job, ServiceId::CARD_IDENTIFY, &[])?;
        marks.push(worked(control)?);
        instructions = session.job_status(job)?.step;
        serve(&mut session)?;
        session.disconnect()?;
        for (least, pair) in least.iter_mut().zip(marks.windows(2)) {
            *least = (*least).min(pair[1] - pair[0]);
        }
    }
    let [hello, connect, login, service] = least;
    // A connect says hello first.
    println!("hello {hello}");
    println!("connect {}", connect.saturating_sub(hello));
    println!("login {login}");
    println!("service-step {}", service / u64::from(instructions.max(1)));
    println!("service {service}");
    Ok(())
}

/// What the board has worked since its boot, by its control port.
fn worked(control: &str) -> Result<u64> {
    let path = control.strip_prefix("unix:").ok_or("expected unix:PATH")?;
    let mut stream = UnixStream::connect(path)?;
    writeln!(stream, "work")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    let told = answer.trim();
    told.parse()
        .map_err(|_| format!("the board answers `{told}`").into())
}

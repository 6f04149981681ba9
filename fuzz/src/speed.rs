//! How many executions a second and core the targets make, without a sanitizer: what a campaign can look at.
//!
//! Each figure is of inputs that are there before the clock starts, one after the other on one thread.

use crate::{
    Target, codec, handshake,
    session::{inputs::Input, seeds::seeds, session},
    world::log::Log,
};
use core::{fmt, hint::black_box, time::Duration};
use std::{fs, sync::LazyLock, time::Instant};

/// Inputs of a reader session that is measured.
const SESSION: usize = 8;
/// Different inputs of a kind.
const DIFFERENT: usize = 4096;

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Of what.
    pub name: &'static str,
    /// Executions a second.
    pub rate: f64,
    /// What it is to be at least, where there is a bar.
    pub bar: Option<f64>,
    /// What else is to be said.
    pub note: String,
}

impl Row {
    /// Whether it is as high as it has to be.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.bar.is_none_or(|bar| self.rate >= bar)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            rate,
            bar,
            note,
        } = self;
        write!(f, "{name:<36} {rate:>10.0}/s")?;
        match bar {
            Some(bar) => write!(
                f,
                "  bar {bar:>8.0}/s {}",
                if self.passes() { "kept  " } else { "MISSED" }
            )?,
            None => write!(f, "{:24}", "")?,
        }
        write!(f, "  {note}")
    }
}

/// Measures, for so long each. The corpora are the inputs that stand in these, by the target's name.
#[must_use]
pub fn measure(each: Duration, corpus: &dyn Fn(&str) -> Vec<Vec<u8>>) -> Vec<Row> {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut messages = corpus("messages");
    messages.extend(
        Target::named("messages")
            .into_iter()
            .flat_map(|target| (target.seeds)())
            .map(|seed| seed.bytes),
    );
    let random_messages: Vec<_> = (0..DIFFERENT).map(|_| random.bytes(120)).collect();
    let sessions: Vec<_> = (0..DIFFERENT).map(|_| random.session()).collect();
    let mut kept: Vec<_> = corpus("session");
    kept.extend(seeds().into_iter().map(|seed| seed.bytes));
    let kept: Vec<_> = kept.iter().filter_map(|bytes| first_inputs(bytes)).collect();
    let mut rows = vec![Row {
        name: "message decode, random",
        rate: rate(each, &random_messages, codec::messages),
        bar: Some(500_000.0),
        note: "each as a message of every place and as every document".to_owned(),
    }];
    if !messages.is_empty() {
        rows.push(Row {
            name: "message decode, corpus",
            rate: rate(each, &messages, codec::messages),
            bar: Some(500_000.0),
            note: format!("{} inputs", messages.len()),
        });
    }
    rows.push(Row {
        name: "reader session of 8 inputs, random",
        rate: rate(each, &sessions, session),
        bar: Some(20_000.0),
        note: "each begins with a copy of a reader".to_owned(),
    });
    rows.push(Row {
        name: "reader session of 8 inputs, corpus",
        rate: rate(each, &kept, session),
        bar: None,
        note: format!("{} inputs; most make handshakes", kept.len()),
    });
    rows.push(Row {
        name: "both handshakes, undisturbed",
        rate: rate(each, &[Vec::new()], handshake::handshake),
        bar: None,
        note: "client, reader and cloud, from hello to Serve and its status".to_owned(),
    });
    let ways: Vec<_> = (0..256).map(|length| random.bytes(length % 24)).collect();
    rows.push(Row {
        name: "both handshakes, random disturbance",
        rate: rate(each, &ways, handshake::handshake),
        bar: None,
        note: "the disturbed way in, and another one behind it".to_owned(),
    });
    let mut kept = corpus("handshake");
    kept.extend(ways);
    rows.extend(shares(&kept));
    rows
}

/// How many of these ways in lead to Serve, in per cent.
fn shares(ways: &[Vec<u8>]) -> [Row; 2] {
    let reached: Vec<_> = ways.iter().map(|way| handshake::run(way, &Log::off())).collect();
    let percent = |count: usize| 100.0 * count as f64 / ways.len().max(1) as f64;
    let serves = reached.iter().filter(|reached| reached.serves).count();
    let disturbed = reached.iter().filter(|reached| reached.disturbed).count();
    [
        Row {
            name: "executions that reach Serve",
            rate: percent(serves),
            bar: Some(50.0),
            note: "in per cent, of corpus and random ones".to_owned(),
        },
        Row {
            name: "of them in spite of the disturbance",
            rate: percent(disturbed),
            bar: None,
            note: "in per cent".to_owned(),
        },
    ]
}

/// Executions a second.
fn rate(each: Duration, inputs: &[Vec<u8>], check: fn(&[u8])) -> f64 {
    // Once without the clock: what is made once is made then.
    for input in inputs.iter().take(64) {
        check(input);
    }
    let (mut done, start) = (0_u32, cpu_time());
    loop {
        for input in inputs {
            check(black_box(input));
        }
        done += inputs.len() as u32;
        let took = cpu_time().saturating_sub(start);
        if took >= each {
            return f64::from(done) / took.as_secs_f64();
        }
    }
}

/// How long this thread was on a core, so that a machine that is busy with other things measures the same; the time of
/// day where the system does not tell.
fn cpu_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// A session with its first inputs only, as many as are measured; none where it has fewer.
fn first_inputs(bytes: &[u8]) -> Option<Vec<u8>> {
    let (beginning, patient, inputs) = Input::read_all(bytes).ok()?;
    Some(Input::write_all(beginning, patient, inputs.get(..SESSION)?))
}

/// The same inputs each time: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn session(&mut self) -> Vec<u8> {
        loop {
            if let Some(session) = first_inputs(&self.bytes(4000)) {
                return session;
            }
        }
    }
}

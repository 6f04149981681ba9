//! What the codec has to reach, and whether it does.

use super::flash::Weights;
use super::measure::{Figure, Measurements};
use anyhow::{Context as _, Result};

/// The codec of this project, as the program names it.
pub(crate) const OURS: &str = "cardwire";

/// The hand-written codec for the same wire format: no peer, a measure of what generating costs.
pub(crate) const TWIN: &str = "twin";

/// Stands beside the judged comparison, for information.
const USUAL: &str = "postcard, usual crates";

/// One figure and its bound.
#[derive(Debug)]
pub(crate) struct Bar {
    /// Its name in the record of bars that are held.
    pub(crate) name: &'static str,
    /// What is compared.
    pub(crate) figure: String,
    /// The greatest ratio that is good.
    pub(crate) at_most: f64,
    /// The ratio measured, of instructions or bytes.
    pub(crate) value: f64,
    /// The ratio of median times of the same two, where times were taken.
    pub(crate) time: Option<f64>,
    /// Whether it only informs, and nothing hangs on it.
    pub(crate) informs: bool,
}

impl Bar {
    /// Not rounded: 1.004 is more than 1.
    pub(crate) fn is_held(&self) -> bool {
        self.value <= self.at_most
    }
}

/// The bars that instruction counts and encoded sizes decide.
pub(crate) fn of_counts(measurements: &Measurements) -> Result<Vec<Bar>> {
    let m = Ratios { measurements };
    let mut bars = Vec::new();
    for (operation, mix, each, names) in [
        ("decode", 0.8, 1.0, ["decode-mix", "decode-each"]),
        ("encode", 0.9, 1.1, ["encode-mix", "encode-each"]),
    ] {
        let peers = m.peers(operation);
        let fastest = m.least(operation, &peers, Figure::Count)?;
        bars.push(m.mix(names[0], operation, fastest, "fastest peer", mix));
        bars.push(m.each(names[1], operation, &peers, each)?);
        if operation == "decode" {
            bars.push(m.mix("decode-twin", operation, TWIN, "hand-written twin", 1.15));
        }
    }
    let peers = m.peers("encode");
    let smallest = m.least("encode", &peers, Figure::Size)?;
    let ratio = m.ratio("encode", smallest, Figure::Size);
    bars.push(Bar {
        name: "size-mix",
        figure: format!("encoded size over the mix, against the smallest peer ({smallest})"),
        at_most: 1.0,
        value: ratio,
        time: None,
        informs: false,
    });
    for (operation, at_most, name, beside) in [
        ("frame-in", 0.6, "frame-in", "frame-in-usual"),
        ("frame-out", 0.8, "frame-out", "frame-out-usual"),
    ] {
        let same: Vec<_> = m
            .peers(operation)
            .into_iter()
            .filter(|peer| *peer != USUAL)
            .collect();
        let fastest = m.least(operation, &same, Figure::Count)?;
        bars.push(m.mix(
            name,
            operation,
            fastest,
            "fastest of postcard in the same frames",
            at_most,
        ));
        let mut bar = m.mix(
            beside,
            operation,
            USUAL,
            "its usual crates for CRC and COBS",
            at_most,
        );
        bar.informs = true;
        bars.push(bar);
    }
    Ok(bars)
}

/// The bar that the flash of a Cortex-M decides.
pub(crate) fn of_flash(weights: &Weights) -> Bar {
    Bar {
        name: "flash",
        figure: "flash on Cortex-M, decoder and encoder of all messages, against postcard".to_owned(),
        at_most: 0.5,
        // Far below 2^52.
        value: weights.ours.both as f64 / weights.postcard.both as f64,
        time: None,
        informs: false,
    }
}

struct Ratios<'m> {
    measurements: &'m Measurements,
}

impl<'m> Ratios<'m> {
    fn peers(&self, operation: &str) -> Vec<&'m str> {
        let mut codecs = self.measurements.codecs(operation);
        codecs.retain(|codec| ![OURS, TWIN].contains(codec));
        codecs
    }

    /// The one whose figure is least over the mix.
    fn least(&self, operation: &str, codecs: &[&'m str], figure: Figure) -> Result<&'m str> {
        let mix = |codec: &&str| self.measurements.mix(operation, codec, figure);
        let least = codecs.iter().copied().min_by(|a, b| mix(a).total_cmp(&mix(b)));
        least.with_context(|| format!("nobody does {operation}"))
    }

    fn ratio(&self, operation: &str, codec: &str, figure: Figure) -> f64 {
        let of = |codec| self.measurements.mix(operation, codec, figure);
        of(OURS) / of(codec)
    }

    fn mix(&self, name: &'static str, operation: &str, codec: &str, role: &str, at_most: f64) -> Bar {
        let figure = match codec {
            TWIN => format!("{operation} over the mix, against the {role}"),
            USUAL => format!("{operation} over the mix, against postcard with {role}"),
            _ => format!("{operation} over the mix, against the {role} ({codec})"),
        };
        let time = self.ratio(operation, codec, Figure::Time);
        Bar {
            name,
            figure,
            at_most,
            value: self.ratio(operation, codec, Figure::Count),
            time: Some(time).filter(|time| !time.is_nan()),
            informs: false,
        }
    }

    /// The worst message, each against the peer that is fastest at it.
    fn each(&self, name: &'static str, operation: &str, peers: &[&'m str], at_most: f64) -> Result<Bar> {
        let one = |codec: &str, figure, at: usize| {
            let row = self.measurements.row(operation, codec, figure);
            row.get(at).copied().unwrap_or(f64::NAN)
        };
        let mut worst: Option<Bar> = None;
        for (at, message) in self.measurements.messages().into_iter().enumerate() {
            let count = |codec: &str| one(codec, Figure::Count, at);
            let time = |codec: &str| one(codec, Figure::Time, at);
            let fastest = peers.iter().copied().min_by(|a, b| count(a).total_cmp(&count(b)));
            let fastest = fastest.with_context(|| format!("nobody does {operation}"))?;
            let value = count(OURS) / count(fastest);
            if worst.as_ref().is_none_or(|worst| worst.value < value) {
                worst = Some(Bar {
                    name,
                    figure: format!(
                        "{operation} of each message, against the fastest peer at it; the worst: {message} ({fastest})"
                    ),
                    at_most,
                    value,
                    time: Some(time(OURS) / time(fastest)).filter(|time| !time.is_nan()),
                    informs: false,
                });
            }
        }
        worst.with_context(|| format!("{operation} has no messages"))
    }
}

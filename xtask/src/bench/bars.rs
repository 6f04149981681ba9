//! What the codec has to reach, and whether it does.

use super::flash::Weights;
use super::measure::{Figure, Measurements};
use anyhow::{Context as _, Result};

/// The codec of this project, as the program names it.
pub(crate) const OURS: &str = "cardwire";

/// The hand-written codec for the same wire format: no peer, a measure of what generating costs.
pub(crate) const TWIN: &str = "twin";

/// postcard by plain derive: ids and digests are arrays. What frames and flash are judged against.
pub(crate) const PLAIN: &str = "postcard";

/// postcard with ids and digests as byte strings, by `serde_bytes`.
pub(crate) const BYTE_STRINGS: &str = "postcard, serde_bytes";

/// The same behind a frame layer made of the crates that it is commonly used with.
const USUAL: &str = "postcard, usual crates";

/// One figure and its bound.
#[derive(Debug)]
pub(crate) struct Bar {
    /// Its name in the record of bars that are held.
    pub(crate) name: &'static str,
    /// What is compared.
    pub(crate) figure: String,
    /// The greatest ratio that is good; none where the figure only informs, and nothing hangs on it.
    pub(crate) at_most: Option<f64>,
    /// The ratio measured, of instructions or bytes.
    pub(crate) value: f64,
    /// The ratio of median times of the same two, where times were taken.
    pub(crate) time: Option<f64>,
}

impl Bar {
    /// Not rounded: 1.004 is more than 1.
    pub(crate) fn is_held(&self) -> bool {
        self.at_most.is_some_and(|at_most| self.value <= at_most)
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
        let role = format!("the fastest peer ({fastest})");
        bars.push(m.mix(names[0], operation, fastest, &role, Some(mix)));
        bars.push(m.each(names[1], operation, &peers, each)?);
        if operation == "decode" {
            bars.push(m.mix(
                "decode-twin",
                operation,
                TWIN,
                "the hand-written twin",
                Some(1.15),
            ));
        }
    }
    let peers = m.peers("encode");
    let smallest = m.least("encode", &peers, Figure::Size)?;
    bars.push(Bar {
        name: "size-mix",
        figure: format!("encoded size over the mix, against the smallest peer ({smallest})"),
        at_most: Some(1.0),
        value: m.ratio("encode", smallest, Figure::Size),
        time: None,
    });
    for (operation, at_most, names) in [
        ("frame-in", 0.6, ["frame-in", "frame-in-bytes", "frame-in-usual"]),
        (
            "frame-out",
            0.8,
            ["frame-out", "frame-out-bytes", "frame-out-usual"],
        ),
    ] {
        for (name, codec, role, at_most) in [
            (
                names[0],
                PLAIN,
                "postcard, plain derive, in the same frames",
                Some(at_most),
            ),
            (
                names[1],
                BYTE_STRINGS,
                "postcard, serde_bytes, in the same frames",
                None,
            ),
            (
                names[2],
                USUAL,
                "postcard, serde_bytes, with its usual crates for CRC and COBS",
                None,
            ),
        ] {
            bars.push(m.mix(name, operation, codec, role, at_most));
        }
    }
    Ok(bars)
}

/// The bar that the flash of a Cortex-M decides.
pub(crate) fn of_flash(weights: &Weights) -> [Bar; 2] {
    [
        ("flash", &weights.plain, "plain derive", Some(0.5)),
        ("flash-bytes", &weights.byte_strings, "serde_bytes", None),
    ]
    .map(|(name, weight, shape, at_most)| Bar {
        name,
        figure: format!("flash on Cortex-M, decoder and encoder of all messages, against postcard, {shape}"),
        at_most,
        // Far below 2^52.
        value: weights.ours.both as f64 / weight.both as f64,
        time: None,
    })
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

    fn mix(&self, name: &'static str, operation: &str, codec: &str, role: &str, at_most: Option<f64>) -> Bar {
        let time = self.ratio(operation, codec, Figure::Time);
        Bar {
            name,
            figure: format!("{operation} over the mix, against {role}"),
            at_most,
            value: self.ratio(operation, codec, Figure::Count),
            time: Some(time).filter(|time| !time.is_nan()),
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
                    at_most: Some(at_most),
                    value,
                    time: Some(time(OURS) / time(fastest)).filter(|time| !time.is_nan()),
                });
            }
        }
        worst.with_context(|| format!("{operation} has no messages"))
    }
}

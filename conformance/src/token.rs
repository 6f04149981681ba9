//! A short word that names one case and all that its run followed from, so that it can be run once more exactly.

use crate::{cases::sanity, subject::is_known};
use core::{fmt, str::FromStr};

/// One case, and what its run follows from.
///
/// ```
/// use cardwire_conformance::Token;
///
/// let token: Token = "link.answer-repeats-number@7,scale=0.5".parse().unwrap();
/// assert_eq!((token.seed, token.timeout_scale, token.clock_rate), (7, 0.5, 1));
/// assert_eq!(token.to_string(), "link.answer-repeats-number@7,scale=0.5");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The id of the case; the sanity case is known by its first one.
    pub case: String,
    /// What random values follow from.
    pub seed: u64,
    /// What the timers are multiplied with.
    pub timeout_scale: f64,
    /// How many times as fast the device's clock runs.
    pub clock_rate: u16,
}

/// Why a text is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no token of this suite: {why}")]
pub struct NoToken {
    given: String,
    why: String,
}

impl Token {
    /// A token of this case. The sanity case runs under several ids, and is replayed by its first one.
    pub(crate) fn new(case: &str, seed: u64, timeout_scale: f64, clock_rate: u16) -> Self {
        let case = if sanity::is(case) { sanity::ID } else { case };
        Self {
            case: case.to_owned(),
            seed,
            timeout_scale,
            clock_rate,
        }
    }
}

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(given: &str) -> Result<Self, NoToken> {
        let wrong = |why: String| NoToken {
            given: given.to_owned(),
            why,
        };
        let (case, rest) = given
            .split_once('@')
            .ok_or_else(|| wrong("expected CASE@SEED, as a report prints it".into()))?;
        if !(sanity::is(case) || is_known(case)) {
            return Err(wrong(format!(
                "there is no case {case}; `--list` names all of them"
            )));
        }
        let mut words = rest.split(',');
        let seed = words.next().unwrap_or_default();
        let seed = seed.parse().map_err(|_| {
            wrong(format!(
                "the seed is `{seed}`, and no number from 0 to {}",
                u64::MAX
            ))
        })?;
        let mut token = Self::new(case, seed, 1.0, 1);
        for word in words {
            let known = match word.split_once('=') {
                Some(("scale", scale)) => scale
                    .parse()
                    .ok()
                    .filter(|scale| (0.01..=1000.0).contains(scale))
                    .map(|scale| token.timeout_scale = scale),
                Some(("clock", rate)) => rate
                    .parse()
                    .ok()
                    .filter(|rate| *rate > 0)
                    .map(|rate| token.clock_rate = rate),
                Some(_) | None => None,
            };
            known.ok_or_else(|| {
                wrong(format!(
                    "`{word}` says nothing; expected scale=FACTOR or clock=N behind the seed"
                ))
            })?;
        }
        Ok(token)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            seed,
            timeout_scale,
            clock_rate,
        } = self;
        write!(f, "{case}@{seed}")?;
        if *timeout_scale != 1.0 {
            write!(f, ",scale={timeout_scale}")?;
        }
        if *clock_rate != 1 {
            write!(f, ",clock={clock_rate}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_say_all_and_are_read_back() {
        for text in [
            "link.answer-repeats-number@0",
            "link.answer-repeats-number@18446744073709551615,scale=0.05,clock=10",
            "sanity.way-in@3",
            "client.login.relays-unchanged@0",
            "codec.generated.4711@5",
        ] {
            assert_eq!(text.parse::<Token>().unwrap().to_string(), text);
        }
        let sanity = Token::new("sanity.way-in-on-2-after-link", 3, 1.0, 1);
        assert_eq!(sanity.to_string(), "sanity.way-in@3");
    }

    #[test]
    fn what_is_no_token_is_told_why() {
        for (text, why) in [
            ("", "expected CASE@SEED"),
            ("link.answer-repeats-number", "expected CASE@SEED"),
            ("link.nothing@0", "no case link.nothing"),
            ("link.*@0", "no case link.*"),
            ("link.answer-repeats-number@x", "the seed is `x`"),
            ("link.answer-repeats-number@-1", "the seed is `-1`"),
            ("link.answer-repeats-number@0,scale=0", "`scale=0`"),
            ("link.answer-repeats-number@0,clock=0", "`clock=0`"),
            ("link.answer-repeats-number@0,", "``"),
            ("link.answer-repeats-number@0,speed=2", "`speed=2`"),
        ] {
            let error = text.parse::<Token>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}

//! A share of the readers: so many of them, or so many in a hundred.

use core::{fmt, str::FromStr};

/// A share of the readers that a campaign is for.
///
/// ```
/// use cardwire_peers::cloud::Share;
///
/// assert_eq!("12".parse(), Ok(Share::Count(12)));
/// assert_eq!("5%".parse(), Ok(Share::Percent(5)));
/// assert_eq!(
///     "101%".parse::<Share>().unwrap_err().to_string(),
///     "`101%` is no share of readers: expected a number such as 12, or 0% to 100%"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// So many readers.
    Count(u32),
    /// So many readers in a hundred.
    Percent(u8),
}

impl Share {
    /// Everybody.
    pub const ALL: Self = Self::Percent(100);

    /// How many of `readers` it is at least: a percentage that does not come out even is rounded up, so that one reader in
    /// a hundred of a small fleet is one reader.
    #[must_use]
    pub fn at_least(self, readers: u32) -> u32 {
        match self {
            Self::Count(count) => count.min(readers),
            Self::Percent(percent) => of(percent, readers, 99),
        }
    }

    /// How many of `readers` it is at most: a percentage that does not come out even is rounded down.
    #[must_use]
    pub fn at_most(self, readers: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => of(percent, readers, 0),
        }
    }
}

fn of(percent: u8, readers: u32, add: u64) -> u32 {
    let share = (u64::from(readers) * u64::from(percent) + add) / 100;
    // A share is not larger than the whole.
    u32::try_from(share).unwrap_or(readers)
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// Why a word is no share of readers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no share of readers: expected a number such as 12, or 0% to 100%")]
pub struct NoShare {
    given: String,
}

impl FromStr for Share {
    type Err = NoShare;

    fn from_str(given: &str) -> Result<Self, NoShare> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let share = match given.strip_suffix('%') {
            Some(percent) if digits(percent) => percent
                .parse()
                .ok()
                .filter(|percent| *percent <= 100)
                .map(Self::Percent),
            None if digits(given) => given.parse().ok().map(Self::Count),
            Some(_) | None => None,
        };
        share.ok_or_else(|| NoShare { given: given.into() })
    }
}

/// How an update is rolled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// For how many readers it is open, stage by stage; a stage holds the readers of those before it.
    pub stages: Vec<Share>,
    /// How many of a stage's readers must have it before the next stage opens.
    pub successes: Share,
    /// How many of a stage's readers may fail: one more halts the campaign. None halts it never.
    pub halt_after: Option<Share>,
    /// Whether it waits until somebody opens the first stage.
    pub draft: bool,
    /// The one reader that it is for; every reader of the class where none is named.
    pub only: Option<String>,
}

impl Default for Rollout {
    /// For all readers at once.
    fn default() -> Self {
        Self {
            stages: vec![Share::ALL],
            successes: Share::ALL,
            halt_after: None,
            draft: false,
            only: None,
        }
    }
}

/// Stages as the database holds them, and as people write them.
pub(in crate::cloud) fn write_stages(stages: &[Share]) -> String {
    let words: Vec<_> = stages.iter().map(ToString::to_string).collect();
    words.join(",")
}

/// Stages of the form `1,10%,100%`.
pub(in crate::cloud) fn read_stages(text: &str) -> Result<Vec<Share>, NoShare> {
    text.split(',').map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_small_and_large_fleets() {
        for (text, readers, least, most) in [
            ("1", 0, 0, 1),
            ("3", 200, 3, 3),
            ("10%", 0, 0, 0),
            ("10%", 5, 1, 0),
            ("10%", 200, 20, 20),
            ("1%", 201, 3, 2),
            ("100%", u32::MAX, u32::MAX, u32::MAX),
            ("0%", 9, 0, 0),
        ] {
            let share: Share = text.parse().unwrap();
            assert_eq!(share.to_string(), text);
            assert_eq!(
                (share.at_least(readers), share.at_most(readers)),
                (least, most),
                "{text} of {readers}"
            );
        }
        for text in [
            "",
            "%",
            "-1",
            "+1",
            "1 %",
            "101%",
            "256%",
            "4294967296",
            "1.5%",
            "all",
            "٣",
        ] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        let stages = read_stages("1,10%,100%").unwrap();
        assert_eq!(write_stages(&stages), "1,10%,100%");
        assert!(read_stages("1,,100%").is_err());
    }
}

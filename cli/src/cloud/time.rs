//! Moments as people read and write them, in UTC.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};

/// Seconds since 1970 as `2026-11-28T11:22:33Z`; as they are where no calendar reaches.
pub(super) fn time(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(
        || seconds.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

/// Now, in seconds since 1970.
pub(super) fn now() -> i64 {
    Utc::now().timestamp()
}

/// A moment that somebody wrote: a day, a time with its zone, or how long before `now`, such as `90m`, `12h` or `7d`.
pub(super) fn parse(text: &str, now: i64) -> Option<i64> {
    for (unit, seconds) in [('m', 60), ('h', 3600), ('d', 86_400)] {
        if let Some(count) = text.strip_suffix(unit) {
            let count: u32 = count.parse().ok()?;
            return now.checked_sub(i64::from(count) * seconds);
        }
    }
    let of_day = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp();
    let day = text.parse().ok().map(of_day);
    day.or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (1_795_865_969, "2026-11-28T11:39:29Z"),
        ] {
            assert_eq!(time(seconds), text);
            assert_eq!(parse(text, 0), Some(seconds));
        }
        assert_eq!(time(i64::MAX), i64::MAX.to_string());
        for (text, expected) in [
            ("2000-02-29", Some(951_782_400)),
            ("2000-02-29T01:00:00+01:00", Some(951_782_400)),
            ("90m", Some(1_000_000 - 5400)),
            ("7d", Some(1_000_000 - 604_800)),
            ("0h", Some(1_000_000)),
            ("2001-02-29", None),
            ("2000-02-29T01:00:00", None),
            ("-1h", None),
            ("h", None),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse(text, 1_000_000), expected, "{text}");
        }
    }
}

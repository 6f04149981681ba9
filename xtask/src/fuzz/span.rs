//! Spans of time as people write them.

use core::time::Duration;

/// Reads `90`, `90s`, `10m` or `2h`.
pub(super) fn read(text: &str) -> Result<Duration, String> {
    let wanted = || format!("`{text}` is no span of time: 90s, 10m or 2h are");
    let (number, unit) = match text.find(|letter: char| !letter.is_ascii_digit()) {
        Some(end) => text.split_at(end),
        None => (text, "s"),
    };
    let unit: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(wanted()),
    };
    let number: u64 = number.parse().map_err(|_| wanted())?;
    let seconds = number.checked_mul(unit).ok_or_else(wanted)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::read;
    use core::time::Duration;

    #[test]
    fn spans_have_units() {
        for (text, seconds) in [("5", 5), ("60s", 60), ("10m", 600), ("2h", 7200)] {
            assert_eq!(read(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "1d",
            "-1s",
            "1.5h",
            "99999999999999999999s",
            "9999999999999999999h",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

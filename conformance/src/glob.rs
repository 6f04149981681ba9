//! Patterns of case ids: `*` stands for any characters, `?` for one.

/// Whether `text` is as the pattern says. Ids are ASCII: a character is a byte.
///
/// It copies nothing, because a proof holds thousands of patterns against as many ids.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where the last star stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&c) if c == b'?' || c == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((place, reach)) = star else { return false };
                star = Some((place, reach + 1));
                at = place + 1;
                from = reach + 1;
            }
        }
    }
    pattern[at..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("link.*", "link.repeats-number", true),
            ("link.*", "codec.link.x", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*number", "link.repeats-number", true),
            ("l?nk*rep*ber", "link.repeats-number", true),
            ("l?nk*rep*bers", "link.repeats-number", false),
            ("a*b*c", "aXbXbXc", true),
            ("link.repeats-number", "link.repeats-number", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}

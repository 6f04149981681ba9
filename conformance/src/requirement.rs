//! The requirements of the book: their ids, sentences, and how strongly they bind.

use crate::embedded;
pub use cardwire_spec::book::{Level, Requirement};

/// All requirements of the book, in ascending order.
#[must_use]
pub fn requirements() -> &'static [Requirement] {
    &embedded::book().requirements
}

/// The requirement of this id.
#[must_use]
pub fn requirement(id: &str) -> Option<&'static Requirement> {
    embedded::book().requirement(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_has_requirements() {
        assert!(requirements().len() > 80);
        let number = requirement("CW-LINK-004").unwrap();
        assert_eq!(
            number.sentence,
            "The answer to a clear frame MUST be a clear frame that repeats its number."
        );
        assert_eq!((number.level, number.chapter.as_str()), (Level::Must, "link"));
        assert_eq!(requirement("CW-JOB-008").unwrap().level, Level::Should);
    }
}

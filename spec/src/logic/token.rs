//! Words of a line.

use crate::problem::Problem;

/// A word of a line, or a text in quotes.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) place: Place,
}

/// Line and column, from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    pub(super) fn problem(self, message: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem {
            file: String::new(),
            line: self.line,
            column: self.column,
            path: String::new(),
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The words of a line, without its comment.
pub(super) fn tokens(line: usize, text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some((index, first)) = chars.next() {
        let place = Place {
            line,
            column: index + 1,
        };
        match first {
            ';' => break,
            '"' => {
                let mut text = String::new();
                loop {
                    match chars.next() {
                        Some((_, '"')) => break,
                        Some((_, '\\')) => match chars.next() {
                            Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                            _ => {
                                return Err(place.problem(
                                    "a backslash stands before neither quote nor backslash",
                                    "write \\\\ for a backslash, \\\" for a quote",
                                ));
                            }
                        },
                        Some((_, c)) => text.push(c),
                        None => return Err(place.problem("the text has no end", "close it with a quote")),
                    }
                }
                tokens.push(Token {
                    text,
                    quoted: true,
                    place,
                });
            }
            first if first.is_whitespace() => {}
            first => {
                let mut text = String::from(first);
                while let Some((_, c)) = chars.next_if(|(_, c)| !c.is_whitespace() && !matches!(c, ';' | '"'))
                {
                    text.push(c);
                }
                tokens.push(Token {
                    text,
                    quoted: false,
                    place,
                });
            }
        }
    }
    Ok(tokens)
}

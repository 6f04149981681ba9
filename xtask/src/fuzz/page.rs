//! The page of the fuzz targets: tables in it are written by chores, between two lines each.

use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Below the root of the workspace.
pub(super) const PAGE: &str = "fuzz/README.md";

/// Writes a table to its place in the page.
pub(super) fn write(root: &Path, table: &str, text: &str) -> Result<()> {
    let file = root.join(PAGE);
    let page = fs::read_to_string(&file).with_context(|| format!("{PAGE} can't be read"))?;
    Ok(fs::write(file, within(&page, table, text)?)?)
}

fn within(page: &str, table: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {table} -->\n"), format!("<!-- /{table} -->\n"));
    let parts = page
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.with_context(|| format!("{PAGE} has no place for a table: {begin}{end}"))?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_page_keeps_what_is_around_a_table() {
        let page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n<!-- b -->\n<!-- /b -->\n";
        let new = within(page, "a", "new\n").expect("it has a place");
        assert_eq!(new, page.replace("old", "new"));
        assert_eq!(within(&new, "a", "new\n").expect("it has a place"), new);
        assert!(within(page, "c", "new\n").is_err());
    }
}

//! Tables in Markdown.

/// A table that grows row by row. What would end a cell or a row is escaped here, and nowhere else.
pub(super) struct Table {
    text: String,
    columns: usize,
}

impl Table {
    /// A table with these titles of columns.
    pub(super) fn new<const N: usize>(head: [&str; N]) -> Self {
        Self::of(head.map(str::to_owned).to_vec())
    }

    /// A table whose columns are as many as there are titles.
    pub(super) fn of(head: Vec<String>) -> Self {
        let columns = head.len();
        let mut table = Self {
            text: String::new(),
            columns,
        };
        table.row(head);
        table.text += &format!("|{}\n", " --- |".repeat(columns));
        table
    }

    /// Adds a row of cells, which are Markdown; cells that are missing are empty.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut count = 0;
        self.text.push('|');
        for cell in cells.into_iter().take(self.columns) {
            self.text += &format!(" {} |", escaped(&cell));
            count += 1;
        }
        self.text += &"  |".repeat(self.columns - count);
        self.text.push('\n');
    }

    /// The table, and an empty line behind it.
    pub(super) fn finish(self) -> String {
        format!("{}\n", self.text)
    }
}

/// A cell on one line, whose bars are bars: also inside code, where tables come first.
fn escaped(cell: &str) -> String {
    let line = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_line_ends_stay_in_their_cell() {
        let mut table = Table::new(["name", "meaning"]);
        table.row(["`a|b`".to_owned(), "one\n| two".to_owned()]);
        table.row(["alone".to_owned()]);
        let text = table.finish();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "| name | meaning |");
        assert_eq!(lines[1], "| --- | --- |");
        assert_eq!(lines[2], r"| `a\|b` | one \| two |");
        assert_eq!(lines[3], "| alone |  |");
        assert_eq!(lines.len(), 5);
    }
}

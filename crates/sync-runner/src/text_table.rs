//! Rows as aligned columns.

use std::io::{self, Write};

/// Rows that are kept to find out how wide columns are. Later ones may be wider and stand out of line.
const MEASURED: usize = 1000;
/// A wider cell stands out of line, rather than pushing all others to the right.
const WIDEST: usize = 60;

/// Writes rows as columns, in memory that does not grow with their number.
pub(crate) struct TextTable<W: Write> {
    out: W,
    header: Vec<String>,
    kept: Vec<Vec<Cell>>,
    widths: Option<Vec<usize>>,
}

/// A cell, ready to be shown.
pub(crate) struct Cell {
    text: String,
    right: bool,
}

impl Cell {
    /// Text, which stands to the left.
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self { text: visible(text.as_ref()), right: false }
    }

    /// A number, which stands to the right.
    pub(crate) fn number(number: impl ToString) -> Self {
        Self { text: number.to_string(), right: true }
    }
}

impl<W: Write> TextTable<W> {
    pub(crate) fn new<N: AsRef<str>>(out: W, header: impl IntoIterator<Item = N>) -> Self {
        let header = header.into_iter().map(|name| visible(name.as_ref())).collect();
        Self { out, header, kept: Vec::new(), widths: None }
    }

    pub(crate) fn row(&mut self, row: Vec<Cell>) -> io::Result<()> {
        match &self.widths {
            Some(widths) => write_row(&mut self.out, widths, &row),
            None => {
                self.kept.push(row);
                if self.kept.len() >= MEASURED { self.write_kept() } else { Ok(()) }
            }
        }
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.widths.is_none() {
            self.write_kept()?;
        }
        self.out.flush()
    }

    fn write_kept(&mut self) -> io::Result<()> {
        let widths = self.header.iter().enumerate().map(|(column, name)| {
            let cells = self.kept.iter().filter_map(|row| row.get(column)).map(|cell| width(&cell.text));
            let widest = cells.filter(|width| *width <= WIDEST).max().unwrap_or_default();
            widest.max(width(name))
        });
        let widths: Vec<_> = widths.collect();
        let header: Vec<_> = self.header.iter().map(|name| Cell { text: name.clone(), right: false }).collect();
        write_row(&mut self.out, &widths, &header)?;
        let rule: Vec<_> = widths.iter().map(|width| Cell { text: "-".repeat(*width), right: false }).collect();
        write_row(&mut self.out, &widths, &rule)?;
        for row in std::mem::take(&mut self.kept) {
            write_row(&mut self.out, &widths, &row)?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

fn write_row(out: &mut impl Write, widths: &[usize], row: &[Cell]) -> io::Result<()> {
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        if column > 0 {
            line.push_str("  ");
        }
        if cell.right {
            line.push_str(&format!("{:>width$}", cell.text));
        } else {
            line.push_str(&format!("{:<width$}", cell.text));
        }
    }
    writeln!(out, "{}", line.trim_end())
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Line breaks and control characters as escapes, so that a row stays a line and no terminal obeys a cell.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            visible.extend(character.escape_default());
        } else {
            visible.push(character);
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: Vec<Vec<Cell>>) -> String {
        let mut out = Vec::new();
        let mut table = TextTable::new(&mut out, ["id", "name"]);
        for row in rows {
            table.row(row).unwrap();
        }
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned() {
        let rows = vec![vec![Cell::number(7), Cell::text("é")], vec![Cell::number(123), Cell::text("two\nlines")]];
        assert_eq!(table(rows), "id   name\n---  ----------\n  7  é\n123  two\\nlines\n");
        assert_eq!(table(Vec::new()), "id  name\n--  ----\n");
    }

    #[test]
    fn no_cell_is_cut_and_no_row_lost() {
        let long = "x".repeat(100);
        let rows =
            (0..MEASURED + 5).map(|n| vec![Cell::number(n), Cell::text(if n == 1 { long.as_str() } else { "a" })]);
        let text = table(rows.collect());
        assert_eq!(text.lines().count(), MEASURED + 7);
        assert!(text.lines().nth(3).unwrap().ends_with(&long));
        assert_eq!(text.lines().last().unwrap(), "1004  a");
    }
}

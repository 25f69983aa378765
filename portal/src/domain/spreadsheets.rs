//! CSV (RFC 4180) that people open in a spreadsheet: no cell of it is taken for a formula.

use super::{DomainError, Result};

/// A file of these columns and rows, in UTF-8.
///
/// # Errors
/// Only if rows are longer or shorter than the columns.
pub fn csv(columns: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in std::iter::once(columns).chain(rows.iter().map(Vec::as_slice)) {
        writer.write_record(row.iter().map(|cell| cell_of(cell))).map_err(DomainError::internal)?;
    }
    writer.into_inner().map_err(DomainError::internal)
}

/// A cell that a spreadsheet shows as it is: what would begin a formula gets an apostrophe before it. A number stays one.
pub(super) fn cell_of(text: &str) -> String {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if begins && text.parse::<f64>().is_err() { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let rows = ["=1+1", "+x", "-2.5", "-x", "@a", "\t=1", "plain, \"quoted\"", "a\nb"].map(|t| vec![t.to_owned()]);
        let text = String::from_utf8(csv(&["=name".to_owned()], &rows).unwrap()).unwrap();
        let expected =
            "'=name\r\n'=1+1\r\n'+x\r\n-2.5\r\n'-x\r\n'@a\r\n'\t=1\r\n\"plain, \"\"quoted\"\"\"\r\n\"a\nb\"\r\n";
        assert_eq!(text, expected);
    }
}

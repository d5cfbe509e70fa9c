//! Comma-separated values (RFC 4180) that a spreadsheet shows as they are.

/// A text of rows, each ended by CR and LF. A cell that a spreadsheet would take for a formula begins with an
/// apostrophe, and one is quoted where it has to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Csv(String);

impl Csv {
    /// One whose first row names the columns.
    pub(crate) fn with(columns: &[&str]) -> Self {
        let mut csv = Self::default();
        csv.row(columns);
        csv
    }

    /// Adds a row.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        for (at, text) in cells.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.cell(text.as_ref());
        }
        self.0.push_str("\r\n");
    }

    fn cell(&mut self, text: &str) {
        let guard = if is_formula(text) { "'" } else { "" };
        if text.contains([',', '"', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(guard);
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(guard);
            self.0.push_str(text);
        }
    }

    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Whether a spreadsheet would calculate it. The wide forms of the signs are taken for them where Chinese or
/// Japanese is written; white space before a sign is passed over.
fn is_formula(text: &str) -> bool {
    let begins = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        let mut csv = Csv::default();
        csv.row(&[text]);
        csv.finish()
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        for (text, cell) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("a\rb", "\"a\rb\""),
        ] {
            assert_eq!(one(text), format!("{cell}\r\n"), "{text:?}");
        }
        let mut csv = Csv::with(&["a", "b"]);
        csv.row(&["1".to_owned(), "x,y".to_owned()]);
        assert_eq!(csv.finish(), "a,b\r\n1,\"x,y\"\r\n");
    }

    #[test]
    fn nothing_is_a_formula() {
        for text in
            ["=1+1", "+1", "-1", "@a", "\t=1", "\rx", "\n=1", "  =1", "\u{ff1d}1", "=\"x\",1"]
        {
            let cell = one(text);
            assert!(cell.trim_start_matches('"').starts_with('\''), "{text:?}: {cell:?}");
        }
        assert_eq!(one("a=1"), "a=1\r\n");
    }
}

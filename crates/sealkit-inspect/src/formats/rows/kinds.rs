//! What the cells of a column hold, as far as text tells.

/// A set of kinds of value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u8);

/// One kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    Boolean,
    Integer,
    Number,
    Date,
    Text,
    List,
    Object,
}

impl Kinds {
    pub(super) fn add(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    /// Whether one of them is this.
    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// The narrowest type that holds all of them, by name.
    pub(super) fn name(self) -> String {
        let has = |kind: Kind| self.has(kind);
        // Every cell of a text file is text as well; a number with a fraction holds whole ones.
        let names = [
            (Kind::Text, "text"),
            (Kind::Date, "date"),
            (Kind::Number, "number"),
            (Kind::Integer, "integer"),
            (Kind::Boolean, "boolean"),
            (Kind::List, "list"),
            (Kind::Object, "object"),
        ];
        let found: Vec<&str> = names
            .into_iter()
            .filter(|(kind, _)| has(*kind))
            .filter(|(kind, _)| *kind != Kind::Integer || !has(Kind::Number))
            .map(|(_, name)| name)
            .collect();
        if found.is_empty() { "empty".to_owned() } else { found.join(" or ") }
    }

    /// The same for cells of text: where one cell is plain text, or kinds are mixed, all are text.
    pub(super) fn name_of_cells(self) -> String {
        let name = self.name();
        if name.contains(" or ") { "text".to_owned() } else { name }
    }
}

/// What pandas takes for a missing value when it reads text.
const MISSING: &[&[u8]] = &[
    b"",
    b"#N/A",
    b"#N/A N/A",
    b"#NA",
    b"-1.#IND",
    b"-1.#QNAN",
    b"-NaN",
    b"-nan",
    b"1.#IND",
    b"1.#QNAN",
    b"<NA>",
    b"N/A",
    b"NA",
    b"NULL",
    b"NaN",
    b"None",
    b"n/a",
    b"nan",
    b"null",
];

const LONGEST_MISSING: usize = 8;

/// The kind of one cell.
pub(super) fn of_cell(cell: &[u8]) -> Kind {
    let cell = cell.trim_ascii();
    if cell.len() <= LONGEST_MISSING && MISSING.contains(&cell) {
        return Kind::Missing;
    }
    match cell {
        b"true" | b"false" | b"True" | b"False" | b"TRUE" | b"FALSE" => Kind::Boolean,
        _ if is_date(cell) => Kind::Date,
        _ => number(cell).unwrap_or(Kind::Text),
    }
}

/// A sign, digits, a fraction, an exponent.
fn number(cell: &[u8]) -> Option<Kind> {
    let unsigned = cell.strip_prefix(b"-").or(cell.strip_prefix(b"+")).unwrap_or(cell);
    if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
        return Some(Kind::Number);
    }
    let (whole, rest) = digits(unsigned);
    let (fraction, rest) = match rest.strip_prefix(b".") {
        Some(rest) => digits(rest),
        None if rest.is_empty() => return (whole > 0).then_some(Kind::Integer),
        None => (0, rest),
    };
    if whole + fraction == 0 {
        return None;
    }
    let Some(exponent) = rest.strip_prefix(b"e").or(rest.strip_prefix(b"E")) else {
        return rest.is_empty().then_some(Kind::Number);
    };
    let exponent = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
    let (count, rest) = digits(exponent);
    (count > 0 && rest.is_empty()).then_some(Kind::Number)
}

/// How many digits come first, and what follows them.
fn digits(text: &[u8]) -> (usize, &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count, text.get(count..).unwrap_or_default())
}

/// `2024-01-31`, with a time behind it or not.
fn is_date(cell: &[u8]) -> bool {
    let Some((day, time)) = cell.split_first_chunk::<10>() else { return false };
    let is_digit = |at: usize| day.get(at).is_some_and(u8::is_ascii_digit);
    let [_, _, _, _, first, _, _, second, _, _] = day;
    let separated = first == second && matches!(first, b'-' | b'/');
    let starts_time = matches!(time.first(), None | Some(b'T' | b' '));
    let is_time = |byte: &u8| byte.is_ascii_digit() || b"T :.+-Z".contains(byte);
    separated
        && starts_time
        && [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(is_digit)
        && time.iter().all(is_time)
}

/// Whether a spreadsheet would run the cell: a formula that calls something or asks a program.
pub(super) fn is_formula(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii_start();
    let Some((first, rest)) = cell.split_first() else { return false };
    if !matches!(first, b'=' | b'+' | b'-' | b'@') {
        return false;
    }
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-*/.=@_".contains(byte);
    let end = rest.iter().position(|byte| !is_inside(byte));
    let (call, next) = match end.and_then(|end| rest.split_at_checked(end)) {
        Some((call, [next, ..])) => (call, *next),
        _ => return false,
    };
    let names = call.last().is_some_and(u8::is_ascii_alphanumeric)
        && call.iter().any(u8::is_ascii_alphabetic);
    names && (next == b'|' || next == b'(' && matches!(first, b'=' | b'@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        let cases: &[(&str, Kind)] = &[
            ("", Kind::Missing),
            ("NaN", Kind::Missing),
            (" n/a ", Kind::Missing),
            ("0", Kind::Integer),
            ("-12", Kind::Integer),
            ("+7", Kind::Integer),
            ("1.", Kind::Number),
            (".5", Kind::Number),
            ("-1.5e-7", Kind::Number),
            ("1e9", Kind::Number),
            ("-inf", Kind::Number),
            ("1e", Kind::Text),
            (".", Kind::Text),
            ("-", Kind::Text),
            ("1,5", Kind::Text),
            ("0x1F", Kind::Text),
            ("True", Kind::Boolean),
            ("yes", Kind::Text),
            ("2024-01-31", Kind::Date),
            ("2024/01/31", Kind::Date),
            ("2024-01/31", Kind::Text),
            ("2024-01-31T10:00:00Z", Kind::Date),
            ("2024-01-31 10:00:00.5+01:00", Kind::Date),
            ("2024-01-31st", Kind::Text),
            ("2024-01-311", Kind::Text),
        ];
        for (cell, kind) in cases {
            assert_eq!(of_cell(cell.as_bytes()), *kind, "{cell}");
        }
    }

    #[test]
    fn only_what_runs_is_a_formula() {
        for cell in ["=cmd|' /C calc'!A0", "=HYPERLINK(\"x\")", "@SUM(1)", "-2+3+cmd|'x'", "+cmd|x"]
        {
            assert!(is_formula(cell.as_bytes()), "{cell}");
        }
        for cell in
            ["", "=", "=)", "-1", "-foo(bar)", "@user", "@user (me)", "= 1", "+49 (0)", "=(1)"]
        {
            assert!(!is_formula(cell.as_bytes()), "{cell}");
        }
    }

    #[test]
    fn kinds_join_to_the_narrowest_type() {
        let join = |kinds: &[Kind]| {
            let mut all = Kinds::default();
            for kind in kinds {
                all.add(*kind);
            }
            all
        };
        assert_eq!(join(&[]).name(), "empty");
        assert_eq!(join(&[Kind::Missing]).name(), "empty");
        assert_eq!(join(&[Kind::Integer, Kind::Number]).name(), "number");
        assert_eq!(join(&[Kind::Integer, Kind::Text]).name(), "text or integer");
        assert_eq!(join(&[Kind::Integer, Kind::Text]).name_of_cells(), "text");
        assert_eq!(join(&[Kind::Missing, Kind::Boolean]).name_of_cells(), "boolean");
    }
}

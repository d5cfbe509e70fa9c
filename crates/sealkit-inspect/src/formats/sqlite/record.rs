//! Rows of SQLite: their values, and what the columns of a table are called.
//!
//! Source: the SQLite project's "Database File Format", sections 1.6 and 2.1.

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::formats) enum Cell {
    /// Nothing, or bytes that are no text.
    Null,
    Int(i64),
    Float(f64),
    Text(String),
}

/// The values of a record as they are written: serial type and bytes; none where it is broken.
pub(super) fn parts(payload: &[u8]) -> Option<Parts<'_>> {
    let (header, types) = varint(payload)?;
    let header = usize::try_from(header).ok()?;
    let begin = payload.len().checked_sub(types.len())?;
    Some(Parts { types: payload.get(begin..header)?, content: payload.get(header..)? })
}

/// What is left of a record.
pub(super) struct Parts<'a> {
    types: &'a [u8],
    content: &'a [u8],
}

impl<'a> Parts<'a> {
    fn part(&mut self) -> Option<(u64, &'a [u8])> {
        let (kind, types) = varint(self.types)?;
        let (value, content) = self.content.split_at_checked(len(kind)?)?;
        (self.types, self.content) = (types, content);
        Some((kind, value))
    }
}

impl<'a> Iterator for Parts<'a> {
    /// None stands for a value that is broken; nothing behind it can be read.
    type Item = Option<(u64, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.types.is_empty() {
            return None;
        }
        let part = self.part();
        if part.is_none() {
            self.types = &[];
        }
        Some(part)
    }
}

/// A value of a serial type.
pub(super) fn cell(kind: u64, bytes: &[u8]) -> Cell {
    match kind {
        1..=6 => {
            let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
            let start = if negative { -1 } else { 0 };
            Cell::Int(bytes.iter().fold(start, |all: i64, byte| all << 8 | i64::from(*byte)))
        }
        7 => bytes.first_chunk().map_or(Cell::Null, |n| Cell::Float(f64::from_be_bytes(*n))),
        8 => Cell::Int(0),
        9 => Cell::Int(1),
        _ if is_text(kind) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        _ => Cell::Null,
    }
}

/// Whether a serial type is one of text.
pub(super) fn is_text(kind: u64) -> bool {
    kind >= 13 && kind % 2 == 1
}

/// Length of a value by its serial type (section 2.1).
fn len(serial: u64) -> Option<usize> {
    match serial {
        0 | 8 | 9 => Some(0),
        1..=4 => usize::try_from(serial).ok(),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        _ => usize::try_from((serial - 12) / 2).ok(),
    }
}

/// A number of one to nine bytes, the first of them the most significant.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), bytes.get(9..)?));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Names of the columns that a `CREATE TABLE` lists, in small letters and in the order in which rows have
/// them; none where it is of another form.
pub(super) fn columns(sql: &str) -> Vec<String> {
    let Some((_, list)) = sql.split_once('(') else { return Vec::new() };
    let mut names = Vec::new();
    for item in items(list) {
        let Some(name) = first_name(item) else { continue };
        let is_quoted = item.trim_start().starts_with(['"', '`', '[', '\'']);
        let is_constraint = ["constraint", "primary", "unique", "check", "foreign"];
        if is_quoted || !is_constraint.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// What stands between the commas of a list that ends with the bracket that closes it.
fn items(list: &str) -> Vec<&str> {
    let (mut all, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut quote = None;
    for (at, c) in list.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') if depth > 0 => depth -= 1,
            (None, ',' | ')') if depth == 0 => {
                all.extend(list.get(start..at));
                start = at + 1;
                if c == ')' {
                    break;
                }
            }
            _ => {}
        }
    }
    all
}

fn first_name(item: &str) -> Option<String> {
    let item = item.trim_start();
    let close = match item.chars().next()? {
        '[' => Some(']'),
        quote @ ('"' | '`' | '\'') => Some(quote),
        _ => None,
    };
    let name = match close {
        Some(close) => item.get(1..)?.split(close).next()?,
        None => item.split(|c: char| c.is_whitespace() || c == '(').next()?,
    };
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_table_and_not_of_its_constraints() {
        let sql = "CREATE TABLE \"runs\" (\n\trun_uuid VARCHAR(32) NOT NULL, \n\t[odd, one] INT, \
                   `Start` BIGINT DEFAULT (1, 2), \"check\" TEXT DEFAULT ',)', name VARCHAR(250),\
                   CONSTRAINT run_pk PRIMARY KEY (run_uuid), CHECK (a IN ('x', 'y')), \
                   FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)\n)";
        assert_eq!(columns(sql), ["run_uuid", "odd, one", "start", "check", "name"]);
        assert_eq!(columns("CREATE TABLE x AS SELECT 1"), [""; 0]);
        assert_eq!(columns("CREATE TABLE x (a, b"), ["a"]);
    }

    #[test]
    fn values_have_the_type_of_their_number() {
        // Header of seven bytes: null, one byte, three bytes, float, 1, text of two, blob of one.
        let mut record = vec![8, 0, 1, 3, 7, 9, 17, 14, 0xFF, 0x01, 0, 0];
        record.extend(0.5_f64.to_be_bytes());
        record.extend(b"hi\0");
        let expected = [
            Cell::Null,
            Cell::Int(-1),
            Cell::Int(65_536),
            Cell::Float(0.5),
            Cell::Int(1),
            Cell::Text("hi".to_owned()),
            Cell::Null,
        ];
        let values = |record: &[u8]| -> Option<Vec<Cell>> {
            parts(record)?.map(|part| part.map(|(kind, bytes)| cell(kind, bytes))).collect()
        };
        assert_eq!(values(&record).unwrap(), expected);
        for end in 0..record.len() {
            assert_eq!(values(&record[..end]), None, "{end}");
        }
    }
}

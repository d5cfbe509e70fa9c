//! Writes SQLite databases: pages of 64 KiB, one leaf or one level of leaves for each table.

const PAGE: usize = 65_536;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Float(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A table: name, columns, rows. A row may be given to be written more than once without taking more room.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// How often the last row is listed in each of the leaves, and how many of these there are.
    pub(crate) again: (usize, usize),
}

impl Table {
    pub(crate) fn new(name: &str, columns: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { name: name.to_owned(), columns, rows, again: (1, 1) }
    }
}

pub(crate) fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn varint(value: u64) -> Vec<u8> {
    let mut bytes = vec![(value & 0x7F) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        bytes.insert(0, (rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    bytes
}

/// A cell of a leaf: size, number of the row, and the record.
fn cell(id: u64, row: &[Cell]) -> Vec<u8> {
    let (mut types, mut content) = (Vec::new(), Vec::new());
    for value in row {
        let kind = match value {
            Cell::Null => 0,
            Cell::Int(0) => 8,
            Cell::Int(1) => 9,
            Cell::Int(value) => {
                content.extend(value.to_be_bytes());
                6
            }
            Cell::Float(value) => {
                content.extend(value.to_be_bytes());
                7
            }
            Cell::Text(text) => {
                content.extend(text.bytes());
                13 + 2 * text.len() as u64
            }
            Cell::Blob(bytes) => {
                content.extend(bytes);
                12 + 2 * bytes.len() as u64
            }
        };
        types.extend(varint(kind));
    }
    // The length of the header counts itself.
    let mut header = varint(types.len() as u64 + 1);
    if header.len() > 1 {
        header = varint(types.len() as u64 + 2);
    }
    let record = [header, types, content].concat();
    [varint(record.len() as u64), varint(id), record].concat()
}

/// A page of cells that begins at `start`; the last of them is listed so many times.
fn leaf(start: usize, cells: &[Vec<u8>], again: usize) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let (mut end, mut places) = (PAGE, Vec::new());
    for cell in cells {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        places.push(end as u16);
    }
    let last = places.last().copied();
    places.extend(last.into_iter().cycle().take(again.saturating_sub(1)));
    page[start] = 13;
    page[start + 3..start + 5].copy_from_slice(&(places.len() as u16).to_be_bytes());
    page[start + 5..start + 7].copy_from_slice(&(end as u16).to_be_bytes());
    for (at, place) in places.iter().enumerate() {
        let at = start + 8 + 2 * at;
        assert!(at + 2 <= end, "a page that is full");
        page[at..at + 2].copy_from_slice(&place.to_be_bytes());
    }
    page
}

/// A page that leads to others.
fn inner(pages: &[u32]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let Some((last, others)) = pages.split_last() else { panic!("a page that leads to none") };
    page[0] = 5;
    page[3..5].copy_from_slice(&(others.len() as u16).to_be_bytes());
    page[8..12].copy_from_slice(&last.to_be_bytes());
    let mut end = PAGE;
    for (at, child) in others.iter().enumerate() {
        end -= 5;
        page[end..end + 4].copy_from_slice(&child.to_be_bytes());
        page[end + 4] = at as u8 + 1;
        page[12 + 2 * at..14 + 2 * at].copy_from_slice(&(end as u16).to_be_bytes());
    }
    page
}

/// A database of these tables.
pub(crate) fn database(tables: &[Table]) -> Vec<u8> {
    let (mut schema, mut pages) = (Vec::new(), Vec::new());
    for (id, table) in (1..).zip(tables) {
        let root = pages.len() as u32 + 2;
        let columns: Vec<String> = table.columns.iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("CREATE TABLE \"{}\" ({})", table.name, columns.join(", "));
        let row = [
            text("table"),
            text(&table.name),
            text(&table.name),
            Cell::Int(i64::from(root)),
            Cell::Text(sql),
        ];
        schema.push(cell(id, &row));
        let cells: Vec<Vec<u8>> = (1..).zip(&table.rows).map(|(id, row)| cell(id, row)).collect();
        let leaf = leaf(0, &cells, table.again.0);
        if table.again.1 == 1 {
            pages.push(leaf);
        } else {
            let children: Vec<u32> = (0..table.again.1).map(|at| root + 1 + at as u32).collect();
            pages.push(inner(&children));
            pages.extend(children.iter().map(|_| leaf.clone()));
        }
    }
    let mut first = leaf(100, &schema, 1);
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&1_u16.to_be_bytes());
    first[18..24].copy_from_slice(&[1, 1, 0, 64, 32, 32]);
    first[28..32].copy_from_slice(&(pages.len() as u32 + 1).to_be_bytes());
    first[96..100].copy_from_slice(&3_045_001_u32.to_be_bytes());
    [first, pages.concat()].concat()
}

//! A small Parquet file by hand: one row group, two columns of 64-bit numbers, stored plain.

use super::weights::varint;

const COLUMNS: [&str; 2] = ["id", "stars"];

/// A file with this many rows.
pub(super) fn file(rows: u32) -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    let mut chunks = Vec::new();
    for (at, _) in COLUMNS.iter().enumerate() {
        let start = file.len() as u64;
        let data: Vec<u8> = (0..rows)
            .flat_map(|row| (u64::from(row) * (at as u64 + 1) % 100).to_le_bytes())
            .collect();
        file.extend(page(rows, data.len() as u64));
        file.extend(&data);
        chunks.push((start, file.len() as u64 - start));
    }
    let footer = footer(rows, &chunks);
    file.extend(&footer);
    file.extend((footer.len() as u32).to_le_bytes());
    file.extend_from_slice(b"PAR1");
    file
}

/// Header of a data page without levels, as both columns are required.
fn page(rows: u32, size: u64) -> Vec<u8> {
    let data = [number(1, 5, u64::from(rows)), number(1, 5, 0), number(1, 5, 3), number(1, 5, 3)];
    let head = [number(1, 5, 0), number(1, 5, size), number(1, 5, size)].concat();
    [head, vec![0x2c], data.concat(), vec![0, 0]].concat()
}

fn footer(rows: u32, chunks: &[(u64, u64)]) -> Vec<u8> {
    let root = [text(4, "schema"), number(1, 5, 2), vec![0]].concat();
    let column = |name: &str| [number(1, 5, 2), number(2, 5, 0), text(1, name), vec![0]].concat();
    let schema = [root, column(COLUMNS[0]), column(COLUMNS[1])].concat();
    let chunk = |(name, (start, size)): (&&str, &(u64, u64))| {
        let meta = [
            number(1, 5, 2),
            list(1, 5, 1),
            zigzag(0),
            list(1, 8, 1),
            bytes(name),
            number(1, 5, 0),
            number(1, 6, u64::from(rows)),
            number(1, 6, *size),
            number(1, 6, *size),
            number(2, 6, *start),
            vec![0],
        ];
        [number(2, 6, *start), vec![0x1c], meta.concat(), vec![0]].concat()
    };
    let total = chunks.iter().map(|chunk| chunk.1).sum();
    let columns: Vec<u8> = COLUMNS.iter().zip(chunks).flat_map(chunk).collect();
    let group = [
        list(1, 12, chunks.len()),
        columns,
        number(1, 6, total),
        number(1, 6, u64::from(rows)),
        vec![0],
    ];
    [
        number(1, 5, 2),
        list(1, 12, COLUMNS.len() + 1),
        schema,
        number(1, 6, u64::from(rows)),
        list(1, 12, 1),
        group.concat(),
        text(2, "xtask"),
        vec![0],
    ]
    .concat()
}

/// A number field of the compact protocol, `step` after the field before it.
fn number(step: u8, kind: u8, value: u64) -> Vec<u8> {
    [vec![step << 4 | kind], zigzag(value)].concat()
}

fn zigzag(value: u64) -> Vec<u8> {
    varint(value << 1)
}

fn text(step: u8, text: &str) -> Vec<u8> {
    [vec![step << 4 | 8], bytes(text)].concat()
}

fn bytes(text: &str) -> Vec<u8> {
    [varint(text.len() as u64), text.as_bytes().to_vec()].concat()
}

/// The start of a list of fewer than fifteen elements.
fn list(step: u8, kind: u8, len: usize) -> Vec<u8> {
    vec![step << 4 | 9, (len as u8) << 4 | kind]
}

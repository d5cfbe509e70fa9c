//! Links and attributes of files of the newest form: a tree of the second version leads to
//! objects in a fractal heap (sections III.A.2 and III.G).

use super::{Fields, File, UNDEFINED};
use crate::InspectError;

/// Deepest tree and deepest heap that is followed.
const MAX_DEPTH: u16 = 16;
/// Bytes of signature, version, type and checksum of a node.
const NODE_FRAME: u64 = 10;

/// The objects of a heap, by offset in the file and size in bytes, that a tree names. What is
/// stored in a way that is not read makes the file one with parts unread.
pub(super) fn objects(
    file: &mut File<'_>,
    heap: u64,
    tree: u64,
) -> Result<Vec<(u64, u64)>, InspectError> {
    if heap == UNDEFINED || tree == UNDEFINED {
        return Ok(Vec::new());
    }
    let heap = Heap::open(file, heap)?;
    let mut records = Vec::new();
    Tree::open(file, tree, &mut records)?;
    let mut all = Vec::new();
    for record in records {
        match heap.find(file, record)? {
            Some(place) => all.push(place),
            None => file.has_unread = true,
        }
    }
    Ok(all)
}

/// Number of bytes that hold numbers up to `limit`.
fn width(limit: u64) -> u8 {
    (limit.max(1).ilog2() / 8 + 1) as u8
}

/// What is the same for every node of a tree.
struct Tree {
    record: u64,
    /// Where in a record the heap's name of the object starts.
    id: u64,
    count_width: u8,
    /// For each depth, the width of the number of all records below a node.
    total_widths: Vec<u8>,
}

impl Tree {
    /// Appends the offset in the file of each object's name.
    fn open(file: &mut File<'_>, address: u64, all: &mut Vec<u64>) -> Result<(), InspectError> {
        let at = file.place(address)?;
        let end = file.pages.len();
        let mut fields = Fields::new(file, at, end);
        if fields.bytes(4, 4)? != b"BTHD" {
            return Err(fields.file.pages.malformed("no tree where one must be", at));
        }
        let _version = fields.byte()?;
        let kind = fields.byte()?;
        let node_size = fields.number(4)?.min(u64::from(u32::MAX));
        let record = fields.number(2)?.min(u64::from(u16::MAX));
        let depth = fields.number(2)?.min(u64::from(u16::MAX)) as u16;
        fields.skip(2)?;
        let root = fields.address()?;
        let count = fields.number(2)?.min(u64::from(u16::MAX));
        // A link's record has a hash before the name, an attribute's has none.
        let id = match kind {
            5 => 4,
            8 => 0,
            _ => return Err(fields.file.pages.malformed("a tree of another kind", at)),
        };
        if root == UNDEFINED || count == 0 {
            return Ok(());
        }
        let leaf = node_size.saturating_sub(NODE_FRAME).checked_div(record).unwrap_or(0);
        if depth > MAX_DEPTH || leaf == 0 {
            return Err(fields.file.pages.malformed("a tree of an unlikely shape", at));
        }
        let (count_width, address_size) = (width(leaf), u64::from(file.address_size));
        let (mut totals, mut below) = (vec![0], leaf);
        for _ in 0..depth {
            let total = totals.last().copied().unwrap_or(0);
            let pointer = address_size + u64::from(count_width) + u64::from(total);
            let room = node_size.saturating_sub(NODE_FRAME + pointer);
            let most = room / (record + pointer);
            below = most.saturating_add(1).saturating_mul(below).saturating_add(most);
            totals.push(width(below));
        }
        let tree = Self { record, id, count_width, total_widths: totals };
        tree.node(file, (root, count), depth, all)
    }

    fn node(
        &self,
        file: &mut File<'_>,
        (address, count): (u64, u64),
        depth: u16,
        all: &mut Vec<u64>,
    ) -> Result<(), InspectError> {
        let at = file.place(address)?;
        let end = file.pages.len();
        let mut fields = Fields::new(file, at, end);
        let wanted: &[u8] = if depth == 0 { b"BTLF" } else { b"BTIN" };
        if fields.bytes(4, 4)? != wanted {
            return Err(fields.file.pages.malformed("no node of a tree where one must be", at));
        }
        fields.skip(2)?;
        for _ in 0..count {
            fields.file.pages.budget().entries(1)?;
            all.push(fields.at.saturating_add(self.id));
            fields.skip(self.record)?;
        }
        let Some(level) = depth.checked_sub(1) else { return Ok(()) };
        let total = self.total_widths.get(usize::from(level)).copied().unwrap_or(0);
        let mut children = Vec::new();
        for _ in 0..=count {
            let child = (fields.address()?, fields.number(self.count_width)?);
            fields.skip(u64::from(total))?;
            children.push(child);
        }
        for child in children {
            self.node(file, child, level, all)?;
        }
        Ok(())
    }
}

/// A fractal heap: blocks in rows that double.
struct Heap {
    offset_width: u8,
    length_width: u8,
    columns: u64,
    start_size: u64,
    /// Number of rows whose blocks hold objects themselves.
    direct_rows: u64,
    root: u64,
    /// Rows of the root; 0 where the root itself holds objects.
    rows: u64,
}

impl Heap {
    fn open(file: &mut File<'_>, address: u64) -> Result<Self, InspectError> {
        let at = file.place(address)?;
        let end = file.pages.len();
        let mut fields = Fields::new(file, at, end);
        if fields.bytes(4, 4)? != b"FRHP" {
            return Err(fields.file.pages.malformed("no fractal heap where one must be", at));
        }
        fields.skip(3)?;
        let filters = fields.number(2)?;
        let _flags = fields.byte()?;
        let largest = fields.number(4)?.min(u64::from(u32::MAX));
        let (lengths, addresses) = (fields.file.length_size, fields.file.address_size);
        // Names, free space and counts, which say nothing of the places.
        fields.skip(10 * u64::from(lengths) + 2 * u64::from(addresses))?;
        let columns = fields.number(2)?.min(u64::from(u16::MAX));
        let start_size = fields.length()?;
        let largest_block = fields.length()?;
        let bits = fields.number(2)?.min(u64::from(u16::MAX));
        fields.skip(2)?;
        let root = fields.address()?;
        let rows = fields.number(2)?.min(u64::from(u16::MAX));
        let is_odd = columns == 0
            || !start_size.is_power_of_two()
            || !largest_block.is_power_of_two()
            || largest_block < start_size
            || !(1..=64).contains(&bits)
            || rows > bits;
        if is_odd || filters != 0 {
            return Err(file.pages.malformed("a fractal heap of an unlikely shape", at));
        }
        let direct_rows = u64::from(largest_block.ilog2() - start_size.ilog2()) + 2;
        let offset_width = bits.div_ceil(8) as u8;
        let length_width = width(largest_block).min(width(largest));
        Ok(Self { offset_width, length_width, columns, start_size, direct_rows, root, rows })
    }

    /// Offset in the file and size of the object whose name stands at `at`; none for one that is
    /// too large for the heap's blocks.
    fn find(&self, file: &mut File<'_>, at: u64) -> Result<Option<(u64, u64)>, InspectError> {
        let kind = file.pages.u8(at)?;
        match kind >> 4 & 3 {
            0 => {
                let offset_at = at.saturating_add(1);
                let offset = file.number(offset_at, self.offset_width)?;
                let length_at = offset_at.saturating_add(u64::from(self.offset_width));
                let length = file.number(length_at, self.length_width)?;
                let place = self.place(file, offset)?;
                Ok(Some((place, length.min(file.pages.len()))))
            }
            // A tiny object stands in its own name.
            2 => Ok(Some((at.saturating_add(1), u64::from(kind & 15) + 1))),
            _ => Ok(None),
        }
    }

    /// Offset in the file of an offset in the heap.
    fn place(&self, file: &mut File<'_>, offset: u64) -> Result<u64, InspectError> {
        let (mut block, mut rows, mut rest) = (self.root, self.rows, offset);
        for _ in 0..MAX_DEPTH {
            if rows == 0 {
                let start = file.place(block)?;
                return Ok(start.saturating_add(rest));
            }
            let (row, size) = self.row(rows, &mut rest, file)?;
            let index = row.saturating_mul(self.columns).saturating_add(rest / size);
            // Signature, version, the address of the heap and an offset stand before the children.
            let address_size = u64::from(file.address_size);
            let head = 5 + address_size + u64::from(self.offset_width);
            let start = file.place(block)?;
            let child = head.saturating_add(index.saturating_mul(address_size));
            let size_of_address = file.address_size;
            block = file.number(start.saturating_add(child), size_of_address)?;
            rest %= size;
            rows = if row < self.direct_rows {
                0
            } else {
                let first_row = self.start_size.saturating_mul(self.columns).max(1);
                u64::from(size.ilog2()).saturating_sub(u64::from(first_row.ilog2())) + 1
            };
        }
        Err(file.pages.malformed("a fractal heap that is too deep", self.root))
    }

    /// The row that an offset lies in, and the size of its blocks; `rest` becomes the offset in
    /// the row.
    fn row(
        &self,
        rows: u64,
        rest: &mut u64,
        file: &mut File<'_>,
    ) -> Result<(u64, u64), InspectError> {
        for row in 0..rows.min(64) {
            file.pages.budget().steps(1)?;
            let doubled = u32::try_from(row.saturating_sub(1)).unwrap_or(u32::MAX);
            let size = self.start_size.checked_shl(doubled).filter(|size| *size > 0);
            let Some(size) = size else { break };
            let all = size.saturating_mul(self.columns);
            if *rest < all {
                return Ok((row, size));
            }
            *rest -= all;
        }
        Err(file.pages.malformed("an object outside of its heap", self.root))
    }
}

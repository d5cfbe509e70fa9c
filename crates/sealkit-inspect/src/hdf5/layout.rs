//! Datasets: type, shape, and where the elements lie (sections IV.A.2.h and IV.A.2.i).

use super::header::{DATASPACE, DATATYPE, EXTERNAL_FILES, LAYOUT, Message};
use super::heap::Local;
use super::{Dataset, Fields, File, Object, UNDEFINED, types};
use crate::InspectError;

/// Where the elements of a dataset lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In one piece: offset in the file and size in bytes.
    Whole(u64, u64),
    /// In pieces, which may be compressed.
    Chunked,
    /// In datasets of this file or others.
    Virtual,
    /// Nowhere: nothing was written.
    Nowhere,
}

/// The dataset that an object is, if it has a type, a shape and a layout.
pub(super) fn dataset(
    file: &mut File<'_>,
    object: &Object,
) -> Result<Option<Dataset>, InspectError> {
    let find = |kind: u16| object.messages.iter().find(|message| message.kind == kind);
    let (Some(kind), Some(space), Some(layout)) = (find(DATATYPE), find(DATASPACE), find(LAYOUT))
    else {
        return Ok(None);
    };
    let kind = types::kind_of(file, kind)?;
    let shape = types::shape_of(file, space)?;
    let place = place(file, layout)?;
    let external = match find(EXTERNAL_FILES) {
        Some(message) => external(file, message)?,
        None => Vec::new(),
    };
    Ok(Some(Dataset { kind, shape: shape.unwrap_or_default(), place, external }))
}

fn place(file: &mut File<'_>, message: &Message) -> Result<Place, InspectError> {
    let mut fields = Fields::of(file, message);
    let version = fields.byte()?;
    let (rank, class) = match version {
        1 | 2 => {
            let found = (fields.byte()?, fields.byte()?);
            fields.skip(5)?;
            found
        }
        // Version 5 is that of HDF5 2.0; it differs only in how chunks are found.
        3..=5 => (0, fields.byte()?),
        _ => return Err(fields.file.pages.malformed("an unknown layout", fields.at)),
    };
    Ok(match (version, class) {
        (1 | 2, 0) => {
            fields.skip(4 * u64::from(rank))?;
            let size = fields.number(4)?;
            Place::Whole(fields.at, size)
        }
        (_, 0) => {
            let size = fields.number(2)?.min(fields.left());
            Place::Whole(fields.at, size)
        }
        (1 | 2, 1) => {
            let address = fields.address()?;
            // The last dimension is the size of an element.
            let mut size = 1_u64;
            for _ in 0..rank {
                size = size.saturating_mul(fields.number(4)?);
            }
            whole(&fields, address, size)?
        }
        (_, 1) => {
            let (address, size) = (fields.address()?, fields.length()?);
            whole(&fields, address, size)?
        }
        (_, 2) => Place::Chunked,
        (4 | 5, 3) => Place::Virtual,
        _ => return Err(fields.file.pages.malformed("an unknown layout", fields.at)),
    })
}

fn whole(fields: &Fields<'_, '_>, address: u64, size: u64) -> Result<Place, InspectError> {
    if address == UNDEFINED || size == 0 {
        return Ok(Place::Nowhere);
    }
    let start = fields.file.base.checked_add(address);
    let end = start.and_then(|start| start.checked_add(size));
    match start.filter(|_| end.is_some_and(|end| end <= fields.file.pages.len())) {
        Some(start) => Ok(Place::Whole(start, size)),
        None => Err(fields.file.malformed("a dataset that reaches past the end", address)),
    }
}

/// The names of the files that hold the elements.
fn external(file: &mut File<'_>, message: &Message) -> Result<Vec<String>, InspectError> {
    let mut fields = Fields::of(file, message);
    fields.skip(4)?;
    let _allocated = fields.number(2)?;
    let used = fields.number(2)?.min(u64::from(u16::MAX));
    let heap = fields.address()?;
    let mut names = Vec::new();
    for _ in 0..used {
        fields.file.pages.budget().entries(1)?;
        names.push(fields.length()?);
        let _place = [fields.length()?, fields.length()?];
    }
    let heap = Local::open(file, heap)?;
    names.into_iter().map(|name| heap.text(file, name)).collect()
}

//! Width and height of pictures, from their headers.

use crate::{Cursor, InspectError};

/// Width and height in pixels.
pub(super) type Size = (u64, u64);

/// PNG specification, section 11.2.2: `IHDR` comes first.
pub(super) fn png(cursor: &mut Cursor<'_>) -> Result<Size, InspectError> {
    cursor.set_big_endian();
    cursor.seek(12)?;
    if cursor.take(4, 4)? != b"IHDR" {
        return Err(cursor.malformed("no `IHDR` at the start"));
    }
    Ok((u64::from(cursor.u32()?), u64::from(cursor.u32()?)))
}

/// GIF89a specification, section 18: logical screen descriptor.
pub(super) fn gif(cursor: &mut Cursor<'_>) -> Result<Size, InspectError> {
    cursor.skip(6)?;
    Ok((u64::from(cursor.u16()?), u64::from(cursor.u16()?)))
}

/// ITU-T T.81, B.2.2: the frame header, behind any number of other segments.
pub(super) fn jpeg(cursor: &mut Cursor<'_>) -> Result<Size, InspectError> {
    cursor.set_big_endian();
    cursor.skip(2)?;
    loop {
        cursor.budget().steps(1)?;
        if cursor.u8()? != 0xFF {
            return Err(cursor.malformed("no marker where one must be"));
        }
        let mut marker = cursor.u8()?;
        while marker == 0xFF {
            cursor.budget().steps(1)?;
            marker = cursor.u8()?;
        }
        match marker {
            0x01 | 0xD0..=0xD7 => {}
            // Huffman tables, an extension and arithmetic coding have numbers among the frames.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                cursor.skip(3)?;
                let (height, width) = (u64::from(cursor.u16()?), u64::from(cursor.u16()?));
                return Ok((width, height));
            }
            0xD8..=0xDA => return Err(cursor.malformed("no frame header before the data")),
            _ => {
                let len = u64::from(cursor.u16()?);
                let rest = len.checked_sub(2);
                cursor.skip(rest.ok_or_else(|| cursor.malformed("a segment without a length"))?)?;
            }
        }
    }
}

/// WebP container specification (`VP8X`), RFC 6386 section 9.1 (`VP8 `), WebP lossless (`VP8L`).
pub(super) fn webp(cursor: &mut Cursor<'_>) -> Result<Size, InspectError> {
    cursor.skip(12)?;
    let kind = cursor.take(4, 4)?;
    cursor.skip(4)?;
    match kind.as_slice() {
        b"VP8 " => {
            cursor.skip(6)?;
            let size = |side: u16| u64::from(side & 0x3FFF);
            Ok((size(cursor.u16()?), size(cursor.u16()?)))
        }
        b"VP8L" => {
            cursor.skip(1)?;
            let bits = cursor.u32()?;
            Ok((u64::from(bits & 0x3FFF) + 1, u64::from(bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8X" => {
            cursor.skip(4)?;
            Ok((three(cursor)? + 1, three(cursor)? + 1))
        }
        _ => Err(cursor.malformed("an unknown kind of picture")),
    }
}

/// A number of three bytes.
fn three(cursor: &mut Cursor<'_>) -> Result<u64, InspectError> {
    Ok(u64::from(cursor.u16()?) | u64::from(cursor.u8()?) << 16)
}

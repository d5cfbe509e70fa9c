//! Sample rate, channels and duration of recordings, from their headers.

use crate::{Cursor, InspectError};

/// What a header says of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sound {
    pub(super) rate: u64,
    pub(super) channels: u64,
    pub(super) seconds: Option<f64>,
}

/// RIFF WAVE: `fmt ` says how, the size of `data` how much.
pub(super) fn wav(cursor: &mut Cursor<'_>) -> Result<Sound, InspectError> {
    cursor.skip(12)?;
    let mut format: Option<(Sound, u64)> = None;
    while cursor.left() >= 8 {
        cursor.budget().steps(1)?;
        let (id, size) = (cursor.take(4, 4)?, u64::from(cursor.u32()?));
        match (id.as_slice(), format) {
            (b"fmt ", None) if size >= 16 => {
                cursor.skip(2)?;
                let channels = u64::from(cursor.u16()?);
                let rate = u64::from(cursor.u32()?);
                let per_second = u64::from(cursor.u32()?);
                format = Some((Sound { rate, channels, seconds: None }, per_second));
                cursor.skip(size - 12)?;
            }
            // Files beyond 4 GiB and unfinished ones do not say their size here.
            (b"data", Some((sound, per_second))) => {
                let known = per_second > 0 && size <= cursor.left();
                let seconds = known.then(|| size as f64 / per_second as f64);
                return Ok(Sound { seconds, ..sound });
            }
            _ => cursor.skip(size)?,
        }
        // Chunks begin at even offsets.
        cursor.skip((size & 1).min(cursor.left()))?;
    }
    format.map(|(sound, _)| sound).ok_or_else(|| cursor.malformed("no `fmt ` chunk"))
}

/// RFC 9639, section 8.2: stream information comes first.
pub(super) fn flac(cursor: &mut Cursor<'_>) -> Result<Sound, InspectError> {
    cursor.set_big_endian();
    cursor.skip(4)?;
    if cursor.u8()? & 0x7F != 0 {
        return Err(cursor.malformed("no stream information at the start"));
    }
    cursor.skip(3 + 10)?;
    let bits = cursor.u64()?;
    let (rate, channels, samples) = (bits >> 44, (bits >> 41 & 7) + 1, bits & 0xF_FFFF_FFFF);
    let seconds = (rate > 0 && samples > 0).then(|| samples as f64 / rate as f64);
    Ok(Sound { rate, channels, seconds })
}

/// RFC 3533 (page), Vorbis I section 4.2.2, RFC 7845 section 5.1 (`OpusHead`).
pub(super) fn ogg(cursor: &mut Cursor<'_>) -> Result<Sound, InspectError> {
    cursor.skip(26)?;
    let segments = u64::from(cursor.u8()?);
    cursor.skip(segments)?;
    let start = cursor.take(8.min(cursor.left()), 8)?;
    if start.starts_with(b"\x01vorbis") {
        cursor.skip(3)?;
        let channels = u64::from(cursor.u8()?);
        return Ok(Sound { rate: u64::from(cursor.u32()?), channels, seconds: None });
    }
    if start == b"OpusHead" {
        cursor.skip(1)?;
        let channels = u64::from(cursor.u8()?);
        cursor.skip(2)?;
        return Ok(Sound { rate: u64::from(cursor.u32()?), channels, seconds: None });
    }
    Err(cursor.malformed("a codec that is not read"))
}

/// ISO 11172-3 section 2.4.2.3 (frame header), ID3v2.4 section 3.1, and the `Xing` header.
pub(super) fn mp3(cursor: &mut Cursor<'_>) -> Result<Sound, InspectError> {
    cursor.set_big_endian();
    if cursor.left() > 10 && cursor.take(3, 3)? == b"ID3" {
        cursor.skip(3)?;
        let size = cursor.u32()?;
        // Seven bits of each byte count.
        let size = (0..4).fold(0, |sum, byte| sum | (size >> (8 * byte) & 0x7F) << (7 * byte));
        cursor.skip(u64::from(size))?;
    } else {
        cursor.seek(0)?;
    }
    let start = cursor.pos();
    let head = cursor.u32()?;
    let (version, layer, rate) = (head >> 19 & 3, head >> 17 & 3, head >> 10 & 3);
    if head >> 21 != 0x7FF || version == 1 || layer != 1 || rate == 3 {
        return Err(cursor.malformed("no frame of layer III"));
    }
    let rate = [44_100, 48_000, 32_000].get(rate as usize).copied().unwrap_or(0);
    // Version 1 is 3; version 2 halves the rate, version 2.5 once more.
    let rate = rate >> [2, 0, 1, 0].get(version as usize).copied().unwrap_or(0);
    let is_mono = head >> 6 & 3 == 3;
    let side = match (version == 3, is_mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let mut sound = Sound { rate, channels: if is_mono { 1 } else { 2 }, seconds: None };
    if cursor.left() < side + 12 {
        return Ok(sound);
    }
    cursor.seek(start + 4 + side)?;
    let tag = cursor.take(4, 4)?;
    if (tag == b"Xing" || tag == b"Info") && cursor.u32()? & 1 == 1 {
        let samples = u64::from(cursor.u32()?) * if version == 3 { 1152 } else { 576 };
        sound.seconds = Some(samples as f64 / rate as f64);
    }
    Ok(sound)
}

//! Pictures: what their headers say, and whether a browser may be given them.

use sealkit_api::ImageInfo;
use sealkit_inspect::{Facts, InspectError, ReadAt, identify, inspect_as, property};
use sealkit_report::Budget;

/// Largest picture that is given out, in bytes: 8 MiB.
const MAX_IMAGE_BYTES: u64 = 8 << 20;
/// Most pixels of a picture that is given out: they take 100 MB in a browser.
const MAX_IMAGE_PIXELS: u64 = 25_000_000;

/// Raster formats that every browser shows, by what identifies them. SVG and HTML are never among them.
const RASTERS: &[(&str, &str)] =
    &[("png", "image/png"), ("jpeg", "image/jpeg"), ("gif", "image/gif"), ("webp", "image/webp")];

/// Whether `format` is a picture that can be given out.
pub(crate) fn is_raster(format: &str) -> bool {
    RASTERS.iter().any(|(id, _)| *id == format)
}

/// The picture at `path`, by its content; none where it is no PNG, JPEG, GIF or WebP.
///
/// # Errors
/// When the bytes can not be read.
pub fn raster(
    path: &str,
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Option<ImageInfo>, InspectError> {
    let found = identify(path, source, budget)?;
    let Some(format) = found.format.filter(|format| is_raster(format.id)) else { return Ok(None) };
    let facts = inspect_as(&found, path, source, budget);
    Ok(Some(info(format.id, source.len(), &facts)))
}

/// What is known of a picture of `format` from its header.
pub(crate) fn info(format: &str, size: u64, facts: &Facts) -> ImageInfo {
    let media_type = RASTERS.iter().find(|(id, _)| *id == format).map_or("", |(_, media)| *media);
    let side = |property| facts.uint(property).unwrap_or_default();
    let (width, height) = (side(property::WIDTH), side(property::HEIGHT));
    let hidden = if width == 0 || height == 0 {
        Some("its header does not say its size".to_owned())
    } else if width.saturating_mul(height) > MAX_IMAGE_PIXELS {
        Some(format!("it states {width} × {height} pixels, which is more than is shown"))
    } else if size > MAX_IMAGE_BYTES {
        Some("it has more than 8 MiB".to_owned())
    } else {
        None
    };
    ImageInfo { media_type: media_type.to_owned(), width, height, hidden }
}

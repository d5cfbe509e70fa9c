//! Kinds of media by file ending.

/// What a media file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Media {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

impl Media {
    /// The modality that it makes.
    pub(crate) fn modality(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

/// The kind of a lower-case ending without its dot.
pub(crate) fn of_extension(extension: &str) -> Option<Media> {
    Some(match extension {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "ppm" | "pgm"
        | "pbm" | "avif" | "heic" | "exr" | "dcm" => Media::Image,
        "wav" | "flac" | "ogg" | "oga" | "opus" | "mp3" | "m4a" | "aac" | "aiff" | "aif" => {
            Media::Audio
        }
        "mp4" | "webm" | "mkv" | "avi" | "mov" | "mpg" | "mpeg" | "m4v" => Media::Video,
        _ => return None,
    })
}

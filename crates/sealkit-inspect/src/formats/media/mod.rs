//! Pictures and recordings: what their headers say. Nothing is decoded.

mod image;
mod sound;

use sealkit_report::{Budget, Severity};

use self::image::Size;
use self::sound::Sound;
use super::named::{Magic, data};
use crate::{
    Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

/// Most pixels of a picture that is nothing to speak of.
const MAX_PIXELS: u64 = 1 << 28;

/// A media format: known by its magic, with a reader for its header.
pub(crate) struct Media {
    magic: Magic,
    read: Read,
}

/// What reads the header.
enum Read {
    Image(fn(&mut Cursor<'_>) -> Result<Size, InspectError>),
    Sound(fn(&mut Cursor<'_>) -> Result<Sound, InspectError>),
}

impl Inspector for Media {
    fn format(&self) -> &Format {
        self.magic.format()
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        self.magic.probe(probe)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut cursor = Cursor::new(source, budget, self.format().id);
        let mut facts = Facts::default();
        match self.read {
            Read::Image(read) => {
                let (width, height) = read(&mut cursor)?;
                let at = format!("bytes 0-{}", cursor.pos());
                facts.measured(path, &at, property::WIDTH, Value::Uint(width));
                facts.measured(path, &at, property::HEIGHT, Value::Uint(height));
                modality("image", path, &mut facts);
                if width.saturating_mul(height) > MAX_PIXELS {
                    let message = format!("the picture states {width} by {height} pixels");
                    facts.find("picture-size", Severity::Low, (path, &at), message);
                }
            }
            Read::Sound(read) => {
                let sound = read(&mut cursor)?;
                let at = format!("bytes 0-{}", cursor.pos());
                facts.measured(path, &at, property::SAMPLE_RATE, Value::Uint(sound.rate));
                facts.measured(path, &at, property::CHANNELS, Value::Uint(sound.channels));
                if let Some(seconds) = sound.seconds {
                    let seconds = Value::Float((seconds * 1000.0).round() / 1000.0);
                    facts.measured(path, &at, property::DURATION_SECONDS, seconds);
                }
                modality("audio", path, &mut facts);
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        match self.read {
            Read::Image(_) => &[property::WIDTH, property::HEIGHT, property::MODALITY],
            Read::Sound(_) => &[
                property::SAMPLE_RATE,
                property::CHANNELS,
                property::DURATION_SECONDS,
                property::MODALITY,
            ],
        }
    }
}

fn modality(modality: &str, path: &str, facts: &mut Facts) {
    facts.inferred(path, "", property::MODALITY, Value::Text(modality.to_owned()));
}

pub(crate) static PNG: Media = Media {
    magic: Magic::new(
        data("png", "PNG", &[".png"]).media("image/png"),
        &[(0, b"\x89PNG\r\n\x1A\n")],
    ),
    read: Read::Image(image::png),
};
pub(crate) static JPEG: Media = Media {
    magic: Magic::new(
        data("jpeg", "JPEG", &[".jpg", ".jpeg"]).media("image/jpeg"),
        &[(0, b"\xFF\xD8\xFF")],
    ),
    read: Read::Image(image::jpeg),
};
pub(crate) static GIF: Media = Media {
    magic: Magic::new(
        data("gif", "GIF", &[".gif"]).media("image/gif"),
        &[(0, b"GIF87a"), (0, b"GIF89a")],
    ),
    read: Read::Image(image::gif),
};
pub(crate) static WEBP: Media = Media {
    magic: Magic::new(data("webp", "WebP", &[".webp"]).media("image/webp"), &[(8, b"WEBPVP8")]),
    read: Read::Image(image::webp),
};
pub(crate) static WAV: Media = Media {
    magic: Magic::new(data("wav", "WAV", &[".wav"]).media("audio/wav"), &[(8, b"WAVEfmt ")]),
    read: Read::Sound(sound::wav),
};
pub(crate) static FLAC: Media = Media {
    magic: Magic::new(data("flac", "FLAC", &[".flac"]).media("audio/flac"), &[(0, b"fLaC")]),
    read: Read::Sound(sound::flac),
};
pub(crate) static OGG: Media = Media {
    magic: Magic::new(
        data("ogg", "Ogg", &[".ogg", ".oga", ".opus"]).media("audio/ogg"),
        &[(0, b"OggS\0")],
    ),
    read: Read::Sound(sound::ogg),
};
pub(crate) static MP3: Media = Media {
    magic: Magic::new(
        data("mp3", "MP3", &[".mp3"]).media("audio/mpeg"),
        &[(0, b"ID3"), (0, b"\xFF\xFB"), (0, b"\xFF\xFA"), (0, b"\xFF\xF3"), (0, b"\xFF\xF2")],
    )
    .weak(Confidence::No),
    read: Read::Sound(sound::mp3),
};

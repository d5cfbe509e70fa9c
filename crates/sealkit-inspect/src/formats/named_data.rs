//! Data that is recognised by its first bytes, and not read further: archives, recordings, and tables of
//! statistics programs.

use super::named::{Magic, data};
use crate::Confidence;

pub(crate) static BZIP2: Magic = Magic::new(
    data("bzip2", "bzip2", &[".bz2", ".tbz2"]).media("application/x-bzip2"),
    &[(0, b"BZh")],
)
.weak(Confidence::No);

pub(crate) static XZ: Magic =
    Magic::new(data("xz", "XZ", &[".xz", ".txz"]).media("application/x-xz"), &[(0, b"\xFD7zXZ\0")]);

pub(crate) static SEVEN_ZIP: Magic = Magic::new(
    data("7z", "7-Zip archive", &[".7z"]).media("application/x-7z-compressed"),
    &[(0, b"7z\xBC\xAF\x27\x1C")],
);

pub(crate) static RAR: Magic = Magic::new(
    data("rar", "RAR archive", &[".rar"]).media("application/vnd.rar"),
    &[(0, b"Rar!\x1A\x07")],
);

pub(crate) static STATA: Magic =
    Magic::new(data("stata", "Stata", &[".dta"]), &[(0, b"<stata_dta>")]);

/// Pickles of models are called `.sav` as well: the ending promises nothing.
pub(crate) static SPSS: Magic =
    Magic::new(data("spss", "SPSS", &[".zsav"]), &[(0, b"$FL2@(#)"), (0, b"$FL3@(#)")]);

/// What R's `save` writes without packing it, which is rare: the ending promises nothing.
pub(crate) static R_DATA: Magic =
    Magic::new(data("r-data", "R data", &[]), &[(0, b"RDX2\n"), (0, b"RDX3\n")]);

/// Films, recordings and pictures in ISO boxes.
pub(crate) static MP4: Magic = Magic::new(
    data("mp4", "MP4 and its kin", &[".mp4", ".m4a", ".m4v", ".mov", ".heic", ".avif"])
        .media("video/mp4"),
    &[(4, b"ftyp")],
);

pub(crate) static MATROSKA: Magic = Magic::new(
    data("matroska", "Matroska or WebM", &[".webm", ".mkv", ".mka"]).media("video/x-matroska"),
    &[(0, b"\x1A\x45\xDF\xA3")],
);

pub(crate) static AVI: Magic =
    Magic::new(data("avi", "AVI", &[".avi"]).media("video/x-msvideo"), &[(8, b"AVI LIST")]);

pub(crate) static TIFF: Magic = Magic::new(
    data("tiff", "TIFF", &[".tif", ".tiff"]).media("image/tiff"),
    &[(0, b"II*\0"), (0, b"MM\0*")],
)
.weak(Confidence::Guess);

/// `BM` alone is too common in random bytes.
pub(crate) static BMP: Magic =
    Magic::new(data("bmp", "BMP", &[".bmp"]).media("image/bmp"), &[(0, b"BM")])
        .weak(Confidence::No);

/// Recordings of medicine.
pub(crate) static DICOM: Magic =
    Magic::new(data("dicom", "DICOM", &[".dcm"]).media("application/dicom"), &[(128, b"DICM")]);

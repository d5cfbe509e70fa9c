//! The fields of a header block, and the extended headers that override them.

use super::{TarEntry, TarError, TarKind};
use crate::tar::write::BLOCK;

/// A header block and where it was.
pub(super) struct Fields<'a> {
    pub(super) block: &'a [u8; BLOCK],
    pub(super) offset: u64,
}

/// What PAX and GNU headers say about the entry that follows them.
#[derive(Debug, Default)]
pub(super) struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
    seen: bool,
}

impl Extension {
    /// Whether something was said.
    pub(super) fn is_pending(&self) -> bool {
        self.seen
    }
}

impl Fields<'_> {
    /// Checks the checksum and returns the type flag.
    pub(super) fn check(&self) -> Result<u8, TarError> {
        let wrong = || TarError::Checksum(self.offset);
        let said = number(self.field(148, 8)).ok_or_else(wrong)?;
        let counted =
            |(at, byte): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { *byte };
        let bytes = || self.block.iter().enumerate().map(counted);
        let unsigned: u64 = bytes().map(u64::from).sum();
        // Some old writers summed signed characters.
        let signed: i64 = bytes().map(|byte| i64::from(byte as i8)).sum();
        if said != unsigned && i64::try_from(said) != Ok(signed) {
            return Err(wrong());
        }
        Ok(self.block[156])
    }

    /// Size of what follows the header, in bytes.
    pub(super) fn size(&self) -> Result<u64, TarError> {
        number(self.field(124, 12)).ok_or_else(|| self.malformed("size"))
    }

    /// The entry that the header and its extensions describe. Its offset is not known here.
    pub(super) fn entry(&self, extension: Extension) -> Result<TarEntry, TarError> {
        let mode = number(self.field(100, 8)).ok_or_else(|| self.malformed("mode"))?;
        let name = extension.path.or(extension.long_name).unwrap_or_else(|| self.name());
        let path = text(name)?;
        let link = extension.link.or(extension.long_link);
        let link = link.unwrap_or_else(|| cut(self.field(157, 100)).to_vec());
        let kind = match self.kind(&path) {
            TarKind::File if extension.is_sparse => TarKind::Sparse,
            kind => kind,
        };
        let size = match (has_body(kind), extension.size) {
            (false, _) => 0,
            (true, Some(size)) => size,
            (true, None) => self.size()?,
        };
        let link = text(link)?;
        Ok(TarEntry { path, kind, mode: (mode & 0o7777) as u32, size, offset: 0, link })
    }

    fn kind(&self, path: &str) -> TarKind {
        match self.block[156] {
            // V7 told folders by their slash.
            0 | b'0' if path.ends_with('/') => TarKind::Dir,
            0 | b'0' | b'7' => TarKind::File,
            b'1' => TarKind::Hardlink,
            b'2' => TarKind::Symlink,
            b'3' | b'4' => TarKind::Device,
            b'5' => TarKind::Dir,
            b'6' => TarKind::Fifo,
            b'S' => TarKind::Sparse,
            flag => TarKind::Unknown(flag),
        }
    }

    fn name(&self) -> Vec<u8> {
        let name = cut(self.field(0, 100));
        let is_star = self.field(508, 4) == b"tar\0";
        let prefix = cut(self.field(345, if is_star { 131 } else { 155 }));
        // GNU has other fields where USTAR has the prefix.
        if self.field(257, 6) != b"ustar\0" || prefix.is_empty() {
            return name.to_vec();
        }
        [prefix, b"/", name].concat()
    }

    fn field(&self, at: usize, size: usize) -> &[u8] {
        self.block.get(at..at + size).unwrap_or_default()
    }

    fn malformed(&self, field: &'static str) -> TarError {
        TarError::Field { field, offset: self.offset }
    }
}

impl Extension {
    pub(super) fn is_empty(&self) -> bool {
        !self.seen
    }

    /// Takes in the extended header `flag` with its `body`.
    pub(super) fn add(&mut self, flag: u8, body: &[u8], offset: u64) -> Result<(), TarError> {
        match flag {
            b'L' => self.long_name = Some(cut(body).to_vec()),
            b'K' => self.long_link = Some(cut(body).to_vec()),
            _ => return self.add_records(flag == b'g', body, offset),
        }
        self.seen = true;
        Ok(())
    }

    fn add_records(&mut self, global: bool, body: &[u8], offset: u64) -> Result<(), TarError> {
        let malformed = || TarError::Field { field: "PAX record", offset };
        let mut rest = body;
        while !rest.is_empty() {
            let (key, value, after) = record(rest).ok_or_else(malformed)?;
            rest = after;
            let matters = matches!(key, b"path" | b"linkpath" | b"size");
            if global && (matters || key.starts_with(b"GNU.sparse.")) {
                // A default for every later file has no honest use here.
                return Err(malformed());
            }
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(decimal(value).ok_or_else(malformed)?),
                _ if key.starts_with(b"GNU.sparse.") => self.is_sparse = true,
                _ => {}
            }
        }
        self.seen |= !global;
        Ok(())
    }
}

fn has_body(kind: TarKind) -> bool {
    matches!(kind, TarKind::File | TarKind::Sparse | TarKind::Unknown(_))
}

/// One `LENGTH key=value\n` record: key, value and what follows.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(bytes.get(..space)?)?).ok()?;
    let body = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((body.get(..equals)?, body.get(equals + 1..)?, bytes.get(length..)?))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

/// An octal or base-256 number; none where it is malformed, negative or too large.
fn number(field: &[u8]) -> Option<u64> {
    if field.first().is_some_and(|first| first & 0x80 != 0) {
        return base256(field);
    }
    let digits = cut(field).trim_ascii();
    if digits.is_empty() {
        return Some(0);
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 8)?);
        value.checked_mul(8)?.checked_add(digit)
    })
}

fn base256(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x40 != 0 {
        return None;
    }
    rest.iter().try_fold(u64::from(first & 0x3f), |value, byte| {
        value.checked_mul(256)?.checked_add(u64::from(*byte))
    })
}

/// The bytes before the first NUL.
fn cut(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn text(bytes: Vec<u8>) -> Result<String, TarError> {
    String::from_utf8(bytes)
        .map_err(|error| TarError::NotUtf8(error.as_bytes().escape_ascii().to_string()))
}

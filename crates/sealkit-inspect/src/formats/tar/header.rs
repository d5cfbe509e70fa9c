//! One header block of a tar archive.
//!
//! Source: POSIX.1-2017, `pax` (ustar interchange format, pax extended header), and the GNU tar
//! manual (long names, sizes in base 256).

/// Bytes of a block.
pub(crate) const BLOCK: usize = 512;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Device,
    /// The name of the next member, as GNU tar writes long ones.
    LongName,
    /// Records about the next member.
    Pax,
    /// Records about all further members, or something unknown that describes others.
    Other,
}

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

impl Header {
    /// Reads a block. None where its checksum or a number in it is wrong.
    pub(crate) fn read(block: &[u8]) -> Option<Self> {
        let stated = octal(block.get(148..156)?)?;
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let of_field: u64 = block.get(148..156)?.iter().map(|byte| u64::from(*byte)).sum();
        // The checksum counts its own field as eight spaces.
        if stated != sum - of_field + 8 * 32 {
            return None;
        }
        let mut name = text(block.get(..100)?);
        let prefix = text(block.get(345..500)?);
        if block.get(257..263)? == b"ustar\0" && !prefix.is_empty() {
            name = format!("{prefix}/{name}");
        }
        let kind = match block.get(156)? {
            b'0' | 0 | b'7' if name.ends_with('/') => Kind::Folder,
            b'0' | 0 | b'7' => Kind::File,
            b'1' | b'2' => Kind::Link,
            b'3' | b'4' | b'6' => Kind::Device,
            b'5' => Kind::Folder,
            b'L' => Kind::LongName,
            b'x' => Kind::Pax,
            _ => Kind::Other,
        };
        Some(Self { name, kind, size: number(block.get(124..136)?)? })
    }
}

/// Bytes that a body takes, filled up to whole blocks.
pub(crate) fn padded(size: u64) -> Option<u64> {
    size.checked_next_multiple_of(BLOCK as u64)
}

/// Text up to the first zero byte; bytes that are no UTF-8 are replaced.
pub(crate) fn text(field: &[u8]) -> String {
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// The value of a key in pax records: `LENGTH KEY=VALUE\n`, of which the last one counts.
pub(crate) fn pax_value(records: &[u8], key: &str) -> Option<String> {
    let (mut rest, mut found) = (records, None);
    while let Some(at) = rest.iter().position(|byte| *byte == b' ') {
        let len: usize = std::str::from_utf8(rest.get(..at)?).ok()?.parse().ok()?;
        let record = rest.get(at + 1..len)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        if record.get(..equals)? == key.as_bytes() {
            found = Some(String::from_utf8_lossy(record.get(equals + 1..)?).into_owned());
        }
        rest = rest.get(len..)?;
    }
    found
}

/// Octal digits, or base 256 where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if *first != 0x80 {
        return octal(field);
    }
    rest.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))
}

fn octal(field: &[u8]) -> Option<u64> {
    let is_end = |byte: &u8| *byte == 0 || *byte == b' ';
    let digits = field.trim_ascii_start().split(is_end).next().unwrap_or_default();
    digits.iter().try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

//! Tar headers, byte for byte as Go's `archive/tar` encodes what `kit` gives it: USTAR where it
//! fits, else PAX (POSIX.1-2001 pax; KitOps reference: uid 1000, no names, no times).

use sealkit_oci::FileKind;

/// Size of a tar block in bytes.
pub const BLOCK: usize = 512;

/// What ends an archive: two zero blocks.
pub const TRAILER: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

const NAME_SIZE: usize = 100;
const PREFIX_SIZE: usize = 155;
/// The largest size that eleven octal digits hold: 8 GiB - 1.
const MAX_OCTAL_SIZE: u64 = (1 << 33) - 1;
/// The owner that `kit` writes for every entry.
const UID: u64 = 1000;

/// What a header says about a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Path inside the kit, without a trailing slash.
    pub path: &'a str,
    /// File or folder.
    pub kind: FileKind,
    /// Permission bits with setuid 0o4000, setgid 0o2000 and sticky 0o1000.
    pub mode: u32,
    /// Size of the content in bytes; 0 for a folder.
    pub size: u64,
}

/// Number of zero bytes after content of `size` bytes.
pub fn padding(size: u64) -> usize {
    let over = (size % BLOCK as u64) as usize;
    if over == 0 { 0 } else { BLOCK - over }
}

impl Header<'_> {
    /// The header's blocks: one, or with a PAX record block before it at least three.
    pub fn encode(&self) -> Vec<u8> {
        let split = split_path(self.path);
        let plain = self.path.is_ascii() && self.path.len() <= NAME_SIZE;
        let small = self.size <= MAX_OCTAL_SIZE;
        if small && (plain || split.is_some()) {
            let (prefix, name) = split.unwrap_or(("", self.path));
            let mut block = self.main_block(name.as_bytes());
            put(&mut block, 345, prefix.as_bytes());
            return seal(block).to_vec();
        }
        let mut records = String::new();
        if !plain {
            records.push_str(&pax_record("path", self.path));
        }
        if !small {
            records.push_str(&pax_record("size", &self.size.to_string()));
        }
        let mut bytes = pax_block(self.path, records.len()).to_vec();
        bytes.extend_from_slice(records.as_bytes());
        bytes.resize(bytes.len() + padding(records.len() as u64), 0);
        let name = to_ascii(self.path);
        bytes.extend_from_slice(&seal(self.main_block(cut_name(name.as_bytes()))));
        bytes
    }

    fn main_block(&self, name: &[u8]) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        put(&mut block, 0, name);
        put_octal(&mut block, 100, 7, u64::from(self.mode));
        put_octal(&mut block, 108, 7, UID);
        put_octal(&mut block, 116, 7, 0);
        put_octal(&mut block, 124, 11, if self.size > MAX_OCTAL_SIZE { 0 } else { self.size });
        put_octal(&mut block, 136, 11, 0);
        put(&mut block, 156, if self.kind == FileKind::Dir { b"5" } else { b"0" });
        put_octal(&mut block, 329, 7, 0);
        put_octal(&mut block, 337, 7, 0);
        block
    }
}

/// Where USTAR splits a name that is too long for its field: at the last slash that leaves a
/// prefix of at most 155 bytes, and never an empty name.
fn split_path(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME_SIZE || !path.is_ascii() {
        return None;
    }
    let window = path.get(..path.len().min(PREFIX_SIZE + 1))?;
    let (prefix, _) = window.rsplit_once('/')?;
    let name = path.get(prefix.len() + 1..)?;
    (!prefix.is_empty() && !name.is_empty() && name.len() <= NAME_SIZE).then_some((prefix, name))
}

/// The name in a header whose PAX record has the real one: cut, and not ended by a slash, because
/// readers that do not know PAX would take that for a folder.
fn cut_name(name: &[u8]) -> &[u8] {
    match name.get(..NAME_SIZE) {
        Some(cut) if name.len() > NAME_SIZE && cut.ends_with(b"/") => trim_slashes(cut),
        Some(cut) => cut,
        None => name,
    }
}

fn trim_slashes(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    name.get(..end).unwrap_or_default()
}

fn pax_block(path: &str, size: usize) -> [u8; BLOCK] {
    let (dir, file) = path.rsplit_once('/').map_or(("", path), |(dir, file)| (dir, file));
    let slash = if dir.is_empty() { "" } else { "/" };
    let name = to_ascii(&format!("{dir}{slash}PaxHeaders.0/{file}"));
    let name = name.as_bytes();
    let name = trim_slashes(name.get(..NAME_SIZE).unwrap_or(name));
    let mut block = [0; BLOCK];
    put(&mut block, 0, name);
    for at in [100, 108, 116] {
        put_octal(&mut block, at, 7, 0);
    }
    put_octal(&mut block, 124, 11, size as u64);
    put_octal(&mut block, 136, 11, 0);
    put(&mut block, 156, b"x");
    seal(block)
}

/// `LENGTH key=value\n`, where the length counts its own digits.
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + digits(rest);
    if digits(length) != digits(rest) {
        length = rest + digits(length);
    }
    format!("{length} {key}={value}\n")
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

fn to_ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii).collect()
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    if let Some(field) = block.get_mut(at..at + bytes.len()) {
        field.copy_from_slice(bytes);
    }
}

/// Zero-padded octal of `width` digits; the byte after it stays NUL.
fn put_octal(block: &mut [u8; BLOCK], at: usize, width: usize, value: u64) {
    put(block, at, format!("{value:0width$o}").as_bytes());
}

/// Adds the magic and the checksum, which counts its own field as spaces.
fn seal(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    put(&mut block, 257, b"ustar\x0000");
    put(&mut block, 148, b"        ");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;

//! Tar archives, right ones and wrong ones: every header field can be set to anything.

/// Size in bytes of a tar block.
const BLOCK: usize = 512;

/// One ustar header (POSIX.1-2017, pax, §ustar Interchange Format), as raw fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TarHeader {
    /// Name: up to 100 bytes, any bytes.
    pub name: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// What the header says about the size of the content, in bytes.
    pub size: u64,
    /// Modification time in seconds.
    pub mtime: u64,
    /// `0` file, `5` folder, `2` symbolic link, `1` hard link, `3` device, `L` long name, `x` pax.
    pub kind: u8,
    /// Target of a link.
    pub link: Vec<u8>,
    /// Magic and version: `ustar\0` `00`.
    pub magic: [u8; 8],
    /// Prefix of the name: up to 155 bytes.
    pub prefix: Vec<u8>,
    /// A checksum that is wrong.
    pub bad_checksum: bool,
}

impl TarHeader {
    /// A regular file of `size` bytes.
    pub fn file(name: &str, size: u64) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            mode: 0o644,
            size,
            mtime: 0,
            kind: b'0',
            link: Vec::new(),
            magic: *b"ustar\x0000",
            prefix: Vec::new(),
            bad_checksum: false,
        }
    }

    /// A folder.
    pub fn folder(name: &str) -> Self {
        Self { kind: b'5', mode: 0o755, ..Self::file(name, 0) }
    }

    /// A symbolic link.
    pub fn symlink(name: &str, target: &str) -> Self {
        Self { kind: b'2', link: target.as_bytes().to_vec(), ..Self::file(name, 0) }
    }

    /// A hard link.
    pub fn hardlink(name: &str, target: &str) -> Self {
        Self { kind: b'1', link: target.as_bytes().to_vec(), ..Self::file(name, 0) }
    }

    /// The 512 bytes.
    pub fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        put(&mut block, 0, &self.name, 100);
        put(&mut block, 100, &octal(u64::from(self.mode), 8), 8);
        put(&mut block, 108, &octal(0, 8), 8);
        put(&mut block, 116, &octal(0, 8), 8);
        put(&mut block, 124, &octal(self.size, 12), 12);
        put(&mut block, 136, &octal(self.mtime, 12), 12);
        block[156] = self.kind;
        put(&mut block, 157, &self.link, 100);
        put(&mut block, 257, &self.magic, 8);
        put(&mut block, 345, &self.prefix, 155);
        block[148..156].fill(b' ');
        let mut sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        sum += u64::from(self.bad_checksum);
        put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes(), 8);
        block
    }
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8], most: usize) {
    let length = bytes.len().min(most);
    block[at..at + length].copy_from_slice(&bytes[..length]);
}

/// Octal with a NUL, or GNU's base-256 where it does not fit.
fn octal(value: u64, width: usize) -> Vec<u8> {
    let text = format!("{value:0digits$o}\0", digits = width - 1);
    if text.len() <= width {
        return text.into_bytes();
    }
    let mut bytes = vec![0; width - 8];
    bytes[0] = 0x80;
    bytes.extend_from_slice(&value.to_be_bytes());
    bytes
}

/// A tar archive in memory.
#[derive(Clone, Debug, Default)]
pub struct TarBuilder(Vec<u8>);

impl TarBuilder {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a regular file.
    #[must_use]
    pub fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(&TarHeader::file(name, content.len() as u64), content)
    }

    /// Adds a folder.
    #[must_use]
    pub fn folder(self, name: &str) -> Self {
        self.entry(&TarHeader::folder(name), b"")
    }

    /// Adds any header, and `content` padded to a block; the two need not agree.
    #[must_use]
    pub fn entry(mut self, header: &TarHeader, content: &[u8]) -> Self {
        self.0.extend_from_slice(&header.block());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// Adds a pax header with these records for the entry that follows.
    #[must_use]
    pub fn pax(self, records: &[(&str, &str)]) -> Self {
        let body: String = records.iter().map(|(key, value)| pax_record(key, value)).collect();
        let header =
            TarHeader { kind: b'x', ..TarHeader::file("PaxHeaders.0/x", body.len() as u64) };
        self.entry(&header, body.as_bytes())
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The archive with the two empty blocks that end it.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = self.0;
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        bytes
    }

    /// The archive without its end.
    pub fn unfinished(self) -> Vec<u8> {
        self.0
    }
}

/// One pax record: its own length in decimal, key, value.
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tar_reads_a_right_archive() {
        let archive = TarBuilder::new()
            .folder("d/")
            .file("d/a.txt", b"hello")
            .pax(&[("path", &format!("d/{}", "x".repeat(150)))])
            .file("short", b"")
            .finish();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        std::fs::write(&path, archive).unwrap();
        let Ok(output) = std::process::Command::new("tar").arg("-tf").arg(&path).output() else {
            println!("skipped: no tar");
            return;
        };
        let expected = format!("d/\nd/a.txt\nd/{}\n", "x".repeat(150));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }

    #[test]
    fn fields_are_what_they_were_set_to() {
        let header = TarHeader { bad_checksum: true, ..TarHeader::file("a", u64::MAX) };
        let block = header.block();
        assert_eq!(block[124], 0x80);
        assert_eq!(&block[128..136], &[0xFF; 8]);
        assert_eq!(pax_record("path", "ab"), "11 path=ab\n");
        assert_eq!(pax_record("p", "abc").len(), 8);
    }
}

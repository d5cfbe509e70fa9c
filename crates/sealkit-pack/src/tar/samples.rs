//! Entries of archives, for tests.

use sealkit_oci::FileKind;

use super::{Header, padding};

/// A file that its group may read.
pub(super) fn file(path: &str, body: &[u8]) -> Vec<u8> {
    file_of_mode(path, 0o640, body)
}

/// A file with these permission bits: header, body and padding.
pub(super) fn file_of_mode(path: &str, mode: u32, body: &[u8]) -> Vec<u8> {
    let header = Header { path, kind: FileKind::File, mode, size: body.len() as u64 };
    let mut bytes = header.encode();
    bytes.extend_from_slice(body);
    bytes.resize(bytes.len() + padding(body.len() as u64), 0);
    bytes
}

//! Archives that are walked from their first byte on.

use super::holder::Holder;
use crate::codec::Codec;
use crate::formats::tar::header::{BLOCK, Header, Kind, padded, pax_value, text};
use crate::read_at::piece;
use crate::{InspectError, ReadAt, Slice};

/// Longest name or records before a member, in bytes.
const MAX_EXTRA: u64 = 64 << 10;
/// Prefix of what joblib wrote before 0.10, and the length of its header (`numpy_pickle_compat.py`).
const OLD_JOBLIB: &[u8] = b"ZF0x";
const OLD_JOBLIB_LEN: usize = 21;

/// Whether bytes begin with a header that tar readers take.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(..BLOCK)
        .is_some_and(|block| block.iter().any(|b| *b != 0) && Header::read(block).is_some())
}

/// How a file of joblib before 0.10 is packed, and from where on.
pub(super) fn old_joblib(head: &[u8]) -> Option<(Codec, u64)> {
    let rest = head.get(OLD_JOBLIB_LEN..).filter(|_| head.starts_with(OLD_JOBLIB))?;
    let start = OLD_JOBLIB_LEN + usize::from(rest.first() == Some(&b' '));
    Some((Codec::of(head.get(start..)?)?, start as u64))
}

impl Holder<'_> {
    /// Every member of a tar archive.
    pub(super) fn tar(&mut self, source: &dyn ReadAt) {
        if let Err(error) = self.walk(source) {
            self.unread("members", &error.to_string());
        }
    }

    fn walk(&mut self, source: &dyn ReadAt) -> Result<(), InspectError> {
        let (mut at, mut name, mut size) = (0_u64, None, None);
        let broken = |what, at| InspectError::malformed("tar", what, at);
        while at < source.len() {
            let block = piece(source, self.budget, at, BLOCK as u64)?;
            if block.iter().all(|byte| *byte == 0) {
                break;
            }
            let header = Header::read(&block).filter(|_| block.len() == BLOCK);
            let header = header.ok_or_else(|| broken("a header that is none", at))?;
            let start = at.saturating_add(BLOCK as u64);
            let is_about_next = matches!(header.kind, Kind::LongName | Kind::Pax);
            let stated =
                if is_about_next { header.size } else { size.take().unwrap_or(header.size) };
            if is_about_next {
                let records = piece(source, self.budget, start, stated.min(MAX_EXTRA))?;
                if header.kind == Kind::LongName {
                    name = Some(text(&records));
                } else {
                    name = pax_value(&records, "path").or(name);
                    size = pax_value(&records, "size").and_then(|size| size.parse().ok()).or(size);
                }
            }
            let has_body = !matches!(header.kind, Kind::Link | Kind::Device);
            let body = if has_body { stated } else { 0 };
            if header.kind == Kind::File && body > 0 {
                let name = name.take().unwrap_or(header.name);
                if !self.next(&name) {
                    break;
                }
                let content = Slice::new(source, start, body)?;
                self.stored(&name, &content)?;
            } else if header.kind == Kind::Other && !is_record(&block) {
                self.unread(&header.name, "a member of an unknown kind");
            } else if !is_about_next {
                name = None;
            }
            let next = padded(body).and_then(|body| start.checked_add(body));
            at = next.ok_or_else(|| broken("a member beyond 64 bits", at))?;
        }
        Ok(())
    }
}

/// Whether a header describes others, and has no content: global records, long link names, labels of volumes.
fn is_record(block: &[u8]) -> bool {
    matches!(block.get(156), Some(b'g' | b'K' | b'V'))
}

//! Snappy's block format, unpacked. Source: the Snappy project's `format_description.txt`.

/// The bytes, which have to be `len`; none where they are not, or the block is none.
pub(super) fn unpack(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut block = Block { bytes: packed };
    if block.length()? != len {
        return None;
    }
    let mut out = Vec::with_capacity(len);
    while let Some(tag) = block.byte() {
        if tag.is_multiple_of(4) {
            let size = block.literal(tag)?;
            let bytes = block.take(size)?;
            (bytes.len() <= len - out.len()).then_some(())?;
            out.extend_from_slice(bytes);
        } else {
            let (size, offset) = block.copy(tag)?;
            (size <= len - out.len()).then_some(())?;
            repeat(&mut out, size, offset)?;
        }
    }
    (out.len() == len).then_some(out)
}

/// Appends `size` bytes from `offset` bytes before the end, which may be some of those that are appended.
fn repeat(out: &mut Vec<u8>, size: usize, offset: usize) -> Option<()> {
    let from = out.len().checked_sub(offset).filter(|_| offset > 0)?;
    let mut left = size;
    while left > 0 {
        let step = left.min(out.len() - from);
        out.extend_from_within(from..from + step);
        left -= step;
    }
    Some(())
}

struct Block<'a> {
    bytes: &'a [u8],
}

impl<'a> Block<'a> {
    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        (len <= self.bytes.len()).then_some(())?;
        let (taken, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        Some(taken)
    }

    /// A whole number of `len` bytes, the lowest first.
    fn number(&mut self, len: usize) -> Option<usize> {
        let bytes = self.take(len)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn length(&mut self) -> Option<usize> {
        let mut length = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            length |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(length).ok();
            }
        }
        None
    }

    /// Bytes of a literal.
    fn literal(&mut self, tag: u8) -> Option<usize> {
        match usize::from(tag >> 2) {
            short @ 0..60 => Some(short + 1),
            long => Some(self.number(long - 59)? + 1),
        }
    }

    /// Bytes of a copy, and how far back they are.
    fn copy(&mut self, tag: u8) -> Option<(usize, usize)> {
        let tag_size = usize::from(tag >> 2);
        Some(match tag & 3 {
            1 => (4 + (tag_size & 7), (tag_size >> 3) << 8 | usize::from(self.byte()?)),
            2 => (tag_size + 1, self.number(2)?),
            _ => (tag_size + 1, self.number(4)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_copies_unpack() {
        assert_eq!(unpack(&[0], 0).unwrap(), b"");
        assert_eq!(unpack(&[3, 2 << 2, b'a', b'b', b'c'], 3).unwrap(), b"abc");
        // Ten bytes: `ab` and a copy of eight from two before.
        assert_eq!(unpack(&[10, 1 << 2, b'a', b'b', 4 << 2 | 1, 2], 10).unwrap(), b"ababababab");
        assert_eq!(unpack(&[10, 1 << 2, b'a', b'b', 7 << 2 | 2, 2, 0], 10).unwrap(), b"ababababab");
        assert_eq!(
            unpack(&[10, 1 << 2, b'a', b'b', 7 << 2 | 3, 2, 0, 0, 0], 10).unwrap(),
            b"ababababab"
        );
        let long: Vec<u8> = [&[100, 60 << 2, 99][..], &[7; 100]].concat();
        assert_eq!(unpack(&long, 100).unwrap(), [7; 100]);
    }

    #[test]
    fn what_is_no_block_is_none() {
        for (block, len) in [
            (&[][..], 0),
            (&[3, 2 << 2, b'a', b'b'], 3),
            (&[3, 2 << 2, b'a', b'b', b'c'], 2),
            (&[2, 2 << 2, b'a', b'b', b'c'], 2),
            (&[4, 2 << 2, b'a', b'b', b'c'], 4),
            (&[10, 4 << 2 | 1, 2], 10),
            (&[10, 0, b'a', 7 << 2 | 2, 0, 0], 10),
            (&[10, 0, b'a', 7 << 2 | 2, 2, 0], 10),
            (&[0xFF; 9], 5),
            (&[200, 1, 63 << 2, 0xFF, 0xFF, 0xFF, 0xFF], 200),
        ] {
            assert_eq!(unpack(block, len), None, "{block:?}");
        }
    }
}

//! Runs and packed bits: how levels, indices into dictionaries and some booleans are written.
//!
//! Source: `Encodings.md`, "Run Length Encoding / Bit-Packing Hybrid".

/// Reads whole numbers of `width` bits; ends where the bytes end.
pub(super) struct Hybrid<'a> {
    bytes: &'a [u8],
    width: u32,
    run: Run<'a>,
}

enum Run<'a> {
    Same { value: u32, left: u64 },
    Packed { bytes: &'a [u8], bit: usize, left: u64 },
}

impl<'a> Hybrid<'a> {
    /// None where no number has so many bits.
    pub(super) fn new(bytes: &'a [u8], width: u32) -> Option<Self> {
        (width <= 32).then_some(Self { bytes, width, run: Run::Same { value: 0, left: 0 } })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// Goes on to the next run; none where there is none.
    fn begin(&mut self) -> Option<()> {
        let mut header = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            header |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let count = header >> 1;
        if header & 1 == 0 {
            let mut value = 0_u32;
            for at in 0..self.width.div_ceil(8) {
                value |= u32::from(self.byte()?) << (8 * at);
            }
            self.run = Run::Same { value, left: count };
            return Some(());
        }
        // Groups of eight, each of as many bytes as a number has bits. A last one may be cut short.
        let stated = usize::try_from(count).ok()?.checked_mul(self.width as usize)?;
        let len = stated.min(self.bytes.len());
        let (packed, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        self.run = Run::Packed { bytes: packed, bit: 0, left: count.saturating_mul(8) };
        Some(())
    }
}

impl Iterator for Hybrid<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            match &mut self.run {
                Run::Same { value, left } if *left > 0 => {
                    *left -= 1;
                    return Some(*value);
                }
                Run::Packed { bytes, bit, left } if *left > 0 => {
                    let value = bits(bytes, *bit, self.width as usize)?;
                    *bit += self.width as usize;
                    *left -= 1;
                    return Some(value);
                }
                _ => self.begin()?,
            }
        }
    }
}

/// The number of `width` bits from `from` on, the lowest first; none where the bytes do not hold all of it.
pub(super) fn bits(bytes: &[u8], from: usize, width: usize) -> Option<u32> {
    let mut value = 0_u64;
    let (first, last) = (from / 8, (from + width).div_ceil(8));
    for (at, byte) in bytes.get(first..last)?.iter().enumerate() {
        value |= u64::from(*byte) << (8 * at);
    }
    let mask = (1_u64 << width) - 1;
    u32::try_from((value >> (from % 8)) & mask).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], width: u32) -> Vec<u32> {
        Hybrid::new(bytes, width).unwrap().take(100).collect()
    }

    #[test]
    fn the_examples_of_the_specification_read() {
        // 0 to 7 in three bits each.
        assert_eq!(all(&[0x03, 0x88, 0xC6, 0xFA], 3), [0, 1, 2, 3, 4, 5, 6, 7]);
        // A run of five fours.
        assert_eq!(all(&[0x0A, 0x04], 3), [4; 5]);
        assert_eq!(all(&[0x04, 0x01, 0x02, 0x00], 1), [1, 1, 0]);
        assert_eq!(all(&[0x04, 0x34, 0x12], 12), [0x1234, 0x1234]);
    }

    #[test]
    fn what_is_cut_short_or_states_too_much_ends() {
        assert_eq!(all(&[], 3), [] as [u32; 0]);
        assert_eq!(all(&[0x03, 0x88], 3), [0, 1]);
        assert_eq!(all(&[0x0A], 3), [] as [u32; 0]);
        assert_eq!(all(&[0xFF; 12], 3).len(), 0, "a count without an end");
        assert_eq!(
            all(&[0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 7], 3).len(),
            100,
            "a run is not written out"
        );
        assert!(Hybrid::new(&[0; 8], 33).is_none());
        // Runs of no numbers do not keep it busy for longer than the bytes last.
        assert_eq!(all(&[0; 1_000], 0), [] as [u32; 0]);
        assert_eq!(all(&[0x03], 0).len(), 8);
    }
}

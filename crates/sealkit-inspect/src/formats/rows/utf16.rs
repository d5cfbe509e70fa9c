//! UTF-16, as spreadsheets write it, turned into UTF-8 as its bytes pass by.

/// Takes bytes that follow a byte order mark.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decoder {
    is_big: bool,
    /// First half of a unit, and of a pair of units.
    byte: Option<u8>,
    unit: Option<u16>,
}

impl Decoder {
    /// The decoder that the first two bytes of a file ask for.
    pub(super) fn of(mark: &[u8]) -> Option<Self> {
        let is_big = match mark {
            [0xFF, 0xFE, ..] => false,
            [0xFE, 0xFF, ..] => true,
            _ => return None,
        };
        Some(Self { is_big, ..Self::default() })
    }

    /// Appends the characters that are complete. Half of a pair is one that cannot be shown.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut String) {
        for &byte in bytes {
            let Some(first) = self.byte.take() else {
                self.byte = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit =
                if self.is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            let is_first = (0xD800..0xDC00).contains(&unit);
            let held = self.unit.take();
            if is_first {
                self.unit = Some(unit);
            }
            let units = held.into_iter().chain((!is_first).then_some(unit));
            out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_the_same_in_whatever_pieces_they_come() {
        let text = "a,é,模,😀\r\n";
        for is_big in [false, true] {
            let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
            for piece in 1..bytes.len() {
                let mut decoder = Decoder { is_big, ..Decoder::default() };
                let mut out = String::new();
                bytes.chunks(piece).for_each(|piece| decoder.push(piece, &mut out));
                assert_eq!(out, text, "{piece}");
            }
        }
    }

    #[test]
    fn half_of_a_pair_is_replaced() {
        let mut decoder = Decoder::default();
        let mut out = String::new();
        decoder.push(&[0x00, 0xD8, b'a', 0, 0x00, 0xDC, b'b', 0, b'c'], &mut out);
        assert_eq!(out, "\u{FFFD}a\u{FFFD}b");
    }
}

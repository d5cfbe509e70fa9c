//! Whether bytes that pass by are text.

/// Looks for what no text holds.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// A character that the last bytes began.
    begun: Vec<u8>,
    not_utf8: bool,
    has_zero: bool,
}

impl Watch {
    /// The next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.has_zero |= bytes.contains(&0);
        let mut rest = bytes;
        while !self.begun.is_empty() && !self.not_utf8 {
            let Some((&byte, tail)) = rest.split_first() else { return };
            self.begun.push(byte);
            rest = tail;
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) => self.not_utf8 = error.error_len().is_some(),
            }
        }
        if self.not_utf8 {
            return;
        }
        if let Err(error) = std::str::from_utf8(rest) {
            self.not_utf8 = error.error_len().is_some();
            self.begun = rest.get(error.valid_up_to()..).unwrap_or_default().to_vec();
            self.begun.truncate(4);
        }
    }

    /// What is wrong, after the last byte.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if self.has_zero {
            Some("the text holds zero bytes")
        } else if self.not_utf8 || !self.begun.is_empty() {
            Some("the text is not UTF-8")
        } else {
            None
        }
    }
}

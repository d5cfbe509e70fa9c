//! Text of strangers, as far as it can deceive whoever reads it.

/// Whether a character can change what a person sees of the text around it: controls, characters
/// that turn the direction of writing (Unicode Technical Report 36, "bidirectional text spoofing"),
/// and those that draw nothing. Whoever shows text of strangers replaces or escapes them.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_deceives_and_writing_does_not() {
        for c in ['\u{1b}', '\0', '\u{9b}', '\u{202e}', '\u{2066}', '\u{200d}', '\u{e0041}'] {
            assert!(is_deceptive(c), "{c:?}");
        }
        for c in "aß漢字 עב ไทย e\u{301} 🦀-_/\\".chars() {
            assert!(!is_deceptive(c), "{c:?}");
        }
    }
}

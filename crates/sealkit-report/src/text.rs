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

/// What a character that means something in XML and HTML is written as, in text and in a quoted attribute; none
/// where it stands for itself. Whoever escapes text decides by itself about the characters that deceive.
pub fn entity(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}

/// Byte offsets of letters that pass for Latin ones: Cyrillic, Greek, Armenian, Cherokee or
/// full-width letters in a word that has Latin letters too (Unicode Technical Standard 39, "mixed-script
/// detection"). No writing mixes them; a word that is wholly of one script is somebody's language
/// and stays.
pub fn lookalikes(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut word = Vec::new();
    let mut is_latin = false;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() {
            is_latin |= c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}');
            if passes_for_latin(c) {
                word.push(at);
            }
            continue;
        }
        if is_latin {
            found.append(&mut word);
        }
        word.clear();
        is_latin = false;
    }
    found
}

fn passes_for_latin(c: char) -> bool {
    matches!(c,
        '\u{370}'..='\u{52f}' | '\u{531}'..='\u{587}' | '\u{13a0}'..='\u{13fd}'
        | '\u{1c80}'..='\u{1c8a}' | '\u{1f00}'..='\u{1fff}' | '\u{2de0}'..='\u{2dff}'
        | '\u{a640}'..='\u{a69f}' | '\u{ab70}'..='\u{abbf}' | '\u{ff10}'..='\u{ff5a}'
        | '\u{1d400}'..='\u{1d7ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_two_scripts_in_one_word_are_found_and_whole_words_are_not() {
        for (text, expected) in [
            ("\u{430}dmin@example.com", vec![0]),
            ("ev\u{456}l.example", vec![2]),
            ("m\u{3bf}del v1", vec![1]),
            ("\u{ff21}pple", vec![0]),
            ("данные.csv", vec![]),
            ("модель-v1.bin", vec![]),
            ("\u{3b1}\u{3b2}\u{3b3}", vec![]),
            ("日本語abc 模型x ünï", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(lookalikes(text), expected, "{text}");
        }
    }

    #[test]
    fn no_markup_is_left_of_text_and_the_rest_stays() {
        let escaped = |text: &str| {
            let mut out = String::new();
            for c in text.chars() {
                match entity(c) {
                    Some(entity) => out.push_str(entity),
                    None => out.push(c),
                }
            }
            out
        };
        assert_eq!(
            escaped("<a href='x' b=\"y\">&"),
            "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;"
        );
        assert_eq!(escaped("aß漢 🦀`/=;#"), "aß漢 🦀`/=;#");
    }

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

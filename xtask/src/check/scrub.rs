//! Takes from a source text what is not code that ships: comments, strings and test modules.

/// The code alone, with a newline for each line of the source so that line numbers hold.
pub(crate) fn scrub(source: &str) -> String {
    drop_tests(&drop_words(source))
}

/// Blanks comments, string and character literals.
fn drop_words(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while let Some(&here) = text.get(at) {
        let end = match (here, text.get(at + 1)) {
            ('/', Some('/')) => line_end(&text, at),
            ('/', Some('*')) => block_end(&text, at),
            ('r', Some('"' | '#')) if !continues_word(&text, at) => raw_end(&text, at),
            ('"', _) => string_end(&text, at),
            ('\'', _) => char_end(&text, at),
            _ => at,
        };
        if end == at {
            out.push(here);
            at += 1;
        } else {
            let newlines = text[at..end].iter().filter(|c| **c == '\n').count();
            out.push(' ');
            out.extend(std::iter::repeat_n('\n', newlines));
            at = end;
        }
    }
    out
}

/// Blanks every item under `#[cfg(test)]`.
fn drop_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        out.push_str(&rest[..start]);
        let item = &rest[start + MARK.len()..];
        let length = item_length(item);
        out.extend(item[..length].chars().filter(|c| *c == '\n'));
        rest = &item[length..];
    }
    out.push_str(rest);
    out
}

/// Length of the item that starts here: to its `;`, or to the brace that closes it.
fn item_length(item: &str) -> usize {
    let mut depth = 0usize;
    for (at, here) in item.char_indices() {
        match here {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    item.len()
}

fn line_end(text: &[char], from: usize) -> usize {
    (from..text.len()).find(|at| text[*at] == '\n').unwrap_or(text.len())
}

/// Block comments nest in Rust.
fn block_end(text: &[char], from: usize) -> usize {
    let mut depth = 0usize;
    let mut at = from;
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('/', '*') => {
                depth += 1;
                at += 2;
            }
            ('*', '/') if depth == 1 => return at + 2,
            ('*', '/') => {
                depth -= 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    text.len()
}

fn string_end(text: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(&here) = text.get(at) {
        match here {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// End of `r"…"` or `r#"…"#`; `from` itself where it is a raw identifier.
fn raw_end(text: &[char], from: usize) -> usize {
    let hashes = text[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    if text.get(open) != Some(&'"') {
        return from;
    }
    let closes = |at: usize| {
        text[at] == '"'
            && text[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    (open + 1..text.len()).find(|at| closes(*at)).map_or(text.len(), |at| at + 1 + hashes)
}

/// End of a character literal; `from` itself where it is a lifetime.
fn char_end(text: &[char], from: usize) -> usize {
    match (text.get(from + 1), text.get(from + 2)) {
        (Some('\\'), _) => {
            let close = (from + 3..text.len()).find(|at| text[*at] == '\'');
            close.map_or(text.len(), |at| at + 1)
        }
        (Some(_), Some('\'')) => from + 3,
        _ => from,
    }
}

fn continues_word(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_go() {
        let code = scrub("a /* x /* y */ z */ b // c\n\"d \\\" e\" r#\"f \" g\"# '\"' 'h' \"i\"");
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn lifetimes_and_raw_identifiers_stay() {
        assert_eq!(scrub("fn f<'a>(r#type: &'a str)"), "fn f<'a>(r#type: &'a str)");
        assert_eq!(scrub("let for_r = bar;"), "let for_r = bar;");
    }

    #[test]
    fn test_modules_go_and_what_follows_stays() {
        let code = scrub("one\n#[cfg(test)]\nmod tests {\n fn f() { if x {} }\n}\ntwo");
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(code.lines().count(), 6);
        assert_eq!(scrub("a #[cfg(test)] mod tests; b").replace(' ', ""), "ab");
    }
}

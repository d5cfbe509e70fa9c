//! Line breaks for JSON that has none.

/// Longest line that is left as it is, in bytes.
const LONG: usize = 400;
/// Most bytes of the text that comes out.
const MAX_OUT: usize = 256 << 10;
/// Deepest level that is still indented.
const MAX_INDENT: usize = 24;

/// The same JSON text with line breaks and indentation; none where it has lines already, or would become too
/// long. Only spaces outside of strings are touched, so broken JSON stays as broken as it is.
pub(crate) fn spread(text: &str) -> Option<String> {
    if text.lines().all(|line| line.len() <= LONG) {
        return None;
    }
    let mut writer = Writer { out: String::new(), open: Vec::new() };
    let mut characters = text.chars().filter(Strings::default().outside_spaces()).peekable();
    let mut strings = Strings::default();
    while let Some(character) = characters.next() {
        if strings.is_inside(character) {
            writer.out.push(character);
        } else {
            writer.token(character, characters.peek().copied());
        }
        if writer.out.len() > MAX_OUT {
            return None;
        }
    }
    Some(writer.out)
}

/// Follows which characters stand in strings.
#[derive(Clone, Copy, Default)]
struct Strings {
    inside: bool,
    escaped: bool,
}

impl Strings {
    /// Whether the next character belongs to a string, its quotes included.
    fn is_inside(&mut self, character: char) -> bool {
        let was = self.inside;
        match character {
            _ if self.escaped => self.escaped = false,
            '\\' if was => self.escaped = true,
            '"' => self.inside = !was,
            _ => {}
        }
        was || self.inside
    }

    /// A filter that drops spaces outside of strings.
    fn outside_spaces(mut self) -> impl FnMut(&char) -> bool {
        move |character| self.is_inside(*character) || !character.is_ascii_whitespace()
    }
}

struct Writer {
    out: String,
    /// For each bracket that is open, whether its entries have lines of their own.
    open: Vec<bool>,
}

impl Writer {
    fn token(&mut self, token: char, next: Option<char>) {
        let is_open = |c: char| matches!(c, '{' | '[');
        match token {
            '{' | '[' => {
                self.out.push(token);
                let is_empty = next.is_some_and(|next| matches!(next, '}' | ']'));
                // A list of plain values stays on one line.
                let lines = !is_empty && (token == '{' || next.is_some_and(is_open));
                self.open.push(lines);
                if lines {
                    self.new_line();
                }
            }
            '}' | ']' => {
                if self.open.pop() == Some(true) {
                    self.new_line();
                }
                self.out.push(token);
            }
            ',' => {
                self.out.push(token);
                if self.open.last().copied().unwrap_or(true) {
                    self.new_line();
                } else {
                    self.out.push(' ');
                }
            }
            ':' => self.out.push_str(": "),
            other => self.out.push(other),
        }
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        let depth = self.open.iter().filter(|lines| **lines).count().min(MAX_INDENT);
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_long_line_becomes_lines() {
        let long = "x".repeat(LONG);
        let text = format!(r#"{{"a":[1,2,{{}}],"b":{{"c":[{{"d":"{long}: , {{"}}]}},"e":[]}}"#);
        let spread = spread(&text).unwrap();
        assert!(
            spread.starts_with("{\n  \"a\": [1, 2, {}],\n  \"b\": {\n    \"c\": [\n      {\n"),
            "{spread}"
        );
        assert!(spread.contains(&format!("\"{long}: , {{\"")) && spread.ends_with("\"e\": []\n}"));
    }

    #[test]
    fn lines_stay_and_growth_is_bounded() {
        assert_eq!(super::spread("{\n\"a\": 1}"), None);
        assert_eq!(super::spread(&"[".repeat(64 << 10)), None, "would be megabytes of indentation");
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\"\\\\{}\\[\\],:é]{0,300}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(("[a-z\" ]{0,6}", inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(value in json()) {
            let text = value.to_string();
            if let Some(spread) = super::spread(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&spread).unwrap(), value);
            }
        }

        #[test]
        fn whatever_is_no_json_keeps_its_characters(text in "[\\[\\]{}\",:\\\\a ]{0,900}") {
            if let Some(spread) = super::spread(&text) {
                let bare = |text: &str| text.split_whitespace().collect::<String>();
                prop_assert_eq!(bare(&spread), bare(&text));
            }
        }
    }
}

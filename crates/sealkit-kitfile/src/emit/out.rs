//! Text with the state that decides about spaces and line breaks.

use super::style::Style;

/// What was written.
pub(super) struct Out {
    text: String,
    column: usize,
    /// Whether the last thing written makes a space before the next needless.
    after_space: bool,
    /// Whether only indentation was written on this line.
    only_indent: bool,
}

impl Default for Out {
    fn default() -> Self {
        Self { text: String::new(), column: 0, after_space: true, only_indent: true }
    }
}

impl Out {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Goes to `indent`, on a new line where something stands on this one.
    pub(super) fn indent(&mut self, indent: usize) {
        let stays = self.only_indent
            && (self.column < indent || (self.column == indent && self.after_space));
        if !stays {
            self.break_line();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.after_space = true;
    }

    /// Writes a mark such as `-` or `:`.
    pub(super) fn indicator(
        &mut self,
        mark: &str,
        needs_space: bool,
        is_space: bool,
        is_indent: bool,
    ) {
        if needs_space && !self.after_space {
            self.put(' ');
        }
        mark.chars().for_each(|c| self.put(c));
        self.after_space = is_space;
        self.only_indent = self.only_indent && is_indent;
    }

    /// Writes a scalar; its further lines stand at `indent`.
    pub(super) fn scalar(&mut self, text: &str, style: Style, indent: usize) {
        match style {
            Style::Plain => {
                if !text.is_empty() && !self.after_space {
                    self.put(' ');
                }
                text.chars().for_each(|c| self.put(c));
                self.after_space &= text.is_empty();
                self.only_indent = false;
            }
            Style::Single => self.single_quoted(text, indent),
            Style::Double => self.double_quoted(text),
            Style::Literal => self.literal(text, indent),
        }
    }

    fn single_quoted(&mut self, text: &str, indent: usize) {
        self.indicator("'", true, false, false);
        let mut after_break = false;
        for c in text.chars() {
            if is_break(c) {
                if !after_break && c == '\n' {
                    self.break_line();
                }
                self.write_break(c);
                after_break = true;
                continue;
            }
            if after_break && c != ' ' {
                self.indent(indent);
            }
            if c == '\'' {
                self.put('\'');
            }
            self.put(c);
            if c != ' ' {
                self.only_indent = false;
                after_break = false;
            }
        }
        self.indicator("'", false, false, false);
    }

    fn double_quoted(&mut self, text: &str) {
        self.indicator("\"", true, false, false);
        // The encoder looks for a byte order mark at the start of the text, not at the character.
        let escapes_all = text.starts_with('\u{feff}');
        for c in text.chars() {
            if escapes_all || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                escape(c).chars().for_each(|c| self.put(c));
            } else {
                self.put(c);
            }
        }
        self.indicator("\"", false, false, false);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut last = text.chars().rev();
        match (last.next().is_some_and(is_break), last.next()) {
            (false, _) => self.indicator("-", false, false, false),
            (true, before) if before.is_none_or(is_break) => {
                self.indicator("+", false, false, false);
            }
            _ => {}
        }
        self.break_line();
        self.after_space = true;
        let mut after_break = true;
        for c in text.chars() {
            if is_break(c) {
                self.write_break(c);
                after_break = true;
            } else {
                if after_break {
                    self.indent(indent);
                }
                self.put(c);
                self.only_indent = false;
                after_break = false;
            }
        }
    }

    fn put(&mut self, c: char) {
        self.text.push(c);
        self.column += 1;
    }

    fn break_line(&mut self) {
        self.write_break('\n');
    }

    fn write_break(&mut self, c: char) {
        self.text.push(c);
        self.column = 0;
        self.only_indent = true;
    }
}

/// Whether YAML 1.1 ends a line here.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the character is written as it is. Those beyond the first plane are not.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != '\u{feff}'
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        other => {
            return match u32::from(other) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

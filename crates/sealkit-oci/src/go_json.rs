//! JSON bytes as Go's `encoding/json` writes them: compact, `<`, `>`, `&`, U+2028 and U+2029
//! escaped, floats in Go's shortest form. Digests of configs and manifests depend on it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

/// Serialises `value` to compact JSON with Go's escaping.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, GoFormatter))?;
    Ok(bytes)
}

/// Serialises `value` as Go's `MarshalIndent` does with two spaces: for people, and for `kit`'s
/// `inspect` and `list`.
pub fn to_vec_pretty<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let formatter = PrettyGoFormatter(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    Ok(bytes)
}

/// Formats a finite float as Go does: plain between 1e-6 and 1e21, else with an exponent of at
/// least one digit (`1e+21`, `1e-7`); a whole number has no fraction.
pub fn format_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    if (1e-6..1e21).contains(&magnitude) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(format_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut chars = from.chars();
            let escaped = chars.next().map_or(0, u32::from);
            write!(writer, "\\u{escaped:04x}")?;
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

/// [`GoFormatter`] for what is inside strings and numbers, the pretty one for what is between them.
struct PrettyGoFormatter(PrettyFormatter<'static>);

impl Formatter for PrettyGoFormatter {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        GoFormatter.write_f64(writer, value)
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        GoFormatter.write_string_fragment(writer, fragment)
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        GoFormatter.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_does() {
        let text = "A & B <c>\u{2028}\u{2029} \u{8}\u{c}\u{1}\u{7f}/\"\\é";
        let json = String::from_utf8(to_vec(text).unwrap()).unwrap();
        let expected =
            "\"A \\u0026 B \\u003cc\\u003e\\u2028\\u2029 \\b\\f\\u0001\u{7f}/\\\"\\\\é\"";
        assert_eq!(json, expected);
    }

    #[test]
    fn floats_take_gos_shortest_form() {
        for (value, text) in [
            (1.0, "1"),
            (0.001, "0.001"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1e-7, "1e-7"),
            (1e-6, "0.000001"),
            (-2.5, "-2.5"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0"),
        ] {
            assert_eq!(format_float(value), text);
        }
    }

    #[test]
    fn pretty_json_has_gos_escapes_too() {
        let value = serde_json::json!({"a": ["<", 1e21], "b": {}, "c": []});
        let json = String::from_utf8(to_vec_pretty(&value).unwrap()).unwrap();
        let expected =
            "{\n  \"a\": [\n    \"\\u003c\",\n    1e+21\n  ],\n  \"b\": {},\n  \"c\": []\n}";
        assert_eq!(json, expected);
    }

    #[test]
    fn what_is_written_reads_back() {
        let value = serde_json::json!({"a": ["<&>", 1, 2.5], "b": null});
        let back: serde_json::Value = serde_json::from_slice(&to_vec(&value).unwrap()).unwrap();
        assert_eq!(back, value);
    }
}

//! What a text is written in, by the name of its file.

/// Endings and languages, for a label and nothing more.
const ENDINGS: &[(&str, &str)] = &[
    ("json", "json"),
    ("jsonl", "jsonl"),
    ("ndjson", "jsonl"),
    ("ipynb", "json"),
    ("yaml", "yaml"),
    ("yml", "yaml"),
    ("toml", "toml"),
    ("py", "python"),
    ("sh", "shell"),
    ("bash", "shell"),
    ("js", "javascript"),
    ("ts", "typescript"),
    ("rs", "rust"),
    ("go", "go"),
    ("c", "c"),
    ("h", "c"),
    ("cpp", "c++"),
    ("java", "java"),
    ("sql", "sql"),
    ("html", "html"),
    ("htm", "html"),
    ("svg", "svg"),
    ("xml", "xml"),
    ("css", "css"),
    ("jinja", "jinja"),
    ("jinja2", "jinja"),
    ("ini", "ini"),
    ("cfg", "ini"),
    ("proto", "protobuf"),
    ("dockerfile", "dockerfile"),
];

/// Whole names and languages.
const NAMES: &[(&str, &str)] =
    &[("kitfile", "kitfile"), ("dockerfile", "dockerfile"), ("makefile", "makefile")];

/// The language that the name of the file at `path` says; none where it says none.
pub(crate) fn of(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let whole = NAMES.iter().find(|(known, _)| *known == name);
    let ending = || {
        let ending = name.rsplit_once('.')?.1;
        ENDINGS.iter().find(|(known, _)| *known == ending)
    };
    whole.or_else(ending).map(|(_, language)| *language)
}

/// Whether the name says Markdown.
pub(crate) fn is_markdown(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name == "readme"
        || name.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "md" | "markdown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_text_is_in() {
        for (path, language) in [
            ("a/config.JSON", Some("json")),
            ("Kitfile", Some("kitfile")),
            ("x.svg", Some("svg")),
            ("a.json/notes", None),
            ("", None),
        ] {
            assert_eq!(of(path), language, "{path}");
        }
        assert!(
            is_markdown("docs/README.md") && is_markdown("README") && !is_markdown("readme.txt")
        );
    }
}

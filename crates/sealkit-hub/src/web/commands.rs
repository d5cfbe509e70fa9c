//! Commands for whoever reads a page: they can be copied as they stand.

use std::borrow::Cow;

use maud::{Markup, html};
use sealkit_report::is_deceptive;

use super::page::is_plain;

/// A command with room for a button to copy it.
pub(super) fn command(text: &str) -> Markup {
    let text = reaching(text, is_plain());
    html! { div.command { pre tabindex="0" role="region" aria-label="command" { (text) } } }
}

/// A command of ours as it reaches this hub: those that go to a registry are told where it speaks plain HTTP.
fn reaching(text: &str, plainly: bool) -> Cow<'_, str> {
    const VERBS: [&str; 16] = [
        "advisories",
        "bom",
        "check",
        "diff",
        "files",
        "impact",
        "lineage",
        "log",
        "policy",
        "pull",
        "push",
        "quarantine",
        "revoke",
        "search",
        "unpack",
        "verify",
    ];
    let verb = text.strip_prefix("sealkit ").and_then(|rest| rest.split_whitespace().next());
    let reaches = verb.is_some_and(|verb| VERBS.contains(&verb));
    if !plainly || !reaches || text.contains('\n') {
        return Cow::Borrowed(text);
    }
    // What stands behind `--` are paths.
    let (before, paths) = text.split_once(" -- ").map_or((text, None), |(a, b)| (a, Some(b)));
    let paths = paths.map(|paths| format!(" -- {paths}")).unwrap_or_default();
    Cow::Owned(format!("{before} --plain-http{paths}"))
}

/// The command that gets the file at `path` of a version alone; none where its name holds characters that
/// should not be copied into a shell.
pub(super) fn file_command(pinned: &str, path: &str) -> Option<String> {
    if path.is_empty() || path.contains(is_deceptive) {
        return None;
    }
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    let (path, name) = (quoted(path), quoted(name));
    Some(format!("sealkit files --remote --output={name} {pinned} -- {path}"))
}

/// The text as one word of a shell.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_a_shell() {
        for (path, word) in [
            ("model.bin", Some("model.bin")),
            ("d/a b.txt", Some("'a b.txt'")),
            ("$(rm -rf ~)", Some("'$(rm -rf ~)'")),
            ("it's;x", Some("'it'\\''s;x'")),
            ("a\nb", None),
            ("a\u{202e}b", None),
            ("", None),
            ("dir/", None),
        ] {
            let command = file_command("h/k@d", path);
            let words = word.map(|word| format!("--output={word} h/k@d -- "));
            assert_eq!(command.is_some(), words.is_some(), "{path}");
            assert!(command.unwrap_or_default().contains(&words.unwrap_or_default()), "{path}");
        }
    }

    #[test]
    fn commands_that_go_to_a_hub_of_this_machine_say_that_it_is_plain() {
        for (text, told) in [
            ("sealkit pull h/k@d", "sealkit pull h/k@d --plain-http"),
            ("sealkit files --remote h/k -- a b", "sealkit files --remote h/k --plain-http -- a b"),
            ("sealkit hub gc --data DIR", "sealkit hub gc --data DIR"),
            ("cosign verify h/k", "cosign verify h/k"),
        ] {
            assert_eq!(reaching(text, true), told);
            assert_eq!(reaching(text, false), text);
        }
    }
}

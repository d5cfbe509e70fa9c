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

/// A command as it reaches this hub: whatever goes to a registry is told where it speaks plain HTTP.
fn reaching(text: &str, plainly: bool) -> Cow<'_, str> {
    if !plainly || text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let parts: Vec<String> = text.split(" && ").map(plain).collect();
    Cow::Owned(parts.join(" && "))
}

/// One command, with the flag of its program for plain HTTP.
fn plain(text: &str) -> String {
    const OURS: [&str; 15] = [
        "advisories",
        "bom",
        "check",
        "diff",
        "files",
        "impact",
        "lineage",
        "log",
        "pull",
        "push",
        "quarantine",
        "revoke",
        "search",
        "unpack",
        "verify",
    ];
    let mut words = text.split_whitespace();
    let flag = match (words.next(), words.next(), words.next()) {
        (Some("sealkit"), Some("policy"), Some("test")) => "--plain-http",
        (Some("sealkit"), Some(verb), _) if OURS.contains(&verb) => "--plain-http",
        (Some("kit"), Some("unpack" | "pull"), _) => "--plain-http",
        (Some("skopeo"), Some("copy"), _) => "--src-tls-verify=false",
        (Some("oras"), Some("copy"), _) => "--from-plain-http",
        (Some("cosign"), Some("verify"), _) => "--allow-http-registry",
        _ => return text.to_owned(),
    };
    // What stands behind `--` are paths.
    let (before, paths) = text.split_once(" -- ").map_or((text, None), |(a, b)| (a, Some(b)));
    let paths = paths.map(|paths| format!(" -- {paths}")).unwrap_or_default();
    format!("{before} {flag}{paths}")
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
            ("cosign verify h/k", "cosign verify h/k --allow-http-registry"),
            ("kit unpack h/k@d -d kit", "kit unpack h/k@d -d kit --plain-http"),
            (
                "skopeo copy docker://h/k oci:kit",
                "skopeo copy docker://h/k oci:kit --src-tls-verify=false",
            ),
            (
                "sealkit seal . -t h/k:v1 && sealkit push h/k:v1",
                "sealkit seal . -t h/k:v1 && sealkit push h/k:v1 --plain-http",
            ),
            ("sealkit policy init -o policy.yaml", "sealkit policy init -o policy.yaml"),
            (
                "sealkit policy test p.yaml --hub h",
                "sealkit policy test p.yaml --hub h --plain-http",
            ),
            ("docker run IMAGE", "docker run IMAGE"),
        ] {
            assert_eq!(reaching(text, true), told);
            assert_eq!(reaching(text, false), text);
        }
    }
}

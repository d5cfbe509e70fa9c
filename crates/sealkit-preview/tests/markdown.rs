//! Markdown of strangers becomes HTML of a fixed set of tags, whatever it says.

use proptest::prelude::*;
use sealkit_preview::markdown::{Links, NoLinks, render};

/// Files of the kit have pages, and one of them is a picture.
struct Pages;

impl Links for Pages {
    fn file(&self, path: &str) -> Option<String> {
        Some(format!("/preview?file={path}"))
    }

    fn picture(&self, path: &str) -> Option<String> {
        (path == "docs/fig.png").then(|| "/image?file=docs/fig.png".to_owned())
    }
}

fn html(text: &str) -> String {
    render(text, "docs/README.md", &Pages).html
}

/// Every tag that may come out, with its attributes as they may stand there. `*` stands for any text without
/// a quote.
const TAGS: &[&str] = &[
    "p",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol start=\"*\"",
    "ol",
    "li",
    "em",
    "strong",
    "s",
    "code",
    "br",
    "hr",
    "pre tabindex=\"0\"",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th scope=\"col\"",
    "th",
    "th scope=\"col\" class=\"number\"",
    "td",
    "td class=\"number\"",
    "span class=\"quiet\"",
    "span",
    "div",
    "div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\"",
    "a",
    "a rel=\"nofollow noopener noreferrer\" href=\"http*\"",
    "a href=\"/preview?file=*\"",
    "img loading=\"lazy\" alt=\"\" src=\"/image?file=docs/fig.png\"",
];

fn allows(pattern: &str, tag: &str) -> bool {
    match pattern.split_once('*') {
        None => tag == pattern,
        Some((start, end)) => tag
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(end))
            .is_some_and(|value| !value.contains('"')),
    }
}

/// Every `<` begins one of [`TAGS`], and they are closed in their order.
fn assert_is_harmless(html: &str) {
    let mut open = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').unwrap_or_else(|| panic!("no end of a tag: {html}"));
        let tag = &rest[at + 1..at + end];
        let bare = tag.strip_prefix('/').unwrap_or(tag);
        assert!(TAGS.iter().any(|pattern| allows(pattern, bare)), "`{tag}` in {html}");
        let name = bare.split(' ').next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
        } else if !matches!(name, "br" | "hr" | "img") {
            open.push(name);
        }
        rest = &rest[at + end + 1..];
    }
    assert!(open.is_empty(), "{open:?} in {html}");
    for character in ['\u{202e}', '\u{200b}', '\u{1b}', '\0'] {
        assert!(!html.contains(character));
    }
}

#[test]
fn what_people_write_is_rendered() {
    let text = "---\nlicense: mit\n---\n# Title\n\nSome *em* and **strong** `code`.\n\n- [x] done\n- two\n\n```python\n\
                a < b\n```\n\n| a | n |\n|---|--:|\n| x | 1 |\n\n> quote\n\n1. one\n";
    let rendered = render(text, "README.md", &NoLinks);
    for part in [
        "<h3>Title</h3>",
        "<em>em</em> and <strong>strong</strong> <code>code</code>",
        "<li>☑ done</li>",
        "<code>a &lt; b\n</code>",
        "<th scope=\"col\" class=\"number\">n</th>",
        "<td>x</td><td class=\"number\">1</td>",
        "<blockquote>",
        "<ol start=\"1\">",
    ] {
        assert!(rendered.html.contains(part), "{part} in {}", rendered.html);
    }
    assert!(!rendered.html.contains("license"), "front matter is no text");
    assert!(!rendered.left_out && !rendered.cut);
    assert_is_harmless(&rendered.html);
}

#[test]
fn html_is_left_out_and_said() {
    for text in [
        "<script>alert(1)</script>",
        "a <b onclick=alert(1)>b</b>",
        "<style>*{display:none}</style>\n\ntext",
        "<!-- <img src=x onerror=alert(1)> -->",
        "<svg onload=alert(1)>",
        "<iframe src=\"https://evil.example\">",
    ] {
        let rendered = render(text, "a.md", &Pages);
        assert!(rendered.left_out, "{text}");
        assert_is_harmless(&rendered.html);
        assert!(
            !rendered.html.contains("<b") && !rendered.html.contains("<s"),
            "{}",
            rendered.html
        );
    }
    // What is no HTML to a reader of Markdown is to a browser: it stays as text.
    assert_eq!(html("<svg/onload=alert(1)>"), "<p>&lt;svg/onload=alert(1)&gt;</p>\n");
    assert!(html("text after <br> it").contains("text after  it"));
}

#[test]
fn links_lead_to_the_web_or_into_the_kit() {
    for (text, part) in [
        ("[a](https://x.example/a?b=1&c=2)", "href=\"https://x.example/a?b=1&amp;c=2\""),
        ("<https://x.example>", "rel=\"nofollow noopener noreferrer\" href=\"https://x.example\""),
        ("[a](../LICENSE#top)", "<a href=\"/preview?file=LICENSE\">a</a>"),
        ("[a](./x/../y.md)", "<a href=\"/preview?file=docs/y.md\">a</a>"),
        ("[a](/config.json)", "<a href=\"/preview?file=config.json\">a</a>"),
    ] {
        assert!(html(text).contains(part), "{text}: {}", html(text));
    }
    for text in [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java&#115;cript:alert(1))",
        "[a](&#x6a;avascript:alert(1))",
        "[a](data:text/html;base64,AAAA)",
        "[a](vbscript:x)",
        "[a](//evil.example/x)",
        "[a](\\\\evil.example\\x)",
        "[a](../../../etc/passwd)",
        "[a](mailto:a@b.example)",
        "[a](#place)",
        "[a](<java\tscript:alert(1)>)",
        "[a](<https://x.example/\u{202e}moc>)",
        "[a](file:///etc/passwd)",
    ] {
        let html = html(text);
        assert!(!html.contains("<a"), "{text}: {html}");
        assert_is_harmless(&html);
    }
    let quote = html("[a](https://x.example/\"onmouseover=alert(1))");
    assert_is_harmless(&quote);
    assert!(!quote.contains("\"onmouseover"));
}

#[test]
fn only_pictures_of_the_kit_are_loaded() {
    assert!(html("![a figure](fig.png)").contains("src=\"/image?file=docs/fig.png\""));
    for text in [
        "![x](https://evil.example/a.png)",
        "![x](other.svg)",
        "![x](data:image/png;base64,AA)",
        "![x](//h/a.png)",
    ] {
        let html = html(text);
        assert!(!html.contains("<img") && html.contains("[picture: x]"), "{html}");
    }
}

#[test]
fn what_would_grow_is_cut() {
    let deep = html(&"> ".repeat(30_000));
    assert!(deep.matches("<blockquote>").count() <= 24);
    assert_is_harmless(&deep);
    let wide = format!("{}\n{}\n{}", "|a".repeat(5_000), "|-".repeat(5_000), "|b\n".repeat(10_000));
    let rendered = render(&wide, "a.md", &NoLinks);
    assert!(rendered.cut && rendered.html.len() < 2 << 20, "{}", rendered.html.len());
    assert_is_harmless(&rendered.html);
    for text in [
        "[".repeat(60_000),
        "*a_".repeat(20_000),
        "`".repeat(60_000),
        "- ".repeat(30_000),
        "<".repeat(60_000),
    ] {
        assert_is_harmless(&html(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_becomes_markup(text in "[ \\n\\t\\-<>\"'&|`*_#\\[\\]()!:/\\\\=a-cx0-2~\u{202e}\u{0}]{0,120}") {
        assert_is_harmless(&html(&text));
    }

    #[test]
    fn no_sequence_of_pieces_does(pieces in prop::collection::vec(prop::sample::select(vec![
        "<script>", "</script>", "<img src=x onerror=1>", "[a](", "javascript:", ")", "![", "](fig.png)", "\n\n", "- ", "> ",
        "|a|b|\n|-|-|\n|c|d|", "```\n", "`", "**", "_", "&lt;", "&#60;", "<!--", "-->", "https://x.example/\"", "<a href=\"", "\t",
        "1. ", "# ", "---\n", "<", ">", "\"", "'", "text", "<p>", "[x]: javascript:a\n",
    ]), 0..24)) {
        assert_is_harmless(&html(&pieces.concat()));
    }
}

//! A look inside files, and Markdown as HTML.

use sealkit_api::{Look, PreviewContent, PreviewForm};
use sealkit_preview::markdown::{NoLinks, render};
use sealkit_preview::{look, raster};
use sealkit_report::{Budget, is_deceptive};

use crate::targets::NAMES;

/// A table of 25 rows, packed in one way.
macro_rules! parquet {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../crates/sealkit-inspect/tests/golden/parquet/",
            $name,
            ".parquet"
        ))
    };
}

/// Names that only a look tells apart, with a file for each; they follow [`NAMES`].
pub(crate) static MORE: &[(&str, &[u8])] = &[
    (
        "README.md",
        b"---\na: 1\n---\n# T\n\n<b onclick=x>b</b> [a](javascript:x) ![p](x.png)\n\n|a|b|\n|-|--:|\n|c|d|\n\n- [x] `e`\n",
    ),
    (
        "n.ipynb",
        br#"{"nbformat":4,"metadata":{"language_info":{"name":"python"}},"cells":[{"cell_type":"code","source":["a\n"],"outputs":[{"data":{"text/plain":"b","text/html":"<i>"}}]}]}"#,
    ),
    ("d.csv", b"a,\"b\n\"\n1,2\n"),
    ("d.tsv", b"a\tb\n1\t2\n"),
    ("x.json", br#"{"a":[1,{"b":"c\""}]}"#),
    ("x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"),
    ("x.pkl", b"cos\nsystem\n(S'id'\ntR."),
    ("a.parquet", parquet!("snappy")),
    ("b.parquet", parquet!("gzip-v2")),
    ("c.parquet", parquet!("pages")),
];

/// Tags that Markdown may become.
const TAGS: &[&str] = &[
    "a",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Any file, under any name, in a form that its length chooses: bounded text that shows as what it is.
pub fn preview(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let choice = usize::from(*choice) % (NAMES.len() + MORE.len());
    let more = choice.checked_sub(NAMES.len()).and_then(|at| MORE.get(at)).map(|(name, _)| *name);
    let name = more.or_else(|| NAMES.get(choice).copied()).unwrap_or("x");
    let budget = || Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let forms = [
        (PreviewForm::Auto, 0),
        (PreviewForm::Auto, 0),
        (PreviewForm::Text, 1),
        (PreviewForm::Hex, 3),
    ];
    let (form, offset) = forms[content.len() % forms.len()];
    let found = look(name, &content, form, offset, &mut budget());
    assert_shown(&found);
    assert_eq!(
        found,
        look(name, &content, form, offset, &mut budget()),
        "the same bytes look the same"
    );
    if let PreviewContent::Markdown(head) | PreviewContent::Text(head) = &found.content {
        assert_harmless(&render(&head.text, name, &NoLinks).html);
    }
    assert_harmless(&render(&String::from_utf8_lossy(content), name, &NoLinks).html);
    if let Ok(Some(info)) = raster(name, &content, &mut budget()) {
        assert!(info.media_type.starts_with("image/") && info.media_type != "image/svg+xml");
    }
}

fn assert_shown(look: &Look) {
    let value = serde_json::to_value(look).expect("plain JSON");
    assert!(value.to_string().len() < 4 << 20);
    let mut open = vec![&value];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::String(text) => {
                let odd = |c: char| is_deceptive(c) && c != '\n' && c != '\t';
                // Findings name the file as it is; the name is ours here.
                assert!(!text.contains(odd), "{text:?}");
            }
            serde_json::Value::Array(list) => open.extend(list),
            serde_json::Value::Object(map) => open.extend(map.values()),
            _ => {}
        }
    }
}

fn assert_harmless(html: &str) {
    for tag in html.split('<').skip(1) {
        let tag = tag.strip_prefix('/').unwrap_or(tag);
        let name = tag.split([' ', '>']).next().unwrap_or_default();
        assert!(TAGS.contains(&name), "`{name}` in {html:?}");
    }
    for rest in html.split("href=\"").skip(1) {
        assert!(rest.to_ascii_lowercase().starts_with("http"), "{html:?}");
    }
}

//! How to get a version: one command for each tool, by digest.

use maud::{Markup, html};

use super::text::command;

/// The commands, one tool open at a time, without a script.
pub(super) fn ways(pinned: &str) -> Markup {
    let python = format!(
        "import subprocess\n\nfor verb in ([\"check\"], [\"unpack\", \"-d\", \"kit\"]):\n    \
         subprocess.run([\"sealkit\", *verb, \"{pinned}\"], check=True)"
    );
    let ways: [(&str, Vec<String>); 6] = [
        (
            "SealKit",
            vec![
                format!("sealkit check {pinned}"),
                format!("sealkit pull {pinned}"),
                format!("sealkit unpack {pinned} -d kit"),
            ],
        ),
        (
            "One file",
            vec![
                format!("sealkit files --remote {pinned}"),
                format!("sealkit files --remote --output=FILE {pinned} -- PATH"),
            ],
        ),
        ("Kit", vec![format!("kit unpack {pinned} -d kit")]),
        ("skopeo", vec![format!("skopeo copy docker://{pinned} oci:kit")]),
        ("oras", vec![format!("oras copy {pinned} --to-oci-layout kit:kit")]),
        ("Python", vec![python]),
    ];
    html! {
        div.ways { @for (at, (tool, commands)) in ways.iter().enumerate() {
            details name="get" open[at == 0] {
                summary { (tool) }
                @for text in commands { (command(text)) }
            }
        } }
    }
}

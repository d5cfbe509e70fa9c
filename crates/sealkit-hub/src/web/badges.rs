//! The badges of a version, with the Markdown that shows them elsewhere.

use maud::{Markup, html};
use sealkit_api::KitDetail;

use super::kit::twin;
use super::text::{command, version_path};
use crate::badges::{FACTS, Fact};

/// The badges and the lines to copy. `base` is the address of the hub as whoever asks reached it.
pub(super) fn embedding(detail: &KitDetail, asked: &str, base: &str) -> Markup {
    let path = |fact: Fact| twin(&detail.name, asked, &format!("/badge.svg?of={}", fact.name()));
    let page = version_path(&detail.name, asked);
    let lines: Vec<String> = FACTS
        .iter()
        .map(|fact| format!("[![{}]({base}{})]({base}{page})", fact.name(), path(*fact)))
        .collect();
    html! {
        details {
            summary { "Badges" }
            p { @for fact in FACTS { img.badge src=(path(fact)) alt=(format!("badge: {}", fact.name())) loading="lazy" height="20"; " " } }
            p.quiet { "In a README, as Markdown. Each says what this hub says when it is looked at. A page elsewhere shows \
                them where anyone may read this kit without a token: nobody's token is used for it." }
            (command(&lines.join("\n")))
        }
    }
}

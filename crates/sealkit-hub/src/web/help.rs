//! What the marks mean.

use axum::response::Response;
use maud::{Markup, html};

use super::kit::mark;
use super::page::page;
use super::text::command;

/// `GET /help/marks`.
pub(super) async fn marks() -> Response {
    let body = html! {
        h1 { "What each mark means" }
        p { (mark(Some(true), "a step")) " – it was carried out, and holds." }
        p { (mark(Some(false), "a step")) " – it was carried out, and does not hold." }
        p { (mark(None, "a step")) " – nobody looked. That is never a yes." }
        h2 #manifest { "Manifest" }
        p { "The hub hashed the manifest's bytes for this very page, and they match the digest that is shown. \
             So this is the version of that digest. It says nothing about who made it." }
        h2 #files { "Files" }
        p { "Sizes and paths are read in place. The content of layers is hashed when it is pushed and again \
             by whoever pulls it; it is not hashed for a page." }
        h2 #signatures { "Signatures" }
        p { "The hub does not say whom you trust. Your own keys and identities decide, on your machine, and \
             every step is shown with its reason:" }
        (command("sealkit verify --remote HOST/NAME@DIGEST"))
        h2 #aibom { "AIBOM" }
        p { "The hub reads the bytes of each version and writes down what it found, signed with its own key. It \
             signs nothing that it was told. A mark here means that the signature is valid, of this hub or of \
             somebody whom its operator trusts. You need not believe it: pull the version, and hold the document \
             against its bytes." }
        (command("sealkit bom verify AIBOM.cdx.json HOST/NAME@DIGEST"))
        p { "To trust the hub's key for AIBOMs, save " code { "/api/v1/hub/key.pem" } " and run:" }
        (command("sealkit trust add key.pem --name HUB --role hub"))
        h2 #known { "How a value is known" }
        dl.asked {
            dt { "measured" } dd { "The bytes themselves say so: sizes, hashes, formats, shapes." }
            dt { "attested" } dd { "A statement says so whose signature was verified." }
            dt { "declared" } dd { "A file says so: a card, a config, the Kitfile. Nobody checked it." }
            dt { "inferred" } dd { "A rule concludes it from something else." }
        }
        h2 #log { "The log" }
        p { "Each push, tag, deletion, verdict and quarantine is an entry of an append-only log, whose signed \
             checkpoint every client can keep: an entry that is changed or left out later does not fit it any more. \
             It says what this hub did, and when by its own clock." }
        (command("sealkit log verify THIS-HUB"))
        h2 #inspection { "Inspection" }
        p { "The hub reads the headers and structures of files when they are pushed, without loading them, and keeps what is odd: the rule, the file, "
            "the place in it. These are facts, not a judgement: rules over them are a scanner's, and none has run. So nothing here is marked as clean. "
            "A file that was not read to its end is named, for nobody knows what is in the rest." }
        h2 #lineage { "Lineage" }
        p { "Each tie says how it is known. Measured: two things have the same bytes. Attested: a statement that was verified under the hub's trust file says "
            "so. Declared: a model card, a config or the Kitfile says so. Inferred: a rule concluded it from a name. A chain is as good as its weakest tie, which is named." }
        h2 #statements { "Statements" }
        p { "Each statement of a version is verified under the trust file of the hub: " (outcome_row("✓", "every step holds: somebody in that file signed it, about this very digest"))
            " · " (outcome_row("✗", "something is wrong with it, whoever made it"))
            " · " (outcome_row("?", "nothing is wrong, and nobody whom the hub trusts signed it, or something could not be read")) ". "
            "Anyone who may push can attach a statement: one of a stranger takes nothing from the others. A ✓ says who said it and that it was "
            "said of this digest; not that it is still true." }
        p { "No layer is read for that page. To verify everything, under your own trust:" }
        (command("sealkit verify --remote HOST/NAME@DIGEST"))
    };
    page("Marks", None, &body)
}

fn outcome_row(sign: &str, meaning: &str) -> Markup {
    html! { strong { (sign) } " – " (meaning) }
}

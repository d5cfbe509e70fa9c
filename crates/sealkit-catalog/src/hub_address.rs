//! Addresses of models and datasets at the Hugging Face hub, as browsers, `hf://` and people write them.

/// What an address names there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubAddress {
    /// `OWNER/NAME`, of a dataset with `datasets/` before it.
    pub(crate) name: String,
    /// The branch, tag or commit that it names; `main` moves, and names none.
    pub(crate) revision: Option<String>,
}

/// Hosts of the hub.
const HOSTS: [&str; 3] = ["huggingface.co", "www.huggingface.co", "hf.co"];
/// Steps of an address behind which a revision stands.
const REVISED: [&str; 8] = ["tree", "blob", "resolve", "raw", "blame", "commit", "commits", "edit"];
/// Other pages of a model or a dataset.
const PAGES: [&str; 4] = ["discussions", "viewer", "settings", "embed"];

/// Reads an address: `https://huggingface.co/OWNER/NAME/tree/REVISION`, `hf://datasets/OWNER/NAME@REVISION`,
/// `hf.co/OWNER/NAME`. None for any other text.
pub(crate) fn hub_address(text: &str) -> Option<HubAddress> {
    let path = at_the_hub(text.trim())?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    if steps.first() == Some(&"api") && steps.len() > 1 {
        steps.remove(0);
    }
    let kind = match steps.first() {
        Some(&("datasets" | "spaces" | "models")) if steps.len() > 1 => steps.remove(0),
        _ => "models",
    };
    let is_page = |step: &&str| REVISED.contains(step) || PAGES.contains(step);
    let end = (1..=2).find(|at| steps.get(*at).is_some_and(is_page));
    let end = end.unwrap_or(2).min(steps.len());
    let (id, rest) = steps.split_at_checked(end)?;
    let (last, before) = id.split_last()?;
    let (last, at) = last.split_once('@').map_or((*last, None), |(name, at)| (name, Some(at)));
    let last = last.strip_suffix(".git").unwrap_or(last);
    if last.is_empty() {
        return None;
    }
    let behind = rest.first().filter(|step| REVISED.contains(step)).and_then(|_| rest.get(1));
    let revision = at.or(behind.copied()).map(|text| text.replace("%2F", "/").replace("%2f", "/"));
    let name = before.iter().chain([&last]).copied().collect::<Vec<_>>().join("/");
    let name = if kind == "models" { name } else { format!("{kind}/{name}") };
    let revision = revision.filter(|text| !text.is_empty() && text != "main");
    Some(HubAddress { name, revision })
}

/// What stands behind the hub's name, whatever its case.
fn at_the_hub(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    match scheme.to_ascii_lowercase().as_str() {
        "hf" => Some(rest),
        "" | "http" | "https" => {
            let (host, path) = rest.split_once('/')?;
            HOSTS.iter().any(|own| own.eq_ignore_ascii_case(host)).then_some(path)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_thing_and_its_revision() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (text, name, revision) in [
            ("https://huggingface.co/google/bert", "google/bert", None),
            ("HTTPS://HuggingFace.co/google/bert/", "google/bert", None),
            ("https://hf.co/google/bert?library=x#files", "google/bert", None),
            ("https://huggingface.co/google/bert/tree/main", "google/bert", None),
            ("https://huggingface.co/google/bert/tree/v1", "google/bert", Some("v1")),
            ("huggingface.co/google/bert/blob/v1/a/b.bin", "google/bert", Some("v1")),
            (
                "https://huggingface.co/google/bert/tree/refs%2Fpr%2F1",
                "google/bert",
                Some("refs/pr/1"),
            ),
            (
                &format!("https://huggingface.co/google/bert/commit/{commit}"),
                "google/bert",
                Some(commit),
            ),
            ("https://huggingface.co/google/bert/discussions/3", "google/bert", None),
            ("https://huggingface.co/gpt2/tree/v2", "gpt2", Some("v2")),
            ("https://huggingface.co/api/models/google/bert", "google/bert", None),
            ("huggingface.co/datasets/rajpurkar/squad", "datasets/rajpurkar/squad", None),
            ("https://huggingface.co/datasets/squad/viewer/x", "datasets/squad", None),
            ("hf://google/bert", "google/bert", None),
            ("hf://google/bert@v1/config.json", "google/bert", Some("v1")),
            (
                "hf://datasets/rajpurkar/squad@v1/train.parquet",
                "datasets/rajpurkar/squad",
                Some("v1"),
            ),
            ("https://huggingface.co/google/bert.git", "google/bert", None),
        ] {
            let address = hub_address(text);
            let found = address.as_ref().map(|at| (at.name.as_str(), at.revision.as_deref()));
            assert_eq!(found, Some((name, revision)), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_no_address() {
        for text in [
            "",
            "google/bert",
            "huggingface.co",
            "https://huggingface.co/",
            "hf://",
            "hf://@v1",
            "https://huggingface.co.evil.example/a/b",
            "https://example.com/a/b",
            "oci://hf.co/a/b",
            "huggingface.co/a/@",
            "://",
            "//",
        ] {
            assert_eq!(hub_address(text), None, "{text}");
        }
    }
}

//! The names that model hubs give licences.
//!
//! Source: Hugging Face documentation, "Licenses" (the identifiers of `license:` in a card).

/// A licence as a document can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LicenceName {
    /// An identifier of the SPDX list, in its own case.
    Spdx(&'static str),
    /// A licence that SPDX does not list: `LicenseRef-` and the name that hubs use.
    Other(&'static str),
}

impl LicenceName {
    /// The identifier.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Spdx(id) | Self::Other(id) => id,
        }
    }
}

/// The licence behind a name that a hub uses, whatever the case. None for a name that says nothing
/// (`other`, `unknown`), for one that several licences share (`gpl`, `cc`, `bsd`), and for one
/// that is not known.
pub fn hub(name: &str) -> Option<LicenceName> {
    let name = name.trim().to_ascii_lowercase();
    let renamed = RENAMED.iter().find(|(hub, _)| *hub == name);
    if let Some((_, id)) = renamed {
        return spdx_id(id);
    }
    let bare = name.strip_prefix("licenseref-").unwrap_or(&name);
    let other = OTHERS.iter().find(|known| known.get(11..) == Some(bare));
    let alias = ALIASES.iter().find(|(hub, _)| *hub == bare).map(|(_, id)| id);
    if let Some(other) = other.or(alias) {
        return Some(LicenceName::Other(other));
    }
    spdx_id(&name)
}

fn spdx_id(name: &str) -> Option<LicenceName> {
    let listed = spdx::identifiers::LICENSES.iter();
    let found = listed.map(|licence| licence.name).find(|id| id.eq_ignore_ascii_case(name))?;
    Some(LicenceName::Spdx(found))
}

/// Names of hubs that SPDX writes otherwise. A GNU licence of one version without more means that
/// version, as the identifiers did that SPDX gave up for it.
#[rustfmt::skip]
const RENAMED: &[(&str, &str)] = &[
    ("agpl-3.0", "AGPL-3.0-only"),
    ("apache 2.0", "Apache-2.0"),
    ("apache2.0", "Apache-2.0"),
    ("apache-2", "Apache-2.0"),
    ("bigscience-mit", "MIT"),
    ("c-uda", "C-UDA-1.0"),
    ("cc0", "CC0-1.0"),
    ("gfdl-1.3", "GFDL-1.3-only"),
    ("gpl-2.0", "GPL-2.0-only"),
    ("gpl-3.0", "GPL-3.0-only"),
    ("lgpl-2.1", "LGPL-2.1-only"),
    ("lgpl-3.0", "LGPL-3.0-only"),
    ("lgpl-lr", "LGPLLR"),
    ("odbl", "ODbL-1.0"),
    ("odc-by", "ODC-By-1.0"),
    ("pddl", "PDDL-1.0"),
];

/// Licences that SPDX does not list.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "LicenseRef-apple-amlr",
    "LicenseRef-apple-ascl",
    "LicenseRef-bigcode-openrail-m",
    "LicenseRef-bigscience-bloom-rail-1.0",
    "LicenseRef-bigscience-openrail-m",
    "LicenseRef-creativeml-openrail-m",
    "LicenseRef-deepfloyd-if-license",
    "LicenseRef-deepseek",
    "LicenseRef-fair-noncommercial-research-license",
    "LicenseRef-falcon-llm-license",
    "LicenseRef-flux-1-dev-non-commercial-license",
    "LicenseRef-gemma",
    "LicenseRef-grok2-community",
    "LicenseRef-h-research",
    "LicenseRef-intel-research",
    "LicenseRef-llama2",
    "LicenseRef-llama3",
    "LicenseRef-llama3.1",
    "LicenseRef-llama3.2",
    "LicenseRef-llama3.3",
    "LicenseRef-llama4",
    "LicenseRef-mnpl",
    "LicenseRef-mrl",
    "LicenseRef-nvidia-open-model-license",
    "LicenseRef-openrail",
    "LicenseRef-openrailplusplus",
    "LicenseRef-qwen",
    "LicenseRef-qwen-research",
    "LicenseRef-stabilityai-ai-community",
    "LicenseRef-tongyi-qianwen",
    "LicenseRef-tongyi-qianwen-research",
];

/// Other names for these.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("deepseek-license", "LicenseRef-deepseek"),
    ("openrail++", "LicenseRef-openrailplusplus"),
    ("qwen-license", "LicenseRef-qwen"),
    ("tongyi-qianwen-license", "LicenseRef-tongyi-qianwen"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_names_become_identifiers() {
        let cases = [
            ("apache-2.0", Some("Apache-2.0")),
            ("MIT", Some("MIT")),
            ("cc-by-4.0", Some("CC-BY-4.0")),
            ("cc-by-nc-sa-4.0", Some("CC-BY-NC-SA-4.0")),
            ("gpl-3.0", Some("GPL-3.0-only")),
            ("odc-by", Some("ODC-By-1.0")),
            ("cdla-permissive-2.0", Some("CDLA-Permissive-2.0")),
            ("llama3.2", Some("LicenseRef-llama3.2")),
            ("LicenseRef-llama3.2", Some("LicenseRef-llama3.2")),
            ("gemma", Some("LicenseRef-gemma")),
            ("openrail", Some("LicenseRef-openrail")),
            ("openrail++", Some("LicenseRef-openrailplusplus")),
            ("other", None),
            ("unknown", None),
            ("gpl", None),
            ("", None),
            ("my-licence", None),
        ];
        for (name, expected) in cases {
            assert_eq!(hub(name).map(|name| name.as_str()), expected, "{name}");
        }
    }

    #[test]
    fn every_identifier_of_the_tables_exists_and_none_is_given_up() {
        for (_, id) in RENAMED {
            assert!(spdx::license_id(id).is_some_and(|id| !id.is_deprecated()), "{id}");
        }
        for id in OTHERS.iter().chain(ALIASES.iter().map(|(_, id)| id)) {
            assert!(spdx::Expression::parse(id).is_ok(), "{id}");
            assert!(OTHERS.contains(id), "{id}");
        }
    }
}

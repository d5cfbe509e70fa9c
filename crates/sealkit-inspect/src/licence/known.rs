//! Licences of models that SPDX does not list, told by their titles.
//!
//! Source: the titles of the texts as their publishers give them.

use super::normal;

/// Words from the start of a text in which its title stands.
const TITLE: usize = 60;

/// The name of a model licence, where its title stands at the start of the text.
pub(super) fn by_title(text: &str) -> Option<&'static str> {
    let end = text.char_indices().map(|(at, _)| at).nth(2000).unwrap_or(text.len());
    let start = normal(text.get(..end)?);
    let words: Vec<&str> = start.split(' ').take(TITLE).collect();
    let start = words.join(" ");
    TITLES.iter().find(|(title, _)| start.contains(title)).map(|(_, name)| *name)
}

/// Title in the normal form, and the name that hubs use; the special before the general.
#[rustfmt::skip]
const TITLES: &[(&str, &str)] = &[
    ("llama 4 community license agreement", "LicenseRef-llama4"),
    ("llama 3 3 community license agreement", "LicenseRef-llama3.3"),
    ("llama 3 2 community license agreement", "LicenseRef-llama3.2"),
    ("llama 3 1 community license agreement", "LicenseRef-llama3.1"),
    ("meta llama 3 community license agreement", "LicenseRef-llama3"),
    ("llama 3 community license agreement", "LicenseRef-llama3"),
    ("llama 2 community license agreement", "LicenseRef-llama2"),
    ("gemma terms of use", "LicenseRef-gemma"),
    ("bigscience rail license", "LicenseRef-bigscience-bloom-rail-1.0"),
    ("bigscience openrail m", "LicenseRef-bigscience-openrail-m"),
    ("bigscience open rail m", "LicenseRef-bigscience-openrail-m"),
    ("bigcode openrail m", "LicenseRef-bigcode-openrail-m"),
    ("bigcode open rail m", "LicenseRef-bigcode-openrail-m"),
    ("creativeml open rail m license dated july 26 2023", "LicenseRef-openrailplusplus"),
    ("creativeml open rail m", "LicenseRef-creativeml-openrail-m"),
    ("creativeml openrail m", "LicenseRef-creativeml-openrail-m"),
    ("open rail m license", "LicenseRef-openrail"),
    ("openrail m license", "LicenseRef-openrail"),
    ("deepseek license agreement", "LicenseRef-deepseek"),
    ("qwen research license agreement", "LicenseRef-qwen-research"),
    ("qwen license agreement", "LicenseRef-qwen"),
    ("tongyi qianwen license agreement", "LicenseRef-tongyi-qianwen"),
    ("tongyi qianwen research license agreement", "LicenseRef-tongyi-qianwen-research"),
    ("mistral ai research license", "LicenseRef-mrl"),
    ("mistral ai non production license", "LicenseRef-mnpl"),
    ("important this apple software is supplied to you by apple inc", "LicenseRef-apple-ascl"),
    ("this apple machine learning research model is", "LicenseRef-apple-amlr"),
    ("stability ai community license agreement", "LicenseRef-stabilityai-ai-community"),
    ("nvidia open model license", "LicenseRef-nvidia-open-model-license"),
    ("falcon 2 11b tii license", "LicenseRef-falcon-llm-license"),
    ("tii falcon llm license", "LicenseRef-falcon-llm-license"),
    ("falcon llm license", "LicenseRef-falcon-llm-license"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_told_apart() {
        let cases = [
            (
                "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date",
                Some("LicenseRef-llama3.1"),
            ),
            ("META LLAMA 3 COMMUNITY LICENSE AGREEMENT\n", Some("LicenseRef-llama3")),
            ("# Gemma Terms of Use\n\nLast modified: April 1, 2024", Some("LicenseRef-gemma")),
            ("BigScience RAIL License v1.0\n", Some("LicenseRef-bigscience-bloom-rail-1.0")),
            (
                "Copyright (c) 2022\n\nCreativeML Open RAIL-M\ndated August 22, 2022",
                Some("LicenseRef-creativeml-openrail-m"),
            ),
            (
                "CreativeML Open RAIL++-M License dated July 26, 2023",
                Some("LicenseRef-openrailplusplus"),
            ),
            ("DEEPSEEK LICENSE AGREEMENT\nVersion 1.0", Some("LicenseRef-deepseek")),
            (
                "Tongyi Qianwen RESEARCH LICENSE AGREEMENT",
                Some("LicenseRef-tongyi-qianwen-research"),
            ),
            ("# Mistral AI Research License", Some("LicenseRef-mrl")),
            ("All rights reserved", None),
            ("", None),
        ];
        for (text, name) in cases {
            assert_eq!(by_title(text), name, "{text}");
        }
        // A mention far below is no title.
        let late = format!("{}llama 2 community license agreement", "word ".repeat(80));
        assert_eq!(by_title(&late), None);
    }
}

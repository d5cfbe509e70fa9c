//! What documents about AIBOMs follow from the code: the property taxonomy and the overlay's schema.

use super::Generated;
use crate::run::Outcome;

/// The pages.
#[expect(clippy::unnecessary_wraps, reason = "every generator has this shape, and others can fail")]
pub(super) fn files() -> Outcome<Vec<Generated>> {
    Ok(vec![
        (
            "docs/reference/aibom-properties.md".into(),
            sealkit_aibom::property_reference().into_bytes(),
        ),
        (
            "docs/reference/aibom-overlay.schema.json".into(),
            sealkit_aibom::overlay_schema().into_bytes(),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_name_what_the_code_knows() {
        let pages = files().unwrap();
        let text = |at: usize| String::from_utf8(pages[at].1.clone()).unwrap();
        assert!(text(0).contains("`licence`"));
        let schema: serde_json::Value = serde_json::from_str(&text(1)).unwrap();
        assert!(schema["properties"]["model"].is_object());
    }
}

//! What people supply: flags, and the overlay `aibom.yaml`.

use std::path::Path;

use sealkit_aibom::{Supplied, overlay};
use sealkit_inspect::PartyInfo;

use crate::OpsError;
use crate::pack::{read_found_text, read_text};

/// The overlay that a folder may have.
pub const OVERLAY: &str = "aibom.yaml";

/// Reads the overlay at `path`.
pub fn read_overlay(path: &Path) -> Result<Supplied, OpsError> {
    parsed(path, &read_text(path)?)
}

fn parsed(path: &Path, text: &str) -> Result<Supplied, OpsError> {
    let name = path.file_name().map_or(OVERLAY.into(), |name| name.to_string_lossy());
    overlay(text, &name).map_err(|error| {
        OpsError::usage("overlay-malformed", format!("`{}`: {error}", path.display()))
            .with_hint("its keys: `docs/reference/aibom-overlay.schema.json`, examples: `docs/how-to/make-an-aibom.md`")
    })
}

/// The overlay of the folder `dir`, where it has one.
pub fn folder_overlay(dir: &Path) -> Result<Supplied, OpsError> {
    let path = dir.join(OVERLAY);
    if path.symlink_metadata().is_err() {
        return Ok(Supplied::default());
    }
    parsed(&path, &read_found_text(&path)?)
}

/// Puts what flags say over what the overlay says.
#[must_use]
pub fn with_flags(
    mut supplied: Supplied,
    authors: Vec<PartyInfo>,
    supplier: Option<PartyInfo>,
) -> Supplied {
    if !authors.is_empty() {
        supplied.authors = authors;
    }
    supplied.supplier = supplier.or(supplied.supplier);
    supplied
}

/// `NAME` or `NAME <MAIL>`.
pub fn party(text: &str, organisation: bool) -> Option<PartyInfo> {
    let text = text.trim();
    let (name, email) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, mail)) => (name.trim(), Some(mail.trim()).filter(|mail| !mail.is_empty())),
        None => (text, None),
    };
    (!name.is_empty()).then(|| PartyInfo {
        name: name.to_owned(),
        email: email.map(str::to_owned),
        organisation,
        ..PartyInfo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_may_have_an_address() {
        let party = |text| party(text, false).map(|p| (p.name, p.email));
        assert_eq!(party("Ada"), Some(("Ada".into(), None)));
        assert_eq!(party(" Ada L <a@b> "), Some(("Ada L".into(), Some("a@b".into()))));
        assert_eq!(party("Ada <>"), Some(("Ada".into(), None)));
        assert_eq!(party("<a@b>"), None);
        assert_eq!(party("  "), None);
    }

    #[test]
    fn flags_stand_over_the_overlay() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(folder_overlay(dir.path()).unwrap(), Supplied::default());
        std::fs::write(
            dir.path().join(OVERLAY),
            "supplier: { name: Lab }\nauthors:\n- name: Ada\n",
        )
        .unwrap();
        let read = folder_overlay(dir.path()).unwrap();
        assert_eq!(read.supplier.as_ref().unwrap().name, "Lab");
        let both = with_flags(read.clone(), vec![party("Bob", false).unwrap()], None);
        assert_eq!(both.authors[0].name, "Bob");
        assert_eq!(both.supplier, read.supplier);
        std::fs::write(dir.path().join(OVERLAY), "suplier: x\n").unwrap();
        let error = folder_overlay(dir.path()).unwrap_err().to_string();
        assert!(error.contains("aibom.yaml") && error.contains("supplier"), "{error}");
    }
}

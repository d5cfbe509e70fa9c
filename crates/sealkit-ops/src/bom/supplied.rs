//! What people supply: flags, and the overlay `aibom.yaml`.

use std::path::Path;

use sealkit_aibom::{Bom, Component, Kind, Supplied, overlay};
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

/// Most datasets that a message lists.
const MAX_LISTED: usize = 20;

/// Holds the overlay against the AIBOM that was made with it: what is said of a dataset that is not there would be
/// lost without a word.
pub(crate) fn fits(supplied: &Supplied, bom: &Bom) -> Result<(), OpsError> {
    let unknown = supplied.unknown_datasets(bom);
    let Some(first) = unknown.first() else { return Ok(()) };
    let called = |data: &Component| {
        let at = data.path.as_deref().unwrap_or(&data.name);
        if data.name == at { format!("`{at}`") } else { format!("`{at}` (`{}`)", data.name) }
    };
    let known: Vec<String> = bom.of_kind(Kind::Dataset).take(MAX_LISTED).map(called).collect();
    let known = match known.as_slice() {
        [] => "there is no dataset".to_owned(),
        all => format!("the datasets are {}", all.join(", ")),
    };
    let message = format!("`datasets.{first}` of the overlay names no dataset: {known}");
    Err(OpsError::usage("overlay-dataset-unknown", message)
        .with_hint("name it by its path or by its name in the Kitfile"))
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
    use sealkit_aibom::ComponentId;

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
    fn an_overlay_of_a_dataset_that_is_not_there_is_an_error_that_lists_them() {
        let mut bom = Bom::new(Component::new(ComponentId("kit".into()), Kind::Kit, "kit"));
        let mut data = Component::new(ComponentId("d".into()), Kind::Dataset, "train");
        data.path = Some("data/train".to_owned());
        bom.components.push(data);
        let said = |key: &str| {
            let text = format!("datasets:\n  {key}: {{licence: MIT}}\n");
            fits(&sealkit_aibom::overlay(&text, OVERLAY).unwrap(), &bom)
        };
        for key in ["train", "data/train", "./data/train/"] {
            assert!(said(key).is_ok(), "{key}");
        }
        let error = said("trian").unwrap_err().to_string();
        let expected = "`datasets.trian` of the overlay names no dataset: the datasets are `data/train` (`train`)";
        assert!(error.contains(expected), "{error}");
        bom.components.clear();
        let supplied = sealkit_aibom::overlay("datasets: {x: {licence: MIT}}", OVERLAY).unwrap();
        assert!(fits(&supplied, &bom).unwrap_err().to_string().contains("there is no dataset"));
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

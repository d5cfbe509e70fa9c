//! A name for a kit that was given none.

use std::path::Path;

use sealkit_kitfile::Kitfile;
use sealkit_oci::Reference;

use crate::OpsError;

/// Longest name that is made.
const MAX_NAME: usize = 100;

/// The name of the package, else of the folder, made fit for a repository, with the tag `latest`.
pub(super) fn default_name(kitfile: &Kitfile, dir: &Path) -> Result<Reference, OpsError> {
    let folder = super::canonical(dir)?;
    let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let candidates = [kitfile.package.name.as_str(), folder.as_deref().unwrap_or_default()];
    let name = candidates.into_iter().map(repository).find(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| "kit".to_owned());
    Ok(format!("{name}:latest").parse()?)
}

/// Lower-case letters and digits; everything between them becomes one `-`.
fn repository(text: &str) -> String {
    let mut name = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.len() >= MAX_NAME {
            break;
        }
    }
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_valid_repository() {
        for (text, name) in [
            ("My Model v2", "my-model-v2"),
            ("../evil", "evil"),
            ("ÜNÏ_code--x", "n-code-x"),
            ("日本", ""),
            ("a/b:c@d", "a-b-c-d"),
        ] {
            assert_eq!(repository(text), name);
        }
        assert!(repository(&"x".repeat(500)).len() <= MAX_NAME);
    }

    #[test]
    fn the_package_comes_before_the_folder_and_something_always_comes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("Folder!");
        std::fs::create_dir(&folder).unwrap();
        let mut kitfile = Kitfile::default();
        assert_eq!(default_name(&kitfile, &folder).unwrap().repository(), "folder");
        kitfile.package.name = "Good Name".to_owned();
        assert_eq!(default_name(&kitfile, &folder).unwrap().repository(), "good-name");
        let odd = dir.path().join("日本");
        std::fs::create_dir(&odd).unwrap();
        let made = default_name(&Kitfile::default(), &odd).unwrap();
        assert_eq!((made.repository(), made.tag()), ("kit", Some("latest")));
    }
}

//! An AIBOM against the files that are really there.

use crate::assembling::{Project, full};
use sealkit_aibom::{Difference, check_against};
use sealkit_oci::{Digest, FileEntry, FileKind, FileTable, LayerRole, LayerTable};

fn entry(path: &str, size: u64, digest: Option<Digest>) -> FileEntry {
    let kind = if digest.is_some() { FileKind::File } else { FileKind::Dir };
    let (path, segments) = (path.to_owned(), String::new());
    FileEntry { path, kind, mode: 0o644, offset: 512, size, digest, segments }
}

/// The file table of a project, one layer for each part.
fn table(project: &Project) -> FileTable {
    let layers = project.parts.iter().map(|part| {
        let digest = Digest::of(format!("{:?}", part.files).as_bytes());
        let mut files = vec![entry("folder", 0, None)];
        for (path, size, digest) in part.files.iter().flatten() {
            files.push(entry(path, *size, digest.clone()));
        }
        LayerTable { digest: digest.clone(), diff_id: digest, files }
    });
    FileTable::new(layers.collect())
}

#[test]
fn a_kit_agrees_with_its_own_table_and_a_changed_file_is_named() {
    let project = full().packed();
    let bom = project.bom();
    let mut table = table(&project);
    assert_eq!(check_against(&bom, &table), []);
    let file = &mut table.layers[0].files[1];
    let (was, is) = (file.digest.clone().unwrap(), Digest::of(b"weightz"));
    file.digest = Some(is.clone());
    let path = "model/model.safetensors".to_owned();
    let changed = Difference::Changed { path, stated: vec![was], actual: vec![is] };
    assert_eq!(check_against(&bom, &table), [changed]);
}

#[test]
fn missing_unlisted_resized_and_unhashed_files_are_named() {
    let mut project = full().packed();
    let bom = project.bom();
    let mut table = table(&project);
    table.layers[0].files.remove(1);
    table.layers[0].files.push(entry("evil.py", 1, Some(Digest::of(b"x"))));
    table.layers[1].files[1].size += 1;
    let found: Vec<_> = check_against(&bom, &table).iter().map(ToString::to_string).collect();
    let expected = [
        "`data/train.csv` has another size than is listed",
        "`evil.py` is there, but not listed",
        "`model/model.safetensors` is listed, but not there",
    ];
    assert_eq!(found, expected);
    for part in &mut project.parts {
        for file in part.files.as_mut().unwrap() {
            file.2 = None;
        }
    }
    let all = check_against(&project.bom(), &self::table(&full().packed()));
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|d| matches!(d, Difference::NoDigest { .. })));
}

#[test]
fn the_same_path_in_two_layers_is_two_files() {
    let mut project = Project::folder();
    project.part(LayerRole::Code, "a", &[("a.bin", "1")]);
    project.part(LayerRole::Docs, "b", &[("a.bin", "2")]);
    let project = project.packed();
    let bom = project.bom();
    let mut table = table(&project);
    assert_eq!(check_against(&bom, &table), []);
    table.layers.pop();
    assert_eq!(check_against(&bom, &table)[0].path(), "a.bin");
}

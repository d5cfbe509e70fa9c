//! Files that descriptions of data name by their digests, and that need not be in the kit: DVC, Croissant, data packages,
//! pointers of Git LFS.

use std::collections::{HashMap, HashSet};

use sealkit_aibom::{Bom, Hash, Kind, Property, RelationKind};
use sealkit_inspect::{FileInfo, Value, property};
use sealkit_report::{Evidence, Known};

use crate::gaps::Gaps;
use crate::thing_of::source;
use crate::{Entry, Thing, Tie};

/// Most files that are named so of one kit.
const MAX_NAMED: usize = 10_000;
/// Longest path that is kept, in bytes.
const MAX_PATH: usize = 1_024;

/// Adds each file that a file of the kit names with a digest that no file of the kit has.
pub(crate) fn add(entry: &mut Entry, bom: &Bom, gaps: &mut Gaps) {
    let held: HashSet<String> = entry.things.iter().flat_map(|it| it.digests.clone()).collect();
    let files = entry.things.iter().enumerate().filter(|(_, thing)| thing.kind == Kind::File);
    let places: HashMap<String, usize> = files.map(|(at, it)| (it.name.clone(), at)).collect();
    // Stages of a pipeline stand with the run that they were.
    let components = bom.components.iter().filter(|component| component.kind == Kind::File);
    let all = components.flat_map(|component| &component.properties);
    let all = all.chain(bom.runs.iter().flat_map(|run| &run.properties));
    let (mut told, mut left) = (HashSet::new(), 0);
    for (file, evidence) in all.filter_map(named) {
        let stated = file.digests.iter().filter_map(|text| Hash::parse(text, None));
        let digests: Vec<String> = stated.map(|hash| hash.to_string()).collect();
        if digests.is_empty() || digests.iter().any(|digest| held.contains(digest)) {
            continue;
        }
        let from = places.get(&evidence.file).copied().unwrap_or(0);
        let path = file.path.replace('\n', " ");
        if !told.insert((from, path.clone(), digests.clone())) {
            continue;
        }
        if told.len() > MAX_NAMED || path.len() > MAX_PATH {
            left += 1;
            continue;
        }
        let (to, known, source) = (entry.things.len(), Known::Declared, source(Some(evidence)));
        entry.things.push(Thing {
            digests,
            source: source.clone(),
            ..Thing::named(Kind::File, path)
        });
        let kind = RelationKind::Documents;
        entry.ties.push(Tie { from, to, kind, role: None, known, source });
    }
    gaps.left(left, 0, "files that are named by their digests");
}

/// The file that a property names, and who says so.
fn named(property: &Property) -> Option<(&FileInfo, &Evidence)> {
    let Value::File(file) = &property.value else { return None };
    let is_one = property.name == property::FILE_REFERENCE && !file.digests.is_empty();
    Some((file, property.evidence.as_ref()?)).filter(|_| is_one)
}

#[cfg(test)]
mod tests {
    use sealkit_aibom::{Component, ComponentId};
    use sealkit_oci::Digest;

    use super::*;
    use crate::About;

    fn file(name: &str, references: &[(&str, String)]) -> Component {
        let mut component = Component::new(ComponentId(name.to_owned()), Kind::File, name);
        component.hashes = vec![Hash::from(&Digest::of(name.as_bytes()))];
        component.properties =
            references.iter().map(|(path, digest)| named(path, digest)).collect();
        component
    }

    fn named(path: &str, digest: &str) -> Property {
        let (path, digests) = (path.to_owned(), vec![digest.to_owned()]);
        let value = Value::File(FileInfo { path, size: None, digests });
        let (file, place) = ("data.dvc".to_owned(), "/outs/0".to_owned());
        let evidence = Evidence { known: Known::Declared, file, place, digest: None };
        Property::new(property::FILE_REFERENCE, value, Some(evidence))
    }

    #[test]
    fn what_is_named_by_a_digest_and_not_held_is_a_thing() {
        let md5 = format!("md5:{}", "0".repeat(32));
        let held = Digest::of(b"here.csv").to_string();
        let references = [
            ("a.csv", md5.clone()),
            ("a.csv", md5.clone()),
            ("b.csv", held),
            ("c", "x".to_owned()),
        ];
        let mut bom = Bom::new(Component::new(ComponentId("kit".to_owned()), Kind::Kit, "kit"));
        bom.components = vec![file("data.dvc", &references), file("here.csv", &[])];
        let digest = Digest::of(b"kit");
        let about = About {
            repository: "a",
            digest: &digest,
            pushed: 0,
            size: 0,
            artifact_type: "",
            findings: &[],
            code: Vec::new(),
            attested: &[],
            trust: String::new(),
            signers: Vec::new(),
            cards: "",
            has_aibom: false,
            problem: None,
        };
        let entry = Entry::of(&bom, about);
        assert_eq!(entry.things.len(), 4);
        let last = &entry.things[3];
        assert_eq!((last.name.as_str(), last.digests.as_slice()), ("a.csv", &[md5][..]));
        assert_eq!((last.known, last.source.as_str()), (Known::Declared, "data.dvc /outs/0"));
        let tie = entry.ties.last().unwrap();
        assert_eq!((tie.from, tie.to, tie.kind), (1, 3, RelationKind::Documents));
        assert_eq!(entry.problem, None);
    }
}

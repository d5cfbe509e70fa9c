//! The index of a sharded model held against its shards.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Evidence, Finding, Known, Severity};

use crate::formats::shard_index::{path_of, shards};
use crate::{Facts, Value, property, reference};

/// Checks a shard index against what is known of the shards that it names: every shard is there,
/// every tensor lies in the shard that the index says and in no other, no shard holds a tensor
/// that the index does not know, and the stated total size is the sum. `files` has the facts of
/// every file of the kit by its path, `index_path` is the path of the index among them. A shard
/// of which not all is known is named as unchecked.
pub fn check_shards(
    index_path: &str,
    index: &Facts,
    files: &BTreeMap<String, Facts>,
) -> Vec<Finding> {
    let mut check = Check { index_path, findings: Vec::new() };
    let mut known: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    let mut all_known = !index.incomplete;
    for shard in shards(index) {
        let path = reference::beside(index_path, shard);
        match files.get(&path) {
            None => {
                check.find("shard-missing", Severity::High, format!("there is no shard `{shard}`"));
                all_known = false;
            }
            Some(facts) if facts.incomplete || facts.of(property::TENSORS).next().is_none() => {
                let message = format!("the tensors of the shard `{shard}` are not known");
                check.find("shard-unchecked", Severity::Info, message);
                all_known = false;
            }
            Some(facts) => {
                known.insert(shard, tensors(facts));
            }
        }
    }
    check.tensors(index, &known);
    if all_known {
        check.size(index, &known);
    }
    check.findings
}

struct Check<'a> {
    index_path: &'a str,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn find(&mut self, rule: &str, severity: Severity, message: String) {
        let (file, place) = (self.index_path.to_owned(), "/weight_map".to_owned());
        let evidence = Evidence { known: Known::Measured, file, place, digest: None };
        self.findings.push(Finding { rule: rule.to_owned(), severity, message, evidence });
    }

    fn tensors(&mut self, index: &Facts, known: &BTreeMap<&str, BTreeMap<&str, u64>>) {
        let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (shard, tensors) in known {
            for tensor in tensors.keys() {
                holders.entry(tensor).or_default().push(shard);
            }
        }
        let mut named = BTreeSet::new();
        for fact in index.facts.iter().filter(|fact| fact.property == property::FILE_REFERENCE) {
            let Some(shard) = path_of(&fact.value).filter(|_| !fact.subject.is_empty()) else {
                continue;
            };
            named.insert(fact.subject.as_str());
            if known.get(shard).is_some_and(|tensors| !tensors.contains_key(&*fact.subject)) {
                let message = format!("tensor `{}` is not in its shard `{shard}`", fact.subject);
                self.find("shard-tensor-missing", Severity::High, message);
            }
        }
        for (tensor, shards) in holders {
            if shards.len() > 1 {
                let message = format!("tensor `{tensor}` is in {}", shards.join(" and "));
                self.find("shard-tensor-twice", Severity::High, message);
            }
            if !named.contains(tensor) {
                let message =
                    format!("tensor `{tensor}` of {} is not in the index", shards.join(" and "));
                self.find("shard-tensor-unlisted", Severity::Medium, message);
            }
        }
    }

    fn size(&mut self, index: &Facts, known: &BTreeMap<&str, BTreeMap<&str, u64>>) {
        let stated = index.facts.iter().find_map(|fact| match &fact.value {
            Value::Uint(size) if fact.property == property::METADATA => {
                (fact.subject == "total_size").then_some(*size)
            }
            _ => None,
        });
        let sizes = known.values().flat_map(BTreeMap::values);
        let real = sizes.fold(0_u64, |sum, size| sum.saturating_add(*size));
        if let Some(stated) = stated.filter(|stated| *stated != real) {
            let message =
                format!("the index says {stated} bytes of tensors, the shards have {real}");
            self.find("shard-total-size", Severity::Medium, message);
        }
    }
}

/// Names and sizes of the tensors of a file.
fn tensors(facts: &Facts) -> BTreeMap<&str, u64> {
    let tensors = facts.facts.iter().filter(|fact| fact.property == property::TENSOR);
    tensors
        .filter_map(|fact| match &fact.value {
            Value::Tensor(tensor) => Some((tensor.name.as_str(), tensor.size)),
            _ => None,
        })
        .collect()
}

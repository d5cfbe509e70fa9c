//! How the tests of code and packages show facts.

use sealkit_inspect::{Facts, PackageInfo, Value};
use sealkit_report::{Budget, Known};

pub(crate) fn packages(facts: &Facts) -> Vec<(&PackageInfo, Known)> {
    let one = |fact: &'_ sealkit_inspect::Fact| fact.evidence.known;
    let all = facts.facts.iter();
    all.filter_map(|fact| match &fact.value {
        Value::Package(package) => Some((package, one(fact))),
        _ => None,
    })
    .collect()
}

/// `name version|requirement scope[!] #digests >needs <source`; `!` for what is asked for itself.
pub(crate) fn package(p: &PackageInfo) -> String {
    let version = p.version.as_deref().or(p.requirement.as_deref()).unwrap_or("-");
    let scope = &format!("{:?}", p.scope)[..1];
    let digests = p.digests.len();
    [
        format!("{} {version} {scope}", p.name),
        if p.direct { "!".to_owned() } else { String::new() },
        if digests > 0 { format!(" #{digests}") } else { String::new() },
        if p.needs.is_empty() { String::new() } else { format!(" >{}", p.needs.join(",")) },
        p.source.as_ref().map(|source| format!(" <{source}")).unwrap_or_default(),
    ]
    .concat()
}

/// The packages of a file that can be read without a complaint.
pub(crate) fn shown(path: &str, bytes: &[u8]) -> Vec<String> {
    let (_, facts) = sealkit_inspect::inspect(path, &bytes, &mut Budget::default());
    assert!(!facts.incomplete, "{path}: {:?}", facts.findings);
    packages(&facts).into_iter().map(|(p, _)| package(p)).collect()
}

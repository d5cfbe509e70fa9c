//! Advisories as a CycloneDX 1.6 document of vulnerabilities (VEX).

use std::collections::BTreeMap;

use sealkit_attest::{AdvisorySeverity, Timestamp};
use serde_json::{Value, json};

use super::export::{name, purl};
use super::{Advised, AdvisoryEntry};

/// Advisories that count, as a CycloneDX 1.6 document of `time`, in seconds since 1970: each kit is a component, each
/// advisory a vulnerability that affects it. One that was withdrawn is `not_affected` with the reason; what nobody trusted
/// has signed is left out.
pub fn cyclonedx_vex(all: &[Advised], time: i64) -> Value {
    let counted = |kit: &&Advised| kit.found.iter().any(|one| one.counts);
    let components: BTreeMap<String, Value> =
        all.iter().filter(counted).map(|kit| (purl(kit), component(kit))).collect();
    let mut said = Vec::new();
    for kit in all {
        let counted = kit.found.iter().filter(|one| one.counts);
        said.extend(counted.map(|one| vulnerability(kit, one)));
    }
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": Timestamp::shown(time),
            "tools": { "components": [{ "type": "application", "name": "sealkit" }] },
        },
        "components": components.into_values().collect::<Vec<_>>(),
        "vulnerabilities": said,
    })
}

fn component(kit: &Advised) -> Value {
    let purl = purl(kit);
    json!({
        "type": "machine-learning-model",
        "bom-ref": purl,
        "name": name(kit),
        "purl": purl,
        "hashes": [{ "alg": "SHA-256", "content": kit.digest.hex() }],
    })
}

fn vulnerability(kit: &Advised, one: &AdvisoryEntry) -> Value {
    let advisory = &one.advisory;
    let mut said = json!({
        "id": advisory.id,
        "description": advisory.reason,
        "published": advisory.issued_on.as_str(),
        "affects": [{ "ref": purl(kit) }],
    });
    if let Some(signer) = &one.signer {
        said["source"] = json!({ "name": signer });
    }
    if let Some(severity) = advisory.severity {
        said["ratings"] = json!([{ "severity": rating(severity), "method": "other" }]);
    }
    if !advisory.references.is_empty() {
        let links: Vec<Value> =
            advisory.references.iter().map(|link| json!({ "url": link.as_str() })).collect();
        said["advisories"] = json!(links);
    }
    said["analysis"] = if one.holds {
        json!({ "state": "exploitable", "detail": format!("do not use it: {}", advisory.reason) })
    } else {
        json!({ "state": "not_affected", "detail": "it was withdrawn" })
    };
    said
}

/// As CycloneDX calls it.
fn rating(severity: AdvisorySeverity) -> &'static str {
    match severity {
        AdvisorySeverity::Low => "low",
        AdvisorySeverity::Moderate => "medium",
        AdvisorySeverity::High => "high",
        AdvisorySeverity::Critical => "critical",
    }
}

#[cfg(test)]
mod tests {
    use sealkit_attest::AdvisoryState;

    use super::super::export::tests::{kit, one};
    use super::*;

    #[test]
    fn only_what_counts_is_a_vulnerability_and_each_affects_a_component() {
        let all = [kit(vec![
            one(AdvisoryState::Affected, "leaked", true, true),
            one(AdvisoryState::Withdrawn, "no matter", true, false),
            one(AdvisoryState::Affected, "a stranger's", false, false),
        ])];
        let vex = cyclonedx_vex(&all, 1_800_000_000);
        let said = vex["vulnerabilities"].as_array().unwrap();
        let states: Vec<&str> =
            said.iter().map(|one| one["analysis"]["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["exploitable", "not_affected"]);
        assert_eq!(vex["components"].as_array().unwrap().len(), 1);
        for one in said {
            assert_eq!(one["affects"][0]["ref"], vex["components"][0]["bom-ref"]);
        }
        assert_eq!(said[0]["ratings"][0]["severity"], "high");
        assert!(!vex.to_string().contains("stranger"));
        let none = [kit(vec![one(AdvisoryState::Affected, "a stranger's", false, false)])];
        assert_eq!(cyclonedx_vex(&none, 0)["components"], json!([]));
    }
}

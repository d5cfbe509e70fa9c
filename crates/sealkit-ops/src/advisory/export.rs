//! Advisories for other tools: OpenVEX 0.2.0 and CSV.

use sealkit_aibom::purl;
use sealkit_attest::{AdvisoryState, Timestamp};
use sealkit_oci::{Digest, Reference};
use serde_json::{Value, json};

use super::{Advised, AdvisoryEntry};
use crate::csv::Csv;

/// Advisories that count, as an OpenVEX document (OpenVEX 0.2.0) of `time`, in seconds since 1970. One that
/// was withdrawn becomes `not_affected` with the reason; what nobody trusted has signed is left out.
pub fn openvex(all: &[Advised], author: &str, time: i64) -> Value {
    let counted = |kit: &Advised| -> Vec<Value> {
        kit.found.iter().filter(|one| one.counts).map(|one| statement(kit, one)).collect()
    };
    let statements: Vec<Value> = all.iter().flat_map(counted).collect();
    let text = serde_json::to_string(&statements).unwrap_or_default();
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": format!("https://openvex.dev/docs/public/vex-{}", Digest::of(text.as_bytes()).hex()),
        "author": author,
        "timestamp": Timestamp::shown(time),
        "version": 1,
        "statements": statements,
    })
}

fn statement(kit: &Advised, one: &AdvisoryEntry) -> Value {
    let advisory = &one.advisory;
    let mut said = json!({
        "vulnerability": { "name": advisory.id, "description": advisory.reason },
        "products": [{
            "@id": purl(kit),
            "hashes": { "sha-256": kit.digest.hex() },
        }],
        "timestamp": advisory.issued_on.as_str(),
    });
    if one.holds {
        said["status"] = json!("affected");
        said["action_statement"] = json!(format!("do not use it: {}", advisory.reason));
    } else {
        said["status"] = json!("not_affected");
        said["impact_statement"] = json!(match advisory.state {
            AdvisoryState::Withdrawn => format!("withdrawn: {}", advisory.reason),
            AdvisoryState::Affected => "its signer withdrew it".to_owned(),
        });
    }
    said
}

/// The package URL of the kit at the place where it was looked at (purl-spec, type `oci`), as an AIBOM has it that was made
/// there; where nothing says in which registry it lies, its name and digest alone.
pub(super) fn purl(kit: &Advised) -> String {
    let reference: Option<Reference> = kit.reference.parse().ok();
    let place = reference.filter(Reference::is_remote).map(|reference| reference.name());
    let named = purl::oci(place.as_deref().unwrap_or_else(|| name(kit)), &kit.digest);
    // A name that no package URL can have.
    named.unwrap_or_else(|| format!("pkg:oci/kit@{}", kit.digest))
}

/// The last part of the kit's repository.
pub(super) fn name(kit: &Advised) -> &str {
    let bare = kit.reference.split('@').next().unwrap_or_default();
    let last = bare.rsplit('/').next().unwrap_or_default();
    last.split(':').next().filter(|name| !name.is_empty()).unwrap_or("kit")
}

/// Every advisory as CSV (RFC 4180) with a row of names.
pub fn csv(all: &[Advised]) -> String {
    let mut csv = Csv::with(&[
        "kit", "digest", "id", "state", "severity", "issuedOn", "signer", "counts", "holds",
        "reason",
    ]);
    for kit in all {
        for one in &kit.found {
            let advisory = &one.advisory;
            csv.row(&[
                kit.reference.as_str(),
                &kit.digest.to_string(),
                &advisory.id,
                advisory.state.name(),
                advisory.severity.map_or("", sealkit_attest::AdvisorySeverity::name),
                advisory.issued_on.as_str(),
                one.signer.as_deref().unwrap_or_default(),
                if one.counts { "true" } else { "false" },
                if one.holds { "true" } else { "false" },
                &advisory.reason,
            ]);
        }
    }
    csv.finish()
}

#[cfg(test)]
pub(super) mod tests {
    use sealkit_attest::{Advisory, AdvisorySeverity};

    use super::*;

    pub(in super::super) fn one(
        state: AdvisoryState,
        reason: &str,
        counts: bool,
        holds: bool,
    ) -> AdvisoryEntry {
        AdvisoryEntry {
            advisory: Advisory {
                id: "a-1".to_owned(),
                state,
                reason: reason.to_owned(),
                severity: Some(AdvisorySeverity::High),
                issued_on: Timestamp::from_unix(1_800_000_000).unwrap(),
                concerns: Vec::new(),
                references: Vec::new(),
            },
            signer: counts.then(|| "self".to_owned()),
            counts,
            holds,
            bundle: Digest::of(b"b"),
            referrer: Digest::of(b"r"),
        }
    }

    pub(in super::super) fn kit(found: Vec<AdvisoryEntry>) -> Advised {
        let reference = "h.io:5000/org/kit:v1".to_owned();
        Advised { reference, digest: Digest::of(b"a"), found, more: false }
    }

    #[test]
    fn a_kit_of_this_machine_is_named_without_a_registry() {
        let mut kit = kit(Vec::new());
        for reference in ["kit:v1", "org/kit@sha256:0", ""] {
            reference.clone_into(&mut kit.reference);
            let url = purl(&kit);
            assert_eq!(url, format!("pkg:oci/kit@{}", kit.digest));
        }
    }

    #[test]
    fn only_what_counts_is_in_a_vex_document() {
        let all = [kit(vec![
            one(AdvisoryState::Affected, "leaked", true, true),
            one(AdvisoryState::Affected, "old", true, false),
            one(AdvisoryState::Withdrawn, "no matter", true, false),
            one(AdvisoryState::Affected, "a stranger's", false, false),
        ])];
        let vex = openvex(&all, "me", 1_800_000_000);
        let said = vex["statements"].as_array().unwrap();
        let status: Vec<&str> = said.iter().map(|one| one["status"].as_str().unwrap()).collect();
        assert_eq!(status, ["affected", "not_affected", "not_affected"]);
        let id = said[0]["products"][0]["@id"].as_str().unwrap();
        let full = |digest: &Digest| purl::oci("h.io:5000/org/kit", digest).unwrap();
        assert_eq!(id, full(&Digest::of(b"a")));
        assert!(id.ends_with("?repository_url=h.io:5000%2Forg%2Fkit"), "{id}");
        assert!(!vex.to_string().contains("stranger"));
    }

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        let all = [kit(vec![one(AdvisoryState::Affected, "=1+1,\"x\"\n", false, false)])];
        let text = csv(&all);
        assert!(text.ends_with(",,false,false,\"'=1+1,\"\"x\"\"\n\"\r\n"), "{text}");
    }
}

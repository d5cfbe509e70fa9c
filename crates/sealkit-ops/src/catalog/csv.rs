//! Answers of the catalogue as tables for spreadsheets.

use sealkit_api::{Impact, SearchResult};
use sealkit_report::counted;

use crate::csv::Csv;

/// What something concerns as CSV (RFC 4180), a row for each version, with the path that proves it. Where not
/// everything was looked at, the versions of which it can not be told follow, without a distance, and each reason is a
/// last row of its own, without a repository.
pub fn impact_csv(impact: &Impact) -> String {
    let mut csv = Csv::with(&["repository", "digest", "tags", "distance", "certain", "path"]);
    for one in &impact.affected {
        let path =
            one.path.iter().map(|step| format!("{} {} {}", step.from, step.relation, step.to));
        csv.row(&[
            one.repository.clone(),
            one.digest.to_string(),
            one.tags.join(" "),
            one.distance.to_string(),
            one.certain.to_string(),
            path.collect::<Vec<_>>().join("; "),
        ]);
    }
    for one in &impact.open {
        let (digest, why) = (one.digest.to_string(), format!("open: {}", one.reason));
        csv.row(&[one.repository.as_str(), &digest, "", "", "false", &why]);
    }
    for reason in incomplete(impact) {
        csv.row(&["", "", "", "", "false", &format!("incomplete: {reason}")]);
    }
    csv.finish()
}

/// Why an answer may not name every version that is concerned, for people; empty where it does.
pub fn incomplete(impact: &Impact) -> Vec<String> {
    let mut reasons: Vec<String> = impact.unknown.clone().into_iter().collect();
    if impact.more {
        reasons.push("there are more than were followed".to_owned());
    }
    if impact.waiting > 0 {
        let count = impact.waiting;
        let what = if count == 1 { "is" } else { "are" };
        let versions = counted(count, "version");
        reasons.push(format!("{versions} {what} not looked at yet and may be concerned too"));
    }
    if impact.unread > 0 {
        let count = impact.unread;
        let what = if count == 1 { "was" } else { "were" };
        let versions = counted(count, "version");
        reasons.push(format!("{versions} {what} not read wholly and may be concerned too"));
    }
    reasons
}

/// A page of a search as CSV (RFC 4180), a row for each version.
pub fn search_csv(found: &SearchResult) -> String {
    let mut csv = Csv::with(&[
        "repository",
        "digest",
        "tags",
        "pushed",
        "size",
        "title",
        "parameters",
        "licences",
        "signers",
        "findings",
    ]);
    for hit in &found.hits {
        csv.row(&[
            hit.repository.clone(),
            hit.digest.to_string(),
            hit.tags.join(" "),
            if hit.pushed > 0 {
                sealkit_attest::Timestamp::shown(hit.pushed)
            } else {
                String::new()
            },
            hit.size.to_string(),
            hit.title.clone().unwrap_or_default(),
            hit.parameters.map(|count| count.to_string()).unwrap_or_default(),
            hit.licences.join("; "),
            hit.signers.join("; "),
            hit.findings.map(|severity| severity.name().to_owned()).unwrap_or_default(),
        ]);
    }
    csv.finish()
}

#[cfg(test)]
mod tests {
    use sealkit_api::{Affected, Hit, OpenVersion, Step};
    use sealkit_oci::Digest;
    use sealkit_report::Known;

    use super::*;

    fn impact() -> Impact {
        let step = Step {
            from: "=cmd()".to_owned(),
            relation: "contains".to_owned(),
            to: "dataset a,b".to_owned(),
            known: Known::Measured,
            source: String::new(),
        };
        let one = Affected {
            repository: "org/kit".to_owned(),
            digest: Digest::of(b"kit"),
            tags: vec!["v1".to_owned(), "v2".to_owned()],
            distance: 0,
            certain: true,
            path: vec![step],
            tensors: Vec::new(),
        };
        Impact {
            schema_version: 1,
            question: "dataset:a".to_owned(),
            affected: vec![one],
            more: false,
            searched: 1,
            waiting: 0,
            unread: 0,
            open: Vec::new(),
            unknown: None,
        }
    }

    #[test]
    fn a_version_is_a_row_and_what_is_missing_is_said() {
        let whole = impact_csv(&impact());
        let row = format!(
            "org/kit,{},v1 v2,0,true,\"'=cmd() contains dataset a,b\"\r\n",
            Digest::of(b"kit")
        );
        assert_eq!(whole, format!("repository,digest,tags,distance,certain,path\r\n{row}"));
        let unknown = Some("no kit `b` is known".to_owned());
        let none = impact_csv(&Impact { affected: Vec::new(), unknown, ..impact() });
        assert!(none.ends_with(",,,,false,incomplete: no kit `b` is known\r\n"), "{none}");
        let digest = Digest::of(b"other");
        let other = OpenVersion {
            repository: "org/other".to_owned(),
            digest: digest.clone(),
            reason: "its layer is torn".to_owned(),
        };
        let cut = Impact { more: true, waiting: 3, unread: 2, open: vec![other], ..impact() };
        let cut = impact_csv(&cut);
        let open = format!("org/other,{digest},,,false,open: its layer is torn\r\n");
        let rest = cut.strip_prefix(&whole).unwrap().strip_prefix(&open).unwrap();
        assert_eq!(
            rest,
            ",,,,false,incomplete: there are more than were followed\r\n\
             ,,,,false,incomplete: 3 versions are not looked at yet and may be concerned too\r\n\
             ,,,,false,incomplete: 2 versions were not read wholly and may be concerned too\r\n"
        );
    }

    #[test]
    fn a_hit_is_a_row() {
        let hit = Hit {
            repository: "org/kit".to_owned(),
            digest: Digest::of(b"kit"),
            tags: vec!["v1".to_owned()],
            pushed: 1_800_000_000,
            size: 7,
            title: Some("@title".to_owned()),
            description: None,
            parameters: None,
            findings: Some(sealkit_report::Severity::High),
            signers: vec!["a".to_owned(), "b".to_owned()],
            licences: vec!["MIT".to_owned()],
        };
        let found = SearchResult {
            schema_version: 1,
            total: 1,
            more: false,
            hits: vec![hit],
            facets: Vec::new(),
            next: None,
        };
        let row = format!(
            "\r\norg/kit,{},v1,2027-01-15T08:00:00Z,7,'@title,,MIT,a; b,high\r\n",
            Digest::of(b"kit")
        );
        assert!(search_csv(&found).ends_with(&row), "{}", search_csv(&found));
    }
}

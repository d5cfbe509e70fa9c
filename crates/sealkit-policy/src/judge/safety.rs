//! What scanners have found.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_attest::{ScanVerdict, Vulnerability};
use sealkit_report::Severity;

use super::answer::{Answer, listed, quoted};
use super::view::View;
use crate::facts::{About, Claim, Said};
use crate::model::{Age, Scan, Vulnerabilities, Who, rfc3339};

/// A report, who gives it and when, unix seconds.
pub(super) type Report<'a, T> = (&'a Said, i64, T);

/// The newest reports of each signer and scanner. A newer one of the same replaces an older one; one of
/// another does not, so that nobody can outshout bad news.
pub(super) fn newest<'a, T>(
    all: impl Iterator<Item = (&'a Said, &'a str, i64, T)>,
) -> Vec<Report<'a, T>> {
    let mut kept: BTreeMap<(String, &str), Vec<Report<'a, T>>> = BTreeMap::new();
    for (said, scanner, time, report) in all {
        let slot = kept.entry((said.signer.id(), scanner)).or_default();
        let latest = slot.first().map(|(_, time, _)| *time);
        if latest.is_none_or(|latest| time > latest) {
            slot.clear();
        }
        if latest.is_none_or(|latest| time >= latest) {
            slot.push((said, time, report));
        }
    }
    kept.into_values().flatten().collect()
}

/// Splits off what is too old or from the future, and says why nothing is left.
fn recent<'a, T>(
    all: Vec<Report<'a, T>>,
    max: Option<Age>,
    view: &View<'_>,
) -> Result<Vec<Report<'a, T>>, Answer> {
    let Some((said, time, _)) = all.iter().max_by_key(|(_, time, _)| *time) else {
        let answer = Answer::missing("no report by anybody who counts");
        return Err(answer.with_note(view.revoked_note()));
    };
    let (evidence, latest) = (said.evidence.clone(), *time);
    let is_good = |time: i64| view.is_recent(time, max.map(Age::seconds)) == Some(true);
    let good: Vec<_> = all.into_iter().filter(|(_, time, _)| is_good(*time)).collect();
    if good.is_empty() {
        let reason = format!("the latest report is of {}", rfc3339(latest));
        return Err(Answer::fails("report-too-old", reason).by(&evidence));
    }
    Ok(good)
}

pub(super) fn scan(ask: &Scan, view: &View<'_>) -> Answer {
    let scans = view.by(&ask.by).filter_map(|said| match &said.claim {
        Claim::Scan(scan) => Some((said, scan.scanner.uri.as_str(), scan.finished_on.unix(), scan)),
        _ => None,
    });
    let counts =
        |scanner: &str| ask.scanners.is_empty() || ask.scanners.iter().any(|p| p.matches(scanner));
    let scans = newest(scans.filter(|(_, scanner, ..)| counts(scanner)));
    let scans = match recent(scans, ask.max_age, view) {
        Ok(scans) => scans,
        Err(answer) => return answer,
    };
    let worst = scans.iter().max_by_key(|(_, _, scan)| scan.verdict);
    let Some((said, time, scan)) = worst else { return Answer::missing("no scan") };
    let bad = scan.files.iter().filter(|file| file.verdict != ScanVerdict::Clean);
    let bad: Vec<String> = bad.map(|file| quoted(&file.path)).collect();
    let answer = match scan.verdict {
        ScanVerdict::Clean => Answer::holds(format!(
            "{} found nothing at {}",
            quoted(scan.scanner.uri.as_str()),
            rfc3339(*time)
        )),
        ScanVerdict::Incomplete => {
            Answer::missing(format!("the scan could not look at all: {}", listed(&bad)))
        }
        ScanVerdict::Suspicious => Answer::fails("scan-suspicious", listed(&bad)).about(bad),
        ScanVerdict::Unsafe => Answer::fails("scan-unsafe", listed(&bad)).about(bad),
    };
    answer.by(&said.evidence)
}

/// The worst severity that any method gives; the worst of all where none can be read.
fn severity(found: &Vulnerability) -> Severity {
    let read = |score: &str| {
        let word = score.trim().to_ascii_lowercase();
        Some(match word.as_str() {
            "none" | "info" | "informational" | "negligible" => Severity::Info,
            "low" => Severity::Low,
            "medium" | "moderate" => Severity::Medium,
            "high" => Severity::High,
            "critical" => Severity::Critical,
            number => match number.parse::<f64>().ok().filter(|n| (0.0..=10.0).contains(n))? {
                n if n >= 9.0 => Severity::Critical,
                n if n >= 7.0 => Severity::High,
                n if n >= 4.0 => Severity::Medium,
                n if n > 0.0 => Severity::Low,
                _ => Severity::Info,
            },
        })
    };
    let all = found.severity.iter().filter_map(|said| read(&said.score));
    all.max().unwrap_or(Severity::Critical)
}

/// What those who may say so say of vulnerabilities.
#[derive(Default)]
struct Excuses {
    /// Ids that do no harm in this kit, and of which nobody says the contrary.
    harmless: BTreeSet<String>,
    /// Ids that are said to do no harm elsewhere.
    elsewhere: BTreeSet<String>,
}

fn excuses(who: Option<&Who>, view: &View<'_>) -> Excuses {
    let (mut all, mut bad) = (Excuses::default(), BTreeSet::new());
    for said in who.into_iter().flat_map(|who| view.by(who)) {
        let Claim::Vex(vex) = &said.claim else { continue };
        for vex in vex {
            let is_good = matches!(vex.status.as_str(), "not_affected" | "fixed");
            let list = match (is_good, vex.about) {
                (true, About::Kit) => &mut all.harmless,
                (true, _) => &mut all.elsewhere,
                // What is surely said of another kit is no contrary word.
                (false, About::Others) => continue,
                (false, _) => &mut bad,
            };
            list.insert(vex.id.clone());
        }
    }
    all.harmless.retain(|id| !bad.contains(id));
    all
}

pub(super) fn vulnerabilities(ask: &Vulnerabilities, view: &View<'_>) -> Answer {
    let reports = view.by(&ask.by).filter_map(|said| match &said.claim {
        Claim::Vulns(found) => {
            let time = found.metadata.scan_finished_on.unix();
            Some((said, found.scanner.uri.as_str(), time, found))
        }
        _ => None,
    });
    let reports = match recent(newest(reports), ask.max_age, view) {
        Ok(reports) => reports,
        Err(answer) => return answer,
    };
    let excused = excuses(ask.vex_by.as_ref(), view);
    let is_accepted = |id: &str| {
        excused.harmless.contains(id) || ask.accept.iter().any(|accepted| accepted.as_str() == id)
    };
    let (mut bad, mut note) = (Vec::new(), None);
    let mut evidence = reports.first().map(|(said, ..)| &said.evidence);
    for (said, _, report) in &reports {
        for found in report.scanner.result.iter().filter(|found| !is_accepted(&found.id)) {
            if severity(found) > ask.max_severity {
                evidence = Some(&said.evidence);
                bad.push(quoted(&found.id));
                if excused.elsewhere.contains(&found.id) {
                    note = Some("what VEX says of other products is not counted".to_owned());
                }
            }
        }
    }
    bad.sort();
    bad.dedup();
    let answer = if bad.is_empty() {
        Answer::holds(format!("{} reports", reports.len()))
    } else {
        Answer::fails("vulnerable", listed(&bad)).about(bad).with_note(note)
    };
    match evidence {
        Some(evidence) => answer.by(evidence),
        None => answer,
    }
}

//! Times run forward: data is there before it is trained on, a run ends before it is signed.

use std::collections::BTreeMap;

use sealkit_attest::{BuildMetadata, DatasetVersion, Provenance, Timestamp, VerifiedStatement};
use sealkit_oci::Digest;
use sealkit_report::Step;

use super::things::{plain, read};
use super::{Contradiction, Said, judged};

const TITLE: &str = "times of statements run forward";
/// How far the clock of another machine may be ahead, in seconds.
const SKEW: i64 = 300;

struct Run<'a> {
    statement: &'a VerifiedStatement,
    provenance: Provenance,
}

impl Run<'_> {
    fn times(&self) -> Option<&BuildMetadata> {
        self.provenance.run_details.metadata.as_ref()
    }

    fn started(&self) -> Option<&Timestamp> {
        self.times()?.started_on.as_ref()
    }

    fn finished(&self) -> Option<&Timestamp> {
        self.times()?.finished_on.as_ref()
    }
}

/// Compares every pair of times that belong together.
pub(super) fn step(said: &Said<'_>) -> Step {
    let mut clock = Clock { now: said.now, compared: 0, found: Vec::new() };
    let read_run = |statement| Some(Run { statement, provenance: read(statement).ok()? });
    let runs: Vec<Run<'_>> = said.statements.iter().filter_map(read_run).collect();
    for run in &runs {
        clock.not_ahead(run.statement, "the run ended", run.finished().or(run.started()));
        let witnessed = run.statement.witnesses().earliest();
        if let (Some(at), Some(ended)) = (witnessed, run.finished()) {
            clock.ordered(run.statement, ended.unix(), at, "the run ended after it was signed");
        }
    }
    clock.chains(&runs);
    clock.snapshots(said.statements, &runs);
    judged(("statement-times", "time-order"), TITLE, clock.compared, clock.found)
}

struct Clock {
    now: i64,
    compared: usize,
    found: Vec<Contradiction>,
}

impl Clock {
    /// `first` must not be later than `second`, unix seconds.
    fn ordered(&mut self, statement: &VerifiedStatement, first: i64, second: i64, fault: &str) {
        self.compared += 1;
        if first > second.saturating_add(SKEW) {
            self.found.push(Contradiction {
                about: statement.value().predicate_type().to_owned(),
                reason: fault.to_owned(),
                evidence: statement.evidence().clone(),
            });
        }
    }

    fn not_ahead(&mut self, statement: &VerifiedStatement, what: &str, at: Option<&Timestamp>) {
        if let Some(at) = at {
            let fault = format!("{what} at {}, which is still to come", at.as_str());
            self.ordered(statement, at.unix(), self.now, &fault);
        }
    }

    /// What one run made and another used was made before.
    fn chains(&mut self, runs: &[Run<'_>]) {
        let mut made: BTreeMap<String, &Run<'_>> = BTreeMap::new();
        for run in runs {
            let outputs = run.statement.value().subjects().iter();
            let outputs = outputs.filter_map(|subject| subject.digest.get("sha256"));
            for hex in outputs {
                made.entry(hex.clone()).or_insert(run);
            }
        }
        for run in runs {
            let used = run.provenance.build_definition.resolved_dependencies.iter();
            for used in used {
                let Some(digest) = used.sha256() else { continue };
                let Some(maker) = made.get(digest.hex()) else { continue };
                let (Some(ended), Some(began)) = (maker.finished(), run.started()) else {
                    continue;
                };
                let name = used.title().unwrap_or("an input");
                let fault = format!("`{name}` was made after the run that used it began");
                self.ordered(run.statement, ended.unix(), began.unix(), &fault);
            }
        }
    }

    /// A dataset was as its version says before it was used.
    fn snapshots(&mut self, statements: &[VerifiedStatement], runs: &[Run<'_>]) {
        for statement in statements {
            let Ok(data) = read::<DatasetVersion>(statement) else { continue };
            self.not_ahead(statement, "the data was taken", data.snapshot_time.as_ref());
            let Some(taken) = &data.snapshot_time else { continue };
            for run in runs.iter().filter(|run| uses(&run.provenance, &data)) {
                if let Some(began) = run.started() {
                    let fault = format!("`{}` was taken after the run that used it began", data.id);
                    self.ordered(run.statement, taken.unix(), began.unix(), &fault);
                }
            }
        }
    }
}

/// Whether a run used this version of a dataset: by digest of a split, else by name and version.
fn uses(run: &Provenance, data: &DatasetVersion) -> bool {
    let splits: Vec<Digest> = data.splits.values().filter_map(|s| s.digest.sha256()).collect();
    run.build_definition.resolved_dependencies.iter().any(|used| {
        used.sha256().is_some_and(|digest| splits.contains(&digest))
            || (used.version() == Some(data.version.as_str())
                && used.title().is_some_and(|name| plain(name) == plain(&data.id)))
    })
}

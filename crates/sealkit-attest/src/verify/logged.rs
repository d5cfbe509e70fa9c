//! The step about logs and timestamps.

use super::checks::Run;
use super::step;
use crate::sigstore::KeyEvidence;
use crate::{AttestError, Bundle, LogWitness, Timestamp, Witnesses};

const TITLE: &str = "transparency log and timestamps";

/// Records what logs and timestamps prove. Entries of logs that are not trusted are named, and
/// count for nothing.
pub(super) fn check(
    run: &mut Run,
    bundle: Option<&Bundle>,
    evidence: Option<Result<KeyEvidence, AttestError>>,
) -> Witnesses {
    let (entries, stamps) =
        bundle.map_or((0, 0), |bundle| (bundle.log_entries().len(), bundle.timestamps().len()));
    let evidence = match evidence {
        Some(Ok(evidence)) => evidence,
        Some(Err(error)) => {
            run.record::<()>(step::LOG, TITLE, Err(error));
            return Witnesses::default();
        }
        None if entries + stamps == 0 => {
            run.skip(step::LOG, TITLE, "the bundle has none");
            return Witnesses::default();
        }
        None => {
            let reason = format!("not checked for want of a signer: {}", count(entries, stamps));
            run.skip(step::LOG, TITLE, &reason);
            return Witnesses::default();
        }
    };
    let (unknown, stamps) = (evidence.unknown_entries, evidence.unknown_timestamps);
    let strangers = format!("of nobody who is trusted, so not counted: {}", count(unknown, stamps));
    let witnesses = evidence.witnesses;
    if witnesses == Witnesses::default() {
        let none = "the bundle has none, and none was asked for";
        run.skip(step::LOG, TITLE, if unknown + stamps == 0 { none } else { &strangers });
    } else {
        run.record(step::LOG, TITLE, Ok(()));
        let mut reason = describe(&witnesses);
        if unknown + stamps > 0 {
            reason = format!("{reason}; {strangers}");
        }
        run.explain(reason);
    }
    witnesses
}

fn count(entries: usize, stamps: usize) -> String {
    let plural = |count, one: &str, many: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
    };
    let entries = plural(entries, "log entry", "log entries");
    format!("{entries}, {}", plural(stamps, "timestamp", "timestamps"))
}

fn describe(witnesses: &Witnesses) -> String {
    let log = |log: &LogWitness| {
        let name = AttestError::quote(&log.log);
        let time =
            log.time.map(|time| format!(" since {}", Timestamp::shown(time))).unwrap_or_default();
        format!("`{name}` has it as entry {}{time}", log.index)
    };
    let logs = witnesses.logs.iter().map(log);
    let times =
        witnesses.timestamps.iter().map(|time| format!("timestamp {}", Timestamp::shown(*time)));
    logs.chain(times).collect::<Vec<_>>().join("; ")
}

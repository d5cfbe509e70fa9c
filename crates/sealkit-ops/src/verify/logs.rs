//! Whether transparency logs show everybody one history: a log that gave two roots for one size has two,
//! and proves nothing.

use sealkit_attest::{AttestError, LogTree, VerifiedStatement};
use sealkit_report::{Report, Step};

use crate::{Context, OpsError, memory};

const ID: &str = "log-history";
const TITLE: &str = "transparency logs show one history";

/// Holds what the logs of verified statements say of themselves against each other and against what
/// they said before, and remembers it. There is no step where no log is named.
pub(super) fn check(
    context: &Context,
    statements: &[VerifiedStatement],
    report: &mut Report,
) -> Result<(), OpsError> {
    let logs = statements.iter().flat_map(|statement| &statement.witnesses().logs);
    let mut trees: Vec<&LogTree> = logs.filter_map(|log| log.tree.as_ref()).collect();
    trees.sort_unstable();
    trees.dedup();
    if trees.is_empty() {
        return Ok(());
    }
    if let Some((tree, other)) = memory::fork(&context.home, &trees)? {
        let reason = format!(
            "log `{}` gave two roots for its first {} entries: {} and {other}",
            AttestError::quote(&tree.origin),
            tree.size,
            tree.root
        );
        report.push(Step::fail(ID, TITLE, reason).coded(["log-inconsistent"]));
        return Ok(());
    }
    let step = Step::pass(ID, TITLE);
    report.push(match memory::remember_trees(&context.home, &trees) {
        Ok(()) => step,
        // Where nothing can be written the answer is as good, and the next one knows less.
        Err(error) => step.because(format!("not remembered: {error}")),
    });
    Ok(())
}

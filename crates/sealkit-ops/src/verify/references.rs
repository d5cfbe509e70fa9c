//! Whether the kits that a kit refers to are those that were sealed, and whole: `unpack` installs them with it.

use std::collections::HashSet;

use sealkit_report::{Outcome, Report, Step};

use super::problem::{self, Problem};
use super::{SealedTables, blobs};
use crate::references::{Link, State, walk};
use crate::trust::TrustRoot;
use crate::{Context, Kit, OpsError, Place};

const ID: &str = "referenced-kits";
const TITLE: &str = "kits that it refers to are those that were sealed";

/// Adds the step about the kits that `kit` refers to, where it refers to any.
pub(super) async fn check(
    context: &Context,
    place: &Place,
    kit: &Kit,
    trust: &TrustRoot,
    report: &mut Report,
) -> Result<(), OpsError> {
    let sealed = SealedTables::under(trust.clone(), context);
    let links = walk(context, place, kit, &sealed).await?;
    if links.is_empty() {
        return Ok(());
    }
    let (mut failed, mut unknown) = (Vec::new(), Vec::new());
    let (mut good, mut seen) = (Vec::new(), HashSet::new());
    for link in &links {
        let name = format!("kit `{}`", link.reference);
        match &link.state {
            State::Unpinned(why) => unknown.push(Problem::new(name, "not-pinned", why)),
            State::Missing(why) => unknown.push(Problem::new(name, "not-found", why)),
            State::Broken(code, why) => failed.push(Problem::new(name, code, why)),
            State::Found(found) => {
                good.push(describe(link, &found.1));
                if seen.insert(found.1.digest().clone()) {
                    read(context, name, &found.1, &mut failed, &mut unknown).await?;
                }
            }
        }
    }
    report.push(if !failed.is_empty() {
        problem::step(&failed, |why| Step::fail(ID, TITLE, why))
    } else if !unknown.is_empty() {
        problem::step(&unknown, |why| Step::unknown(ID, TITLE, why))
    } else {
        Step::pass(ID, TITLE).because(good.join("; "))
    });
    Ok(())
}

fn describe(link: &Link, kit: &Kit) -> String {
    let (reference, digest) = (&link.reference, kit.digest());
    let moved = if link.moved { ", and its tag means another kit now" } else { "" };
    format!("`{reference}` is {digest}{moved}")
}

/// Reads the layers of a kit that is referred to, as those of the kit itself are read.
async fn read(
    context: &Context,
    name: String,
    kit: &Kit,
    failed: &mut Vec<Problem>,
    unknown: &mut Vec<Problem>,
) -> Result<(), OpsError> {
    let mut own = Report::default();
    blobs::check(context, kit, None, &mut own).await?;
    for step in own.steps {
        let why = format!("{}: {}", step.title, step.reason);
        match step.outcome {
            Outcome::Fail => failed.push(Problem::new(&name, "verification-failed", why)),
            Outcome::Unknown => unknown.push(Problem::new(&name, "not-checked", why)),
            _ => {}
        }
    }
    Ok(())
}

//! A policy and facts become a verdict. Every rule is judged, whatever came of the one before.

mod answer;
mod bom;
mod contents;
mod evaluation;
mod licence;
mod origin;
mod release;
mod revoked;
mod safety;
mod scope;
mod signing;
mod statements;
mod view;

use sealkit_oci::Digest;
use sealkit_report::{Outcome, Report, Step, Verdict};

use crate::facts::{Facts, Seen};
use crate::model::{Check, Exception, Mode, Rule};
use crate::policy::Policy;
use answer::Answer;
pub use evaluation::ANNOTATION_METRICS;
use scope::Fit;
pub use statements::PROPERTY_PASSED;
use view::View;

/// Id of the step that says whether any rule is for this kit.
pub const STEP_SCOPE: &str = "policy-scope";
/// Id of the step about what is revoked.
pub const STEP_REVOKED: &str = "policy-revoked";
/// What the id of a rule's step begins with.
pub const STEP_RULE: &str = "policy/";

/// What came of judging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    policy: String,
    policy_digest: Digest,
    subject: Digest,
    report: Report,
    warnings: Vec<Step>,
    would_deny: bool,
    remember: Option<Seen>,
}

impl Evaluation {
    /// Name of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Digest of the policy's bytes.
    pub fn policy_digest(&self) -> &Digest {
        &self.policy_digest
    }

    /// Digest of the manifest that it is about.
    pub fn subject(&self) -> &Digest {
        &self.subject
    }

    /// A step for every rule, in the order of the policy, after those about scope and revocation.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Whether the policy allows the kit: every step that applies passed. What could not be told
    /// does not allow.
    pub fn is_allowed(&self) -> bool {
        self.report.verdict() == Verdict::Yes
    }

    /// What rules of mode `warn` found, with the outcome that they would have had.
    pub fn warnings(&self) -> &[Step] {
        &self.warnings
    }

    /// Whether the policy as a whole only warns, and would deny: the kit is let through, and did not pass.
    pub fn would_deny(&self) -> bool {
        self.would_deny
    }

    /// What to keep as seen for this repository, where the policy compares releases and allows.
    pub fn remember(&self) -> Option<&Seen> {
        self.remember.as_ref().filter(|_| self.is_allowed())
    }
}

impl Policy {
    /// Judges `facts` at `now`, unix seconds.
    pub fn evaluate(&self, facts: &Facts, now: i64) -> Evaluation {
        let view = View::new(self.revoked(), facts, now);
        let mut run = Run {
            policy: self,
            view: &view,
            report: Report::default(),
            warnings: vec![],
            would_deny: false,
        };
        run.covered();
        run.report.push(revoked::step(&view));
        for rule in self.rules() {
            run.rule(rule);
        }
        let Run { report, warnings, would_deny, .. } = run;
        Evaluation {
            policy: self.name().to_owned(),
            policy_digest: self.digest().clone(),
            subject: facts.subject.digest.clone(),
            report,
            warnings,
            would_deny,
            remember: release::remember(self.rules(), &view),
        }
    }
}

struct Run<'a> {
    policy: &'a Policy,
    view: &'a View<'a>,
    report: Report,
    warnings: Vec<Step>,
    would_deny: bool,
}

impl Run<'_> {
    /// A kit for which no rule was written is not allowed by that.
    fn covered(&mut self) {
        let title = "the policy has a rule for this kit";
        let subject = &self.view.facts.subject;
        let fits = |rule: &&Rule| {
            self.policy.mode_of(rule) == Mode::Enforce
                && scope::fit(&rule.scope, subject) == Fit::Yes
        };
        let count = self.policy.rules().iter().filter(fits).count();
        self.report.push(if count > 0 {
            Step::pass(STEP_SCOPE, title)
                .because(format!("{count} rules in `{}`", self.policy.name()))
        } else if self.policy.mode() == Mode::Warn {
            Step::pass(STEP_SCOPE, title)
                .because(format!("`{}` only warns: nothing is enforced", self.policy.name()))
        } else {
            Step::fail(STEP_SCOPE, title, "no-rule: no rule that is enforced is for it")
                .coded(["no-rule"])
        });
    }

    fn rule(&mut self, rule: &Rule) {
        let id = format!("{STEP_RULE}{}", rule.id);
        let title = title(rule);
        if scope::fit(&rule.scope, &self.view.facts.subject) == Fit::No {
            self.report.push(Step::skip(&id, title, "it is not for this kit"));
            return;
        }
        let step = judge(&rule.check, self.view).into_step(&id, title);
        let held = matches!(step.outcome, Outcome::Pass | Outcome::Skip);
        if held {
            self.report.push(step);
        } else if self.policy.mode_of(rule) == Mode::Warn {
            let reason = format!("it would deny, and only warns: {}", step.reason);
            self.report.push(Step::skip(&id, step.title.clone(), reason));
            self.warnings.push(step);
            self.would_deny |= self.policy.mode() == Mode::Warn;
        } else {
            self.excused(rule, step);
        }
    }

    /// Pushes the step of a rule that does not hold, excused where an exception is in force.
    fn excused(&mut self, rule: &Rule, mut step: Step) {
        let mine = |exception: &&Exception| exception.rule == rule.id && self.is_for(exception);
        let in_force = |exception: &&Exception| self.view.now <= exception.until.seconds();
        let mut all = self.policy.exceptions().iter().filter(mine);
        if let Some(exception) = all.clone().find(in_force) {
            let (until, why) = (exception.until, &exception.reason);
            let reason = format!("excepted until {until} ({why}): {}", step.reason);
            let excused = Step::skip(&step.id, step.title.clone(), reason);
            self.warnings.push(step);
            self.report.push(excused);
            return;
        }
        if let Some(over) = all.next() {
            step.reason = format!("{}; exception-expired: it ended at {}", step.reason, over.until);
            step.outcome = Outcome::Fail;
        }
        self.report.push(step);
    }

    fn is_for(&self, exception: &Exception) -> bool {
        let subject = &self.view.facts.subject;
        scope::fit(&exception.scope, subject) == Fit::Yes
            && exception.digest.as_ref().is_none_or(|digest| *digest == subject.digest)
    }
}

fn title(rule: &Rule) -> String {
    match &rule.description {
        Some(text) => format!("{}: {}", rule.id, first_line(text.as_str())),
        None => format!("{}: {}", rule.id, crate::explain::asks(&rule.check)),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

fn judge(check: &Check, view: &View<'_>) -> Answer {
    match check {
        Check::Signers(ask) => signing::signers(ask, view),
        Check::Identities(ask) => signing::identities(ask, view),
        Check::Keys(ask) => signing::keys(ask, view),
        Check::SignatureAge(ask) => signing::age(ask, view),
        Check::Log(ask) => signing::log(ask, view),
        Check::Timestamp(ask) => signing::timestamp(ask, view),
        Check::Predicates(ask) => statements::predicates(ask, view),
        Check::PredicateSchemas(ask) => statements::schemas(ask, view),
        Check::Approval(ask) => statements::approval(ask, view),
        Check::Pinned => contents::pinned(view),
        Check::Integrity(ask) => contents::integrity(ask, view),
        Check::ForbiddenFormats(ask) => contents::formats(ask, view),
        Check::Annotations(ask) => contents::annotations(ask, view),
        Check::SignedLayers => contents::layers(view),
        Check::Bom(ask) => bom::present(ask, view),
        Check::BomScore(ask) => bom::score(ask, view),
        Check::BomMatches => bom::matches(view),
        Check::Documentation(ask) => bom::documentation(ask, view),
        Check::Licences(ask) => bom::licences(ask, view),
        Check::UseRestrictions(ask) => bom::restrictions(ask, view),
        Check::Scan(ask) => safety::scan(ask, view),
        Check::Vulnerabilities(ask) => safety::vulnerabilities(ask, view),
        Check::Evaluation(ask) => evaluation::evaluation(ask, view),
        Check::Datasets(ask) => origin::datasets(ask, view),
        Check::BaseModels(ask) => origin::base_models(ask, view),
        Check::Lineage(ask) => origin::lineage(ask, view),
        Check::Builder(ask) => origin::builder(ask, view),
        Check::Source(ask) => origin::source(ask, view),
        Check::Release(ask) => release::release(ask, view),
    }
}

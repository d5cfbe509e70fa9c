//! What is allowed to be written and is likely not meant.

use sealkit_attest::Role;

use crate::model::{Check, Mode, Scope, Who};
use crate::{Policy, validate};

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// The rule or exception that it is about.
    pub about: String,
    /// Stable name, for scripts.
    pub code: &'static str,
    /// What is odd, and what to do.
    pub message: String,
}

impl Policy {
    /// What is odd about the policy at `now`, unix seconds.
    pub fn lint(&self, now: i64) -> Vec<Remark> {
        let mut all = Vec::new();
        let mut say = |about: &str, code, message: &str| {
            all.push(Remark { about: about.to_owned(), code, message: message.to_owned() });
        };
        for (rule, exception) in self.expired(now) {
            let message = format!("it ended at {} and excuses nothing: remove it", exception.until);
            say(rule.as_str(), "exception-expired", &message);
        }
        let enforced = |rule: &&crate::model::Rule| self.mode_of(rule) == Mode::Enforce;
        let has = |fits: fn(&Check) -> bool| {
            self.rules().iter().filter(enforced).any(|rule| fits(&rule.check))
        };
        let signs = |check: &Check| {
            matches!(check, Check::Signers(_) | Check::Identities(_) | Check::Keys(_))
        };
        if !has(signs) {
            say(self.name(), "no-signer", "no rule that is enforced asks who signed");
        }
        if !has(|check| matches!(check, Check::Integrity(_))) {
            say(
                self.name(),
                "no-integrity",
                "no rule that is enforced asks that verification passed",
            );
        }
        if self.mode() == Mode::Warn {
            say(self.name(), "only-warns", "only rules that say `mode: enforce` deny");
        }
        let open = Scope::default();
        if self.rules().iter().filter(enforced).all(|rule| rule.scope != open) {
            say(self.name(), "all-scoped", "a kit outside of every scope is denied");
        }
        for rule in self.rules() {
            let anybody = validate::whos(&rule.check).iter().any(|who| **who == Who::default());
            if anybody && !matches!(rule.check, Check::Bom(_)) {
                let message = "without `by` every trusted signer counts, you yourself too";
                say(rule.id.as_str(), "anybody", message);
            }
            if signing(&rule.check).is_some_and(can_not_sign) {
                let message = "a signature of these roles stands for no kit: the rule never holds";
                say(rule.id.as_str(), "role-signs-nothing", message);
            }
        }
        all
    }
}

/// Whose signature of the whole a check asks for.
fn signing(check: &Check) -> Option<&Who> {
    match check {
        Check::Signers(ask) => Some(&ask.by),
        Check::SignatureAge(ask) => Some(&ask.by),
        Check::Log(ask) => Some(&ask.by),
        Check::Timestamp(ask) => Some(&ask.by),
        _ => None,
    }
}

/// Whether it names nobody but roles that vouch for no kit.
fn can_not_sign(who: &Who) -> bool {
    let Who { roles, names, identities, keys } = who;
    let others = names.len() + identities.len() + keys.len();
    !roles.is_empty() && others == 0 && !roles.iter().any(Role::vouches_for_kits)
}

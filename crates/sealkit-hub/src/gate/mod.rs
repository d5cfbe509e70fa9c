//! The gate: a policy decides which kits a tag may name, and which may be read.
//!
//! It is the policy of `sealkit check`, judged by the same code over what the hub itself serves and under
//! the hub's own trust store. A kit that is pushed by its digest is not judged, so that its signatures can
//! follow it; the tag comes last.

mod content;
mod guard;
mod judge;
mod kept;
mod members;
mod proposed;
mod reading;
mod rules;
mod verdicts;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sealkit_hubstore::Storage;
use sealkit_ops::{Context, OpsError};
use sealkit_policy::Policy;
use sealkit_store::Namespace;
use tokio::sync::Semaphore;

pub(crate) use content::content;
pub(crate) use guard::GateGuard;
pub(crate) use judge::{Verdict, judge_all};
pub use rules::PolicyFile;
use rules::Rules;

use crate::log::Log;
use kept::Kept;

/// How the gate behaves.
#[derive(Clone)]
pub struct GateOptions {
    /// The policies, each for the repositories below a prefix.
    pub policies: Vec<PolicyFile>,
    /// Whether kits are judged too when they are read, by those who may not push: their manifests, their blobs, and
    /// what the API and the pages show of their content.
    pub pulls: bool,
    /// Says which kits a blob is of. Without it no blob is given to those whose pulls are judged.
    pub storage: Option<Storage>,
    /// Judgements at the same time; more wait.
    pub concurrency: usize,
    /// How long one may take, waiting included. What takes longer is denied.
    pub timeout: Duration,
}

impl GateOptions {
    /// Tags alone, two judgements at the same time, two minutes for each.
    pub fn new(policies: Vec<PolicyFile>) -> Self {
        let timeout = Duration::from_mins(2);
        Self { policies, pulls: false, storage: None, concurrency: 2, timeout }
    }
}

/// Judges kits. Clones share it.
#[derive(Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    names: Arc<dyn Namespace>,
    context: Context,
    options: GateOptions,
    rules: RwLock<Arc<Rules>>,
    places: Arc<Semaphore>,
    kept: Kept,
    log: Option<Arc<Log>>,
}

impl Gate {
    /// A gate over what `names` holds. Who is trusted is in the home of `context`, which must stay
    /// offline. Verdicts about tags are logged in `log`.
    ///
    /// # Errors
    /// When a policy or the trust store can not be read: nothing may be let through then.
    pub fn new(
        names: Arc<dyn Namespace>,
        context: Context,
        options: GateOptions,
        log: Option<Arc<Log>>,
    ) -> Result<Self, OpsError> {
        let rules = RwLock::new(Arc::new(Rules::read(&options.policies)?));
        sealkit_ops::trust::load(&context.home)?;
        let places = Arc::new(Semaphore::new(options.concurrency));
        let kept = Kept::default();
        let inner = Inner { names, context, options, rules, places, kept, log };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads the policies anew. Where one can not be read, all stay as they were.
    ///
    /// # Errors
    /// When a policy can not be read.
    pub fn reload(&self) -> Result<(), OpsError> {
        let rules = Arc::new(Rules::read(&self.inner.options.policies)?);
        *self.inner.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        Ok(())
    }

    /// The policies that are in force, each with the repository that it is for, with those below; none is every
    /// one.
    pub(crate) fn policies(&self) -> Vec<(Option<String>, Policy)> {
        self.rules().all().to_vec()
    }

    /// Whether pulls are judged too.
    pub(crate) fn judges_pulls(&self) -> bool {
        self.inner.options.pulls
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.inner.rules.read().unwrap_or_else(PoisonError::into_inner))
    }
}

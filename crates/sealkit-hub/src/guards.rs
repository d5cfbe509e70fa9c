//! Several guards of the registry as one.

use std::sync::Arc;

use async_trait::async_trait;
use sealkit_registry::{Ask, Denial, Guard, Leave, TagChange};

/// Asks several guards in turn: the first that refuses decides. Who acts is who the first says that
/// names somebody; the client is told every warning.
#[derive(Clone, Default)]
pub struct Guards(Vec<Arc<dyn Guard>>);

impl Guards {
    /// These guards, asked in this order.
    pub fn new(guards: Vec<Arc<dyn Guard>>) -> Self {
        Self(guards)
    }
}

/// Puts one more permission to those before.
fn join(all: &mut Leave, leave: Leave) {
    if all.actor.is_empty() {
        all.actor = leave.actor;
    }
    all.warnings.extend(leave.warnings);
}

#[async_trait]
impl Guard for Guards {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let mut all = Leave::default();
        for guard in &self.0 {
            join(&mut all, guard.ask(ask).await?);
        }
        Ok(all)
    }

    async fn more(&self, repository: &str, bytes: u64) -> Result<(), Denial> {
        for guard in &self.0 {
            guard.more(repository, bytes).await?;
        }
        Ok(())
    }

    async fn tag(&self, ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        let mut all = Leave::default();
        for guard in &self.0 {
            join(&mut all, guard.tag(ask, change).await?);
        }
        Ok(all)
    }

    async fn shows(&self, ask: &Ask<'_>, repository: &str) -> bool {
        for guard in &self.0 {
            if !guard.shows(ask, repository).await {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Extensions, HeaderMap};
    use sealkit_registry::Act;

    use super::*;

    /// Answers `actor` and `warning`, or refuses where it has no actor at all.
    struct Fixed(Option<&'static str>, &'static str);

    impl Fixed {
        fn answer(&self) -> Result<Leave, Denial> {
            let denied = || Denial::Denied { reason: self.1.to_owned() };
            let actor = self.0.ok_or_else(denied)?.to_owned();
            Ok(Leave { actor, warnings: vec![self.1.to_owned()] })
        }
    }

    #[async_trait]
    impl Guard for Fixed {
        async fn ask(&self, _: &Ask<'_>) -> Result<Leave, Denial> {
            self.answer()
        }

        async fn tag(&self, _: &Ask<'_>, _: &TagChange<'_>) -> Result<Leave, Denial> {
            self.answer()
        }

        async fn shows(&self, _: &Ask<'_>, repository: &str) -> bool {
            repository != self.1
        }
    }

    #[tokio::test]
    async fn the_first_refusal_decides_and_every_warning_is_told() {
        let (headers, extensions) = (HeaderMap::new(), Extensions::new());
        let ask = Ask {
            repository: None,
            act: Act::Ping,
            method: &axum::http::Method::GET,
            headers: &headers,
            extensions: &extensions,
        };
        let digest = sealkit_oci::Digest::of(b"");
        let change = TagChange { tags: &[], digest: &digest, media_type: "", bytes: b"" };
        let of = |guards: Vec<Fixed>| {
            Guards::new(guards.into_iter().map(|guard| Arc::new(guard) as Arc<dyn Guard>).collect())
        };
        let fine = of(vec![Fixed(Some(""), "one"), Fixed(Some("x"), "two"), Fixed(Some("y"), "3")]);
        let leave = Leave {
            actor: "x".to_owned(),
            warnings: vec!["one".to_owned(), "two".to_owned(), "3".to_owned()],
        };
        assert_eq!(fine.ask(&ask).await, Ok(leave.clone()));
        assert_eq!(fine.tag(&ask, &change).await, Ok(leave));
        assert!(fine.shows(&ask, "other").await && !fine.shows(&ask, "3").await);
        let refused = of(vec![Fixed(Some("x"), "one"), Fixed(None, "first"), Fixed(None, "later")]);
        let first = Err(Denial::Denied { reason: "first".to_owned() });
        assert_eq!(refused.ask(&ask).await, first);
        assert_eq!(refused.tag(&ask, &change).await, first);
    }
}

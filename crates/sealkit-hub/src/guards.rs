//! Several guards as one.

use std::sync::Arc;

use async_trait::async_trait;
use sealkit_registry::{Ask, Denial, Guard, Leave, TagChange};

/// Asks each guard in turn: the first that refuses decides. Their warnings come together, and who acts
/// is who the first guard that knows says.
#[derive(Default)]
pub struct Guards(Vec<Arc<dyn Guard>>);

impl Guards {
    /// `guards`, in the order in which they are asked.
    pub fn new(guards: Vec<Arc<dyn Guard>>) -> Self {
        Self(guards)
    }
}

fn add(all: &mut Leave, one: Leave) {
    if all.actor.is_empty() {
        all.actor = one.actor;
    }
    all.warnings.extend(one.warnings);
}

#[async_trait]
impl Guard for Guards {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let mut all = Leave::default();
        for guard in &self.0 {
            add(&mut all, guard.ask(ask).await?);
        }
        Ok(all)
    }

    async fn tag(&self, ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        let mut all = Leave::default();
        for guard in &self.0 {
            add(&mut all, guard.tag(ask, change).await?);
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
    use axum::http::{Extensions, HeaderMap, Method};
    use sealkit_registry::{Act, AllowAll};

    use super::*;

    struct Says(&'static str, Option<&'static str>);

    #[async_trait]
    impl Guard for Says {
        async fn ask(&self, _ask: &Ask<'_>) -> Result<Leave, Denial> {
            if let Some(reason) = self.1 {
                return Err(Denial::Denied { reason: reason.to_owned() });
            }
            Ok(Leave { actor: self.0.to_owned(), warnings: vec![self.0.to_owned()] })
        }

        async fn tag(&self, ask: &Ask<'_>, _change: &TagChange<'_>) -> Result<Leave, Denial> {
            self.ask(ask).await
        }

        async fn shows(&self, _ask: &Ask<'_>, _repository: &str) -> bool {
            self.1.is_none()
        }
    }

    async fn asked(guards: Vec<Arc<dyn Guard>>) -> (Result<Leave, Denial>, Result<Leave, Denial>, bool) {
        let guards = Guards::new(guards);
        let (headers, extensions) = (HeaderMap::new(), Extensions::new());
        let (act, method) = (Act::Ping, &Method::GET);
        let ask = Ask { repository: None, act, method, headers: &headers, extensions: &extensions };
        let digest = sealkit_oci::Digest::of(b"");
        let change = TagChange { tags: &[], digest: &digest, media_type: "", bytes: b"" };
        (guards.ask(&ask).await, guards.tag(&ask, &change).await, guards.shows(&ask, "a").await)
    }

    #[tokio::test]
    async fn all_are_asked_and_one_refusal_is_enough() {
        let both = Leave { actor: "a".to_owned(), warnings: vec!["a".to_owned(), "b".to_owned()] };
        let all = vec![Arc::new(AllowAll) as Arc<dyn Guard>, Arc::new(Says("a", None)), Arc::new(Says("b", None))];
        assert_eq!(asked(all).await, (Ok(both.clone()), Ok(both), true));
        let no = Denial::Denied { reason: "first".to_owned() };
        let one = vec![
            Arc::new(Says("a", None)) as Arc<dyn Guard>,
            Arc::new(Says("b", Some("first"))),
            Arc::new(Says("c", Some("second"))),
        ];
        assert_eq!(asked(one).await, (Err(no.clone()), Err(no), false));
        let none = asked(Vec::new()).await;
        assert_eq!(none, (Ok(Leave::default()), Ok(Leave::default()), true));
    }
}

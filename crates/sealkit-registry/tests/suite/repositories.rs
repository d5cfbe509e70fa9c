//! Lists of repositories cost few questions, however many there are and however little is shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use sealkit_registry::{Ask, Denial, Guard, Leave};
use sealkit_store::{Memory, Namespace, Page, Repository, StoreError};
use sealkit_testkit::TestRegistry;

/// Repositories without anything in them, and how often they were asked for.
struct Names(Vec<String>, Arc<AtomicUsize>);

#[async_trait]
impl Namespace for Names {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(page.cut(self.0.clone()))
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        Namespace::repository(&Memory::default(), name)
    }
}

/// Shows few.
struct Shy;

#[async_trait]
impl Guard for Shy {
    async fn ask(&self, _: &Ask<'_>) -> Result<Leave, Denial> {
        Ok(Leave::default())
    }

    async fn shows(&self, _: &Ask<'_>, repository: &str) -> bool {
        !repository.starts_with("hidden/")
    }
}

/// A registry of 3,000 repositories that are hidden and two that are not.
async fn many() -> (TestRegistry, Arc<AtomicUsize>) {
    let hidden = (0..3_000).map(|number| format!("hidden/{number:04}"));
    let names = hidden.chain(["open/a".to_owned(), "open/b".to_owned()]).collect();
    let asked = Arc::default();
    let namespace = Arc::new(Names(names, Arc::clone(&asked)));
    let shy = |options: &mut sealkit_registry::Options| options.guard = Arc::new(Shy);
    (TestRegistry::configured(namespace, shy).await, asked)
}

#[tokio::test]
async fn a_small_page_of_the_catalogue_is_found_in_large_steps() {
    let (registry, asked) = many().await;
    let client = registry.client();
    for (query, expected, most) in [
        ("n=1", &["open/a"][..], 5),
        ("n=1&last=open/a", &["open/b"], 2),
        ("n=5000", &["open/a", "open/b"], 5),
        ("n=0", &[], 0),
    ] {
        let reply = client.get(&format!("/v2/_catalog?{query}")).await;
        let names = reply.json()["repositories"].clone();
        assert_eq!(names, serde_json::json!(expected), "{query}");
        let has_more = query == "n=1";
        assert_eq!(!reply.header("link").is_empty(), has_more, "{query}");
        let questions = asked.swap(0, Ordering::SeqCst);
        assert!(questions <= most, "{query}: {questions}");
    }
}

#[tokio::test]
async fn whether_a_repository_is_there_is_one_question() {
    let (registry, asked) = many().await;
    let client = registry.client();
    for (name, status) in [
        ("hidden/0000", 200),
        ("hidden/2999", 200),
        ("open/b", 200),
        ("open", 404),
        ("open/b0", 404),
        ("hidden/29", 404),
        ("zz", 404),
    ] {
        let reply = client.get(&format!("/v2/{name}/tags/list")).await;
        assert_eq!((reply.status, asked.swap(0, Ordering::SeqCst)), (status, 1), "{name}");
    }
}

//! Listings: every page leads to the next, and all pages together are everything.

use sealkit_oci::{Descriptor, Digest, Index, media_type};
use sealkit_testkit::{Client, KitBuilder, TestRegistry};

/// Follows `Link` from `path` and joins what `pick` finds on each page.
async fn follow(
    client: &Client,
    path: &str,
    pick: fn(&serde_json::Value) -> Vec<String>,
) -> Vec<Vec<String>> {
    let mut next = Some(path.to_owned());
    let mut pages = Vec::new();
    while let Some(path) = next {
        let reply = client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        pages.push(pick(&reply.json()));
        assert!(pages.len() < 20, "the listing must end");
        let link = reply.header("link");
        next = link
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix(">; rel=\"next\""))
            .map(str::to_owned);
    }
    pages
}

fn strings(value: &serde_json::Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn tags_come_sorted_and_in_pages() {
    let registry = TestRegistry::start().await;
    let repository = registry.repository("org/kit");
    for tag in ["v10", "v2", "a", "Z"] {
        KitBuilder::small("small").store(repository.as_ref(), tag).await;
    }
    let client = registry.client();
    let tags = |json: &serde_json::Value| strings(&json["tags"]);
    let pages = follow(&client, "/v2/org/kit/tags/list?n=3", tags).await;
    assert_eq!(pages, [vec!["Z", "a", "v10"], vec!["v2"]]);
    let all = follow(&client, "/v2/org/kit/tags/list", tags).await;
    assert_eq!(all, [["Z", "a", "v10", "v2"]]);
    let exact = follow(&client, "/v2/org/kit/tags/list?n=4", tags).await;
    assert_eq!(exact.len(), 1);
    let after = follow(&client, "/v2/org/kit/tags/list?last=a", tags).await;
    assert_eq!(after, [["v10", "v2"]]);
    let none = client.get("/v2/org/kit/tags/list?n=0").await;
    assert_eq!((tags(&none.json()).len(), none.header("link")), (0, ""));
    for path in ["/v2/org/kit/tags/list", "/v2/_catalog"] {
        for bad in ["x", "-1", "+1", "", "1.5"] {
            let reply = client.get(&format!("{path}?n={bad}")).await;
            let told = (reply.status, reply.error_code());
            assert_eq!(told, (400, "UNSUPPORTED".to_owned()), "{path} {bad}");
        }
        let many = client.get(&format!("{path}?n=99999999999999999999")).await;
        assert_eq!((many.status, many.header("link")), (200, ""), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_repository_is_said_to_be_so() {
    let registry = TestRegistry::start().await;
    let reply = registry.client().get("/v2/none/tags/list").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (404, "NAME_UNKNOWN"));
}

#[tokio::test]
async fn the_catalogue_lists_repositories() {
    let registry = TestRegistry::start().await;
    for name in ["b", "a/x", "c"] {
        KitBuilder::small("small").store(registry.repository(name).as_ref(), "v1").await;
    }
    let names = |json: &serde_json::Value| strings(&json["repositories"]);
    let pages = follow(&registry.client(), "/v2/_catalog?n=2", names).await;
    assert_eq!(pages, [vec!["a/x", "b"], vec!["c"]]);
}

#[tokio::test]
async fn referrers_are_filtered_and_paged() {
    let registry = TestRegistry::start().await;
    let repository = registry.repository("org/kit");
    let kit = KitBuilder::small("small").store(repository.as_ref(), "v1").await;
    let mut expected = Vec::new();
    for content in [b"1", b"2", b"3"] {
        let stored = kit.attach(repository.as_ref(), "application/x+json", content).await;
        expected.push(stored.digest.to_string());
    }
    kit.attach(repository.as_ref(), "application/y", b"4").await;
    expected.sort();
    let client = registry.client();
    let digests = |json: &serde_json::Value| {
        assert_eq!(json["schemaVersion"], 2);
        let manifests = json["manifests"].as_array().unwrap();
        manifests.iter().map(|entry| entry["digest"].as_str().unwrap().to_owned()).collect()
    };
    let path = format!("/v2/org/kit/referrers/{}", kit.manifest.digest());
    assert_eq!(follow(&client, &path, digests).await.concat().len(), 4);
    for filter in ["application/x%2Bjson", "application/x+json"] {
        let path = format!("{path}?artifactType={filter}");
        assert_eq!(client.get(&path).await.header("oci-filters-applied"), "artifactType");
        let pages = follow(&client, &format!("{path}&n=2"), digests).await;
        assert_eq!(pages.len(), 2);
        assert_eq!(pages.concat(), expected);
    }
    let first = &client.get(&path).await.json()["manifests"][0];
    assert!(first["artifactType"].as_str().unwrap().starts_with("application/"));
}

#[tokio::test]
async fn no_referrers_are_an_empty_index() {
    let registry = TestRegistry::start().await;
    let client = registry.client();
    let reply = client.get(&format!("/v2/none/referrers/{}", Digest::of(b""))).await;
    assert_eq!((reply.status, reply.json()["manifests"].as_array().unwrap().len()), (200, 0));
    assert_eq!(reply.header("content-type"), "application/vnd.oci.image.index.v1+json");
    assert_eq!(client.get("/v2/none/referrers/sha256:1").await.status, 400);
}

#[tokio::test]
async fn ping_and_extensions_answer() {
    let registry = TestRegistry::start().await;
    let client = registry.client();
    for path in ["/v2/", "/v2"] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("docker-distribution-api-version"), "registry/2.0");
    }
    for path in ["/v2/_oci/ext/discover", "/v2/org/kit/_oci/ext/discover"] {
        assert!(client.get(path).await.json()["extensions"].as_array().unwrap().is_empty());
    }
    assert_eq!(client.get("/v2/nonsense").await.status, 404);
}

/// Lists of referrers that clients kept under a tag come with those that the store knows.
#[tokio::test]
async fn fallback_tags_are_folded_into_the_referrers() {
    let registry = TestRegistry::start().await;
    let repository = registry.repository("org/kit");
    let kit = KitBuilder::small("small").store(repository.as_ref(), "v1").await;
    let client = registry.client();
    let subject = Digest::of(b"subject");
    let mut native = kit.manifest.value().clone();
    native.subject = Some(Descriptor::of(media_type::OCI_MANIFEST, b"subject"));
    let native = serde_json::to_vec(&native).unwrap();
    let put = async |reference: &str, kind: &str, bytes: &[u8]| {
        let path = format!("/v2/org/kit/manifests/{reference}");
        client.send("PUT", &path, &[("Content-Type", kind)], bytes).await.status
    };
    assert_eq!(put("native", media_type::OCI_MANIFEST, &native).await, 201);
    let mut listed = kit.manifest.descriptor().clone();
    listed.size += 1;
    listed.artifact_type = Some("application/x.listed".into());
    let again = Descriptor::of(media_type::OCI_MANIFEST, &native);
    let list = Index::of(vec![listed.clone(), listed, again]);
    let tag = subject.to_string().replace(':', "-");
    let index = serde_json::to_vec(&list).unwrap();
    assert_eq!(put(&tag, media_type::OCI_INDEX, &index).await, 201);
    let path = format!("/v2/org/kit/referrers/{subject}");
    let all = client.get(&path).await.json();
    let mut digests = strings(
        &all["manifests"].as_array().unwrap().iter().map(|one| one["digest"].clone()).collect(),
    );
    digests.sort();
    let mut expected = [Digest::of(&native).to_string(), kit.manifest.digest().to_string()];
    expected.sort();
    assert_eq!(digests, expected);
    let filtered = client.get(&format!("{path}?artifactType=application/x.listed")).await.json();
    assert_eq!(filtered["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(filtered["manifests"][0]["size"], kit.manifest.bytes().len());
    // A tag of that form that points at something else changes nothing.
    assert_eq!(put(&tag, media_type::OCI_MANIFEST, kit.manifest.bytes()).await, 201);
    assert_eq!(client.get(&path).await.json()["manifests"].as_array().unwrap().len(), 1);
}

/// What a list names and what is no longer there is no referrer.
#[tokio::test]
async fn a_fallback_list_is_not_believed_about_what_is_gone() {
    let registry = TestRegistry::start().await;
    let repository = registry.repository("org/kit");
    let kit = KitBuilder::small("small").store(repository.as_ref(), "v1").await;
    let client = registry.client();
    let subject = Digest::of(b"subject");
    let list = Index::of(vec![kit.manifest.descriptor().clone()]);
    let path = format!("/v2/org/kit/manifests/{}", subject.to_string().replace(':', "-"));
    let bytes = serde_json::to_vec(&list).unwrap();
    let kind = [("Content-Type", media_type::OCI_INDEX)];
    assert_eq!(client.send("PUT", &path, &kind, &bytes).await.status, 201);
    let count = async || {
        let reply = client.get(&format!("/v2/org/kit/referrers/{subject}")).await;
        (reply.status, reply.json()["manifests"].as_array().unwrap().len())
    };
    assert_eq!(count().await, (200, 1));
    let gone = format!("/v2/org/kit/manifests/{}", kit.manifest.digest());
    assert_eq!(client.call("DELETE", &gone).await.status, 202);
    assert_eq!(count().await, (200, 0));
}

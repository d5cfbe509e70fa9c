//! Authentication: challenges, tokens, and who never sees them.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest};
use sealkit_remote::credentials::Credential;
use sealkit_remote::options::Proxy;
use sealkit_remote::{Client, ClientOptions, Remote, Secret};
use sealkit_report::Hint;
use sealkit_store::{BlobStore, Page, RefStore};
use sealkit_testkit::{Auth, TestRegistry};

use common::{
    CANARY, Fixed, Got, Mock, all_text, basic, bytes, chunked, options, read, remote, reply, write,
};

fn with(credential: Credential) -> ClientOptions {
    ClientOptions { credentials: Arc::new(Fixed(None, credential)), ..options() }
}

fn token_auth(uses: Option<u32>) -> Auth {
    Auth::Token { login: Some(("me".to_owned(), CANARY.to_owned())), uses }
}

#[tokio::test]
async fn nobody_is_shown_credentials_unasked() {
    let registry = TestRegistry::start().await;
    let remote =
        remote(&registry.host(), ClientOptions { credentials: basic("me", CANARY), ..options() });
    write(&remote, b"open").await.unwrap();
    assert!(registry.log().all().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn basic_is_shown_after_the_first_challenge() {
    let registry = TestRegistry::start().await;
    let auth = Auth::Basic { user: "me".to_owned(), password: CANARY.to_owned() };
    registry.faults().set(|faults| faults.auth = auth);
    let remote =
        remote(&registry.host(), ClientOptions { credentials: basic("me", CANARY), ..options() });
    write(&remote, b"closed").await.unwrap();
    let refused = registry.log().all().iter().filter(|seen| seen.status == 401).count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_token_is_fetched_once_per_scope() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = token_auth(None));
    let options = ClientOptions { credentials: basic("me", CANARY), ..chunked(1000) };
    let remote = remote(&registry.host(), options);
    let blob = write(&remote, &bytes(5000)).await.unwrap();
    assert_eq!(read(&remote, &blob).await.unwrap(), bytes(5000));
    let tokens = registry.log().matching("GET", "/token");
    assert_eq!(tokens.len(), 2, "one to read, one to write");
    assert!(tokens[0].query.contains("service=test"), "{}", tokens[0].query);
    assert!(tokens[0].query.contains("scope=repository%3Aorg%2Fmodel%3Apull"));
}

#[tokio::test]
async fn a_token_that_expires_in_the_middle_is_renewed() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = token_auth(Some(3)));
    let options = ClientOptions { credentials: basic("me", CANARY), ..chunked(1000) };
    let remote = remote(&registry.host(), options);
    let content = bytes(10_000);
    let blob = write(&remote, &content).await.unwrap();
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
    assert!(registry.log().matching("GET", "/token").len() >= 4);
}

#[tokio::test]
async fn a_public_repository_needs_no_account() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = Auth::Token { login: None, uses: None });
    let remote = remote(&registry.host(), options());
    write(&remote, b"public").await.unwrap();
    let tokens = registry.log().matching("GET", "/token");
    assert!(tokens.iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn a_mount_asks_for_both_repositories() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = token_auth(None));
    let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
    let client = Arc::new(Client::new(options));
    let one = Remote::new(&registry.host(), "org/one", Arc::clone(&client)).unwrap();
    let two = Remote::new(&registry.host(), "org/two", client).unwrap();
    let blob = write(&one, b"shared").await.unwrap();
    registry.log().clear();
    assert!(two.mount(&blob, "org/one").await.unwrap());
    let query = &registry.log().matching("GET", "/token")[0].query;
    assert!(query.contains("scope=repository%3Aorg%2Fone%3Apull"), "{query}");
    assert!(query.contains("scope=repository%3Aorg%2Ftwo%3Apull%2Cpush"), "{query}");
}

#[tokio::test]
async fn refused_credentials_are_reported_with_their_origin_and_never_shown() {
    let registry = TestRegistry::start().await;
    for auth in [
        Auth::Basic { user: "me".to_owned(), password: "right".to_owned() },
        Auth::Token { login: Some(("me".to_owned(), "right".to_owned())), uses: None },
    ] {
        registry.faults().set(|faults| faults.auth = auth);
        let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
        let text = format!("{options:?}");
        let remote = remote(&registry.host(), options);
        let error = remote.stat(&Digest::of(b"x")).await.unwrap_err();
        assert_eq!(error.code(), "unauthorized");
        assert!(error.to_string().contains("the credentials from the command line"), "{error}");
        assert_eq!(error.hint().unwrap(), format!("run `sealkit login {}`", registry.host()));
        let shown = format!("{text} {remote:?} {}", all_text(&error));
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(!shown.contains("bWU6"), "base64 of the credential: {shown}");
    }
    registry.faults().set(|faults| faults.auth = token_auth(None));
    let error = remote(&registry.host(), options()).stat(&Digest::of(b"x")).await.unwrap_err();
    assert!(error.to_string().contains("no credentials were found"), "{error}");
}

/// A registry with a token service on the same host that speaks OAuth2.
async fn oauth(answer: impl Fn(&Got) -> Response<Body> + Send + Sync + 'static) -> Mock {
    Mock::start(move |got| {
        if got.uri.starts_with("/token") {
            return answer(got);
        }
        if got.header("authorization") == Some("Bearer good") {
            return reply(200, &[("content-length", "0")], "");
        }
        let realm = format!("http://{}/token?fixed=1", got.header("host").unwrap_or_default());
        let header =
            format!(r#"Bearer realm="{realm}",service="svc",scope="repository:org/model:pull""#);
        reply(401, &[("www-authenticate", "Negotiate"), ("www-authenticate", &header)], "")
    })
    .await
}

#[tokio::test]
async fn an_identity_token_is_posted_and_its_successor_kept() {
    let mock = oauth(|got| {
        assert_eq!(got.method, "POST");
        assert!(got.header("authorization").is_none());
        let form = String::from_utf8(got.body.to_vec()).unwrap();
        assert!(form.contains("grant_type=refresh_token"), "{form}");
        let token = if form.contains("refresh_token=first") { "stale" } else { "good" };
        let body = format!(r#"{{"access_token":"{token}","refresh_token":"second"}}"#);
        reply(200, &[], body)
    })
    .await;
    let remote = remote(&mock.host, with(Credential::Identity(Secret::new("first"))));
    // The first token is refused; the second comes from the second refresh token.
    assert!(remote.stat(&Digest::of(b"x")).await.is_err());
    assert_eq!(remote.stat(&Digest::of(b"x")).await.unwrap(), Some(0));
    let posts: Vec<_> = mock.all().into_iter().filter(|got| got.method == "POST").collect();
    assert!(posts.iter().all(|got| got.uri == "/token?fixed=1"));
}

#[tokio::test]
async fn an_access_token_is_sent_as_it_is() {
    let mock = oauth(|_| panic!("no token is fetched")).await;
    let remote = remote(&mock.host, with(Credential::Token(Secret::new("good"))));
    assert_eq!(remote.stat(&Digest::of(b"x")).await.unwrap(), Some(0));
}

#[tokio::test]
async fn an_account_is_shown_to_the_token_service_with_basic() {
    let mock = oauth(|got| {
        assert_eq!(got.header("authorization"), Some("Basic bWU6cHc="));
        assert!(got.uri.contains("fixed=1") && got.uri.contains("account=me"), "{}", got.uri);
        reply(200, &[], r#"{"token":"good"}"#)
    })
    .await;
    let options = ClientOptions { credentials: basic("me", "pw"), ..options() };
    assert_eq!(remote(&mock.host, options).stat(&Digest::of(b"x")).await.unwrap(), Some(0));
}

#[tokio::test]
async fn a_token_service_that_answers_nonsense_is_reported_without_its_answer() {
    for body in [format!(r#"{{"token":5,"x":"{CANARY}"}}"#), format!("<{CANARY}>"), "{}".to_owned()]
    {
        let mock = oauth(move |_| reply(200, &[], body.clone())).await;
        let error = remote(&mock.host, options()).stat(&Digest::of(b"x")).await.unwrap_err();
        assert_eq!(error.code(), "registry-protocol");
        assert!(!all_text(&error).contains(CANARY));
    }
}

#[tokio::test]
async fn a_token_service_that_redirects_gets_no_refresh_token_elsewhere() {
    let thief = Mock::start(|_| reply(200, &[], r#"{"token":"good"}"#)).await;
    let target = format!("http://{}/steal", thief.host);
    let mock = oauth(move |_| reply(307, &[("location", &target)], "")).await;
    let remote = remote(&mock.host, with(Credential::Identity(Secret::new(CANARY))));
    let error = remote.stat(&Digest::of(b"x")).await.unwrap_err();
    assert_eq!(error.code(), "registry-redirect");
    assert!(thief.all().is_empty());
    assert!(!all_text(&error).contains(CANARY));
}

#[tokio::test]
async fn a_token_service_that_redirects_basic_is_followed_without_it() {
    let thief = Mock::start(|_| reply(200, &[], r#"{"token":"good"}"#)).await;
    let target = format!("http://{}/steal", thief.host);
    let mock = oauth(move |_| reply(307, &[("location", &target)], "")).await;
    let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
    remote(&mock.host, options).stat(&Digest::of(b"x")).await.unwrap();
    assert!(thief.all().iter().all(|got| got.header("authorization").is_none()));
}

#[tokio::test]
async fn a_redirect_to_storage_carries_no_credentials() {
    let registry = TestRegistry::start().await;
    let storage = TestRegistry::over(registry.namespace()).await;
    registry.faults().set(|faults| {
        faults.auth = token_auth(None);
        faults.redirect_blobs = Some(storage.url());
    });
    let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
    let remote = remote(&registry.host(), options);
    let blob = write(&remote, b"elsewhere").await.unwrap();
    assert_eq!(read(&remote, &blob).await.unwrap(), b"elsewhere");
    let leaked = storage.log().all();
    assert!(!leaked.is_empty());
    assert!(leaked.iter().all(|seen| seen.header("authorization").is_none()), "{leaked:?}");
    assert_eq!(leaked[0].header("range"), Some("bytes=0-8"), "the range goes along");
}

#[tokio::test]
async fn storage_that_asks_for_credentials_gets_none() {
    let storage =
        Mock::start(|_| reply(401, &[("www-authenticate", "Basic realm=\"x\"")], "")).await;
    let target = format!("http://{}/blob?sig={CANARY}", storage.host);
    let mock = Mock::start(move |_| reply(307, &[("location", &target)], "")).await;
    let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
    let error = remote(&mock.host, options).read(&Digest::of(b"x"), 0..1).await.err().unwrap();
    assert_eq!(storage.all().len(), 1);
    assert!(storage.all()[0].header("authorization").is_none());
    assert!(!all_text(&error).contains(CANARY), "{}", all_text(&error));
}

#[tokio::test]
async fn a_way_that_left_and_came_back_is_not_trusted_again() {
    let count = Arc::new(AtomicU32::new(0));
    let home: Arc<std::sync::OnceLock<String>> = Arc::default();
    let back = Arc::clone(&home);
    let other = Mock::start(move |_| {
        let target = format!("http://{}/v2/private", back.get().unwrap());
        reply(307, &[("location", &target)], "")
    })
    .await;
    let (away, seen) = (format!("http://{}/", other.host), Arc::clone(&count));
    let mock = Mock::start(move |got| match got.header("authorization") {
        Some(_) if got.uri == "/v2/private" => {
            seen.fetch_add(1, Ordering::SeqCst);
            reply(200, &[], "")
        }
        Some(_) => reply(307, &[("location", &away)], ""),
        None => reply(401, &[("www-authenticate", "Basic realm=\"x\"")], ""),
    })
    .await;
    home.set(mock.host.clone()).unwrap();
    let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
    assert!(remote(&mock.host, options).stat(&Digest::of(b"x")).await.is_err());
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn redirects_end() {
    let mock = Mock::start(|_| reply(302, &[("location", "/again")], "")).await;
    let error = remote(&mock.host, options()).stat(&Digest::of(b"x")).await.unwrap_err();
    assert_eq!(error.code(), "registry-redirect");
    assert_eq!(mock.all().len(), 11);
}

#[tokio::test]
async fn places_that_no_redirect_may_lead_to() {
    for location in ["file:///etc/passwd", "ftp://x/", "http://u:canary-5ecret@127.0.0.1/"] {
        let mock = Mock::start(move |_| reply(307, &[("location", location)], "")).await;
        let error = remote(&mock.host, options()).stat(&Digest::of(b"x")).await.unwrap_err();
        assert_eq!(error.code(), "registry-redirect", "{location}");
        assert!(!all_text(&error).contains(CANARY));
    }
}

#[tokio::test]
async fn an_upload_location_on_another_host_gets_no_credentials() {
    let storage = Mock::start(|got| match got.method.as_str() {
        "PATCH" => reply(202, &[("location", "/next")], ""),
        _ => reply(201, &[], ""),
    })
    .await;
    let target = format!("http://{}/up", storage.host);
    let mock = Mock::start(move |got| match (got.method.as_str(), got.header("authorization")) {
        (_, None) => reply(401, &[("www-authenticate", "Basic realm=\"x\"")], ""),
        ("POST", _) => reply(202, &[("location", &target)], ""),
        _ => reply(404, &[], ""),
    })
    .await;
    let options = ClientOptions { credentials: basic("me", CANARY), ..chunked(1000) };
    write(&remote(&mock.host, options), &bytes(2500)).await.unwrap();
    assert_eq!(storage.all().len(), 4);
    assert!(storage.all().iter().all(|got| got.header("authorization").is_none()));
}

#[tokio::test]
async fn offline_opens_no_socket_and_names_what_it_would_have_done() {
    let mock = Mock::start(|_| reply(200, &[], "")).await;
    let remote = remote(&mock.host, ClientOptions { offline: true, ..options() });
    let error = remote.tags(&Page::default()).await.unwrap_err();
    assert_eq!(error.code(), "offline");
    assert!(error.to_string().contains("would have to list tags in"), "{error}");
    let manifest = Bytes::from_static(b"{}");
    let error = remote.put_manifest("a/b", manifest, Some("v1")).await.unwrap_err();
    assert!(error.to_string().contains("would have to store manifest `v1`"), "{error}");
    let blob = Descriptor::of("x", b"x");
    assert!(remote.write(&blob).await.is_err());
    assert!(mock.all().is_empty());
}

#[tokio::test]
async fn a_token_that_has_expired_is_not_sent() {
    let mock = oauth(|_| reply(200, &[], r#"{"token":"good","expires_in":0}"#)).await;
    let remote = remote(&mock.host, options());
    for _ in 0..3 {
        assert_eq!(remote.stat(&Digest::of(b"x")).await.unwrap(), Some(0));
    }
    let tokens = mock.all().iter().filter(|got| got.uri.starts_with("/token")).count();
    assert_eq!(tokens, 3);
}

#[tokio::test]
async fn a_token_with_line_breaks_is_not_sent() {
    let mock = oauth(|_| reply(200, &[], r#"{"token":"good\r\nX-Evil: canary-5ecret"}"#)).await;
    let error = remote(&mock.host, options()).stat(&Digest::of(b"x")).await.unwrap_err();
    assert_eq!(error.code(), "registry-protocol");
    assert!(!all_text(&error).contains(CANARY));
}

#[tokio::test]
async fn many_requests_at_once_fetch_one_token() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = token_auth(None));
    let options = ClientOptions { credentials: basic("me", CANARY), ..options() };
    let remote = remote(&registry.host(), options);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let remote = remote.clone();
            tokio::spawn(async move { remote.stat(&Digest::of(b"x")).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), None);
    }
    assert_eq!(registry.log().matching("GET", "/token").len(), 1);
}

#[tokio::test]
async fn a_proxy_is_used_and_its_password_never_shown() {
    let proxy = Mock::start(|_| reply(200, &[("content-length", "3")], "")).await;
    let url = format!("http://me:{CANARY}@{}", proxy.host);
    let options = ClientOptions { proxy: Proxy::Url(url), ..options() };
    let shown = format!("{options:?}");
    let remote = remote("registry.invalid", options);
    assert_eq!(remote.stat(&Digest::of(b"x")).await.unwrap(), Some(3));
    let got = &proxy.all()[0];
    assert!(got.uri.starts_with("http://registry.invalid/v2/org/model/"), "{}", got.uri);
    assert!(got.header("proxy-authorization").is_some());
    assert!(!format!("{shown} {remote:?}").contains(CANARY));
}

#[tokio::test]
async fn docker_hub_is_reached_where_its_api_is() {
    let proxy = Mock::start(|_| reply(200, &[("content-length", "3")], "")).await;
    let url = format!("http://{}", proxy.host);
    let remote = remote("docker.io", ClientOptions { proxy: Proxy::Url(url), ..options() });
    assert_eq!(remote.stat(&Digest::of(b"x")).await.unwrap(), Some(3));
    assert!(proxy.all()[0].uri.starts_with("http://registry-1.docker.io/v2/"));
}

//! Keys of issuers that are fetched: what is asked, how often, and what is refused.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::common::TestHub;
use crate::common::guarded::{Guarded, exchanging};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sealkit_hub::{Fetcher, IssuerError, Issuers, KeySource, NewIssuer};
use serde_json::{Value, json};

/// An issuer on this machine. What it answers can be changed while it runs.
struct Issuer {
    name: String,
    document: Arc<Mutex<String>>,
    keys: Arc<Mutex<String>>,
    /// How often its keys were asked for.
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let document =
            json!({ "issuer": name, "jwks_uri": format!("{name}/keys"), "other": [1, 2] });
        let own = Self {
            name,
            document: Arc::new(Mutex::new(document.to_string())),
            keys: Arc::new(Mutex::new(set(&[("one", 1)]))),
            asked: Arc::default(),
        };
        let (document, keys) = (Arc::clone(&own.document), Arc::clone(&own.keys));
        let asked = Arc::clone(&own.asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 4096];
                let count = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..count]).into_owned();
                let body = match request.split(' ').nth(1) {
                    Some("/.well-known/openid-configuration") => document.lock().unwrap().clone(),
                    Some("/keys") => {
                        asked.fetch_add(1, Ordering::SeqCst);
                        keys.lock().unwrap().clone()
                    }
                    _ => String::new(),
                };
                // An answer that is empty is one that says to look elsewhere.
                let answer = if body.is_empty() {
                    "HTTP/1.1 302 Found\r\nLocation: /keys\r\nContent-Length: 0\r\n\r\n".to_owned()
                } else {
                    let length = body.len();
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        own
    }

    fn has(&self, keys: &[(&str, u8)]) {
        *self.keys.lock().unwrap() = set(keys);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// To be trusted, with keys that are fetched from wherever it is.
    fn trusted(&self, source: KeySource) -> NewIssuer {
        NewIssuer {
            issuer: self.name.clone(),
            audience: "hub".to_owned(),
            claims: vec![("repository".to_owned(), "org/app".to_owned())],
            scopes: vec!["write:team/app".parse().unwrap()],
            ttl: 900,
            keys: String::new(),
            source,
            user: "ci".to_owned(),
        }
    }

    /// A token of one of its jobs, with a key of this name.
    fn sign(&self, kid: &str, seed: u8) -> String {
        let der = SigningKey::from_bytes(&[seed; 32]).to_pkcs8_der().unwrap();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid.to_owned());
        let claims = json!({
            "iss": self.name, "aud": "hub", "sub": "job", "repository": "org/app",
            "iat": 0, "exp": 1_000_000_000_000_i64,
        });
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
    }
}

fn set(keys: &[(&str, u8)]) -> String {
    let key = |(kid, seed): &(&str, u8)| {
        let public = SigningKey::from_bytes(&[*seed; 32]).verifying_key();
        let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x })
    };
    json!({ "keys": keys.iter().map(key).collect::<Vec<Value>>() }).to_string()
}

/// A hub whose clock a test sets.
struct Stage {
    hub: TestHub,
    issuers: Issuers,
    guarded: Guarded,
}

impl Stage {
    async fn start(clock: fn() -> i64) -> Self {
        let guarded = Guarded::start(false).await;
        let database = guarded.storage.database().clone();
        let issuers = Issuers::with_clock(database, clock).await.unwrap();
        let issuers = issuers.fetching(Fetcher::new("test"));
        let hub = exchanging(&guarded, issuers.clone()).await;
        Self { hub, issuers, guarded }
    }

    async fn status(&self, token: &str) -> u16 {
        let body = json!({ "token": token }).to_string();
        self.hub.client.send("POST", "/api/v1/oidc/token", &[], body.as_bytes()).await.status
    }
}

static ROTATION: AtomicI64 = AtomicI64::new(100_000);

#[tokio::test]
async fn a_key_that_is_new_is_asked_for_once_a_minute() {
    let clock = || ROTATION.load(Ordering::SeqCst);
    let (stage, issuer) = (Stage::start(clock).await, Issuer::start());
    let added = stage.issuers.add(issuer.trusted(KeySource::FetchedAnywhere)).await.unwrap();
    assert_eq!((issuer.asked(), added.source), (1, KeySource::FetchedAnywhere));
    let (one, two) = (issuer.sign("one", 1), issuer.sign("two", 2));
    assert_eq!((stage.status(&one).await, issuer.asked()), (200, 1), "nobody is asked again");
    issuer.has(&[("one", 1), ("two", 2)]);
    assert_eq!((stage.status(&two).await, issuer.asked()), (200, 2));
    // A key that nobody has makes the hub ask once, however often it is shown.
    for _ in 0..20 {
        assert_eq!(stage.status(&issuer.sign("three", 3)).await, 401);
        assert_eq!(
            stage.status(&issuer.sign("one", 9)).await,
            401,
            "a wrong signature asks nobody"
        );
    }
    assert_eq!(issuer.asked(), 2);
    ROTATION.store(100_060, Ordering::SeqCst);
    assert_eq!(stage.status(&issuer.sign("one", 9)).await, 401);
    assert_eq!(issuer.asked(), 2, "what names a known key and is forged asks nobody");
    for _ in 0..5 {
        assert_eq!(stage.status(&issuer.sign("three", 3)).await, 401);
    }
    assert_eq!(issuer.asked(), 3);
    // What was fetched is kept for the next start, which need not ask.
    let database = stage.guarded.storage.database().clone();
    let next = Issuers::with_clock(database, clock).await.unwrap();
    let hub = exchanging(&stage.guarded, next).await;
    let body = json!({ "token": two }).to_string();
    let reply = hub.client.send("POST", "/api/v1/oidc/token", &[], body.as_bytes()).await;
    assert_eq!((reply.status, issuer.asked()), (200, 3));
}

static AGE: AtomicI64 = AtomicI64::new(200_000);

#[tokio::test]
async fn a_key_that_was_withdrawn_ends_and_an_issuer_that_is_away_is_borne_for_a_day() {
    let clock = || AGE.load(Ordering::SeqCst);
    let (stage, issuer) = (Stage::start(clock).await, Issuer::start());
    issuer.has(&[("one", 1), ("two", 2)]);
    stage.issuers.add(issuer.trusted(KeySource::FetchedAnywhere)).await.unwrap();
    let (one, two) = (issuer.sign("one", 1), issuer.sign("two", 2));
    assert_eq!((stage.status(&one).await, stage.status(&two).await), (200, 200));
    issuer.has(&[("two", 2)]);
    AGE.fetch_add(3_599, Ordering::SeqCst);
    assert_eq!((stage.status(&one).await, issuer.asked()), (200, 1));
    AGE.fetch_add(1, Ordering::SeqCst);
    assert_eq!((stage.status(&one).await, issuer.asked()), (401, 2));
    assert_eq!((stage.status(&two).await, issuer.asked()), (200, 2));
    // Now it says nothing that can be used.
    *issuer.keys.lock().unwrap() = "nonsense".to_owned();
    AGE.fetch_add(23 * 3_600, Ordering::SeqCst);
    assert_eq!((stage.status(&two).await, issuer.asked()), (200, 3));
    assert_eq!((stage.status(&two).await, issuer.asked()), (200, 3), "once a minute");
    AGE.fetch_add(3_600, Ordering::SeqCst);
    assert_eq!(stage.status(&two).await, 401, "nobody knows whether the key still holds");
    issuer.has(&[("two", 2)]);
    AGE.fetch_add(60, Ordering::SeqCst);
    assert_eq!(stage.status(&two).await, 200);
}

#[tokio::test]
async fn an_issuer_that_is_not_what_it_says_is_not_trusted() {
    let (stage, issuer) = (Stage::start(|| 1).await, Issuer::start());
    let refused = async |source| {
        let added = stage.issuers.add(issuer.trusted(source)).await;
        match added.unwrap_err() {
            IssuerError::Fetch { reason, .. } => reason,
            other => panic!("{other}"),
        }
    };
    let why = refused(KeySource::Fetched).await;
    assert!(why.contains("https"), "this machine is asked only where somebody said so: {why}");
    let good = issuer.document.lock().unwrap().clone();
    let large = format!("{{\"issuer\":\"{}\"}}", "x".repeat(70_000));
    for (document, part) in [
        (
            json!({ "issuer": "https://other.example", "jwks_uri": "x" }).to_string(),
            "another issuer",
        ),
        (json!({ "issuer": issuer.name }).to_string(), "names no"),
        (json!({ "issuer": issuer.name, "jwks_uri": "keys" }).to_string(), "no address"),
        (json!({ "issuer": issuer.name, "jwks_uri": "file:///etc/passwd" }).to_string(), "https"),
        ("[]".to_owned(), "names no"),
        (large, "more than"),
        (String::new(), "302"),
    ] {
        *issuer.document.lock().unwrap() = document.clone();
        let why = refused(KeySource::FetchedAnywhere).await;
        assert!(why.contains(part), "{document:.60}: {why}");
    }
    *issuer.document.lock().unwrap() = good;
    for keys in ["{}".to_owned(), json!({ "keys": [] }).to_string(), "x".repeat(300_000)] {
        *issuer.keys.lock().unwrap() = keys;
        refused(KeySource::FetchedAnywhere).await;
    }
    assert_eq!(stage.issuers.list().await.unwrap(), []);
}

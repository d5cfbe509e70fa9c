//! Tokens of CI systems are exchanged for tokens of the hub, and attacks on that.

use crate::common::guarded::Guarded;
use crate::common::signed::{RSA_N, RSA_TOKEN};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sealkit_hub::{Issuers, KeySource, NewIssuer};
use sealkit_testkit::Reply;
use serde_json::{Value, json};

const ISSUER: &str = "https://ci.example";

/// An issuer of our own: an Ed25519 key and a P-256 key.
struct Ci {
    ed: SigningKey,
    ec: p256::ecdsa::SigningKey,
}

impl Ci {
    fn new(seed: u8) -> Self {
        let ec = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap();
        Self { ed: SigningKey::from_bytes(&[seed; 32]), ec }
    }

    fn keys(&self) -> Value {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.ec.verifying_key().to_encoded_point(false);
        let (x, y) = (b64(point.x().unwrap()), b64(point.y().unwrap()));
        json!({ "keys": [
            { "kty": "oct", "kid": "oct", "k": "AAAA" },
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "use": "sig",
              "x": b64(self.ed.verifying_key().as_bytes()) },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "x": x, "y": y },
            { "kty": "EC", "crv": "P-256", "kid": "enc", "use": "enc", "x": x, "y": y },
            { "kty": "RSA", "kid": "rsa", "n": RSA_N, "e": "AQAB" },
        ] })
    }

    fn sign(&self, kid: &str, claims: &Value) -> String {
        let (algorithm, key) = if kid == "ed" {
            let der = self.ed.to_pkcs8_der().unwrap();
            (Algorithm::EdDSA, EncodingKey::from_ed_der(der.as_bytes()))
        } else {
            use p256::pkcs8::EncodePrivateKey as _;
            let der = p256::SecretKey::from(&self.ec).to_pkcs8_der().unwrap();
            (Algorithm::ES256, EncodingKey::from_ec_der(der.as_bytes()))
        };
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }
}

impl Ci {
    /// A token that is good but for `crit` in its header.
    fn demanding(&self, what: &str) -> String {
        use ed25519_dalek::Signer as _;
        let header = format!(r#"{{"alg":"EdDSA","kid":"ed","crit":{what}}}"#);
        let parts = [header, claims().to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = parts.join(".");
        let signature = URL_SAFE_NO_PAD.encode(self.ed.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn claims() -> Value {
    let now = now();
    json!({
        "iss": ISSUER, "aud": "hub", "sub": "repo:org/app:ref:refs/heads/main",
        "repository": "org/app", "protected": true, "iat": now, "nbf": now, "exp": now + 300,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut changed = claims();
    changed[name] = value;
    changed
}

fn issuer(ci: &Ci) -> NewIssuer {
    let claim = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    NewIssuer {
        issuer: ISSUER.to_owned(),
        audience: "hub".to_owned(),
        claims: vec![claim("repository", "org/app"), claim("protected", "true")],
        scopes: vec!["write:team/app".parse().unwrap()],
        ttl: 900,
        keys: ci.keys().to_string(),
        source: KeySource::Given,
        user: "ci".to_owned(),
    }
}

async fn exchange(guarded: &Guarded, token: &str) -> Reply {
    let body = json!({ "token": token }).to_string();
    let kind = [("Content-Type", "application/json")];
    guarded.hub.client.send("POST", "/api/v1/oidc/token", &kind, body.as_bytes()).await
}

#[tokio::test]
async fn a_job_gets_a_token_for_a_while_and_for_its_scope() {
    let (guarded, ci) = (Guarded::start(false).await, Ci::new(7));
    guarded.issuers.add(issuer(&ci)).await.unwrap();
    let boss = guarded.token("boss", &["admin:*"]).await;
    for kid in ["ed", "ec"] {
        let half =
            |from_now: i64| serde_json::from_str(&format!("{}.5", now() + from_now)).unwrap();
        for good in [
            claims(),
            with("aud", json!(["other", "hub"])),
            with("nbf", json!(0)),
            with("exp", half(300)),
            with("iat", half(-2)),
        ] {
            let reply = exchange(&guarded, &ci.sign(kid, &good)).await;
            assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{kid}");
            let given = reply.json();
            assert_eq!((&given["user"], &given["expiresIn"]), (&json!("ci"), &json!(900)));
            let token = given["token"].as_str().unwrap();
            let pushed = guarded.tag(token, "team/app", "latest", "one").await;
            assert_eq!(pushed.status, 201);
            assert_eq!(guarded.tag(token, "team/other", "latest", "one").await.status, 403);
        }
    }
    let listed = guarded.tokens.list().await.unwrap();
    let last = listed.last().unwrap();
    assert_eq!(
        (last.user.as_str(), last.name.as_str()),
        ("ci", "repo-org-app-ref-refs-heads-main")
    );
    assert!((now() + 890..=now() + 900).contains(&last.expires.unwrap()));
    let events = guarded.ask(&boss, "GET", "/api/v1/events?action=issuer", b"").await.json();
    assert_eq!(events["events"][0]["actor"], "operator");
    let events = guarded.ask(&boss, "GET", "/api/v1/events?action=token&actor=ci", b"").await;
    assert_eq!(events.json()["events"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn what_is_not_claimed_exactly_gives_nothing() {
    let (guarded, ci) = (Guarded::start(false).await, Ci::new(7));
    guarded.issuers.add(issuer(&ci)).await.unwrap();
    let now = now();
    let without = |name: &str| {
        let mut changed = claims();
        changed.as_object_mut().unwrap().remove(name);
        changed
    };
    let bad = [
        with("exp", json!(now - 1)),
        with("exp", json!("never")),
        with("exp", json!(1e300)),
        with("exp", serde_json::from_str(&format!("{}.9", now - 1)).unwrap()),
        with("nbf", serde_json::from_str(&format!("{}.5", now + 1_000)).unwrap()),
        with("nbf", json!(now + 1_000)),
        with("nbf", json!("now")),
        with("iat", json!(now + 1_000)),
        with("aud", json!("other")),
        with("aud", json!(["other"])),
        with("aud", json!({ "hub": true })),
        with("repository", json!("org/app2")),
        with("repository", json!("ORG/APP")),
        with("repository", json!(["org/app"])),
        with("protected", json!(false)),
        with("iss", json!("https://ci.example/")),
        with("iss", json!([ISSUER])),
        without("exp"),
        without("iat"),
        without("aud"),
        without("iss"),
        without("repository"),
    ];
    for claims in bad {
        let reply = exchange(&guarded, &ci.sign("ed", &claims)).await;
        assert_eq!(
            (reply.status, reply.json()["code"].clone()),
            (401, json!("unauthorized")),
            "{claims}"
        );
    }
    assert_eq!(guarded.tokens.list().await.unwrap().len(), 0);
}

#[tokio::test]
async fn forged_tokens_give_nothing() {
    let (guarded, ci, stranger) = (Guarded::start(false).await, Ci::new(7), Ci::new(8));
    guarded.issuers.add(issuer(&ci)).await.unwrap();
    let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let payload = b64(claims().to_string().as_bytes());
    let none = |header: &str| format!("{}.{payload}.", b64(header.as_bytes()));
    let hmac = |kid: &str, secret: &[u8]| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap()
    };
    let public = ci.ed.verifying_key().to_bytes();
    let good = ci.sign("ed", &claims());
    let other = ci.sign("ed", &with("repository", json!("org/evil")));
    let parts: Vec<&str> = good.split('.').collect();
    let body = other.split('.').nth(1).unwrap();
    for token in [
        stranger.sign("ed", &claims()),
        stranger.sign("ec", &claims()),
        none(r#"{"alg":"none","kid":"ed"}"#),
        none(r#"{"alg":"EdDSA","kid":"ed"}"#),
        none(r#"{"alg":"EdDSA"}"#),
        hmac("ed", &public),
        hmac("ec", ci.ec.verifying_key().to_encoded_point(false).as_bytes()),
        hmac("oct", &[0; 3]),
        hmac("rsa", RSA_N.as_bytes()),
        // A key for another algorithm, for another purpose, of no set.
        ci.sign("ec", &claims()).replacen(
            &b64(br#"{"typ":"JWT","alg":"ES256","kid":"ec"}"#),
            &b64(br#"{"typ":"JWT","alg":"ES256","kid":"ed"}"#),
            1,
        ),
        ci.sign("enc", &claims()),
        ci.sign("missing", &claims()),
        [parts[0], body, parts[2]].join("."),
        [parts[0], parts[1], ""].join("."),
        // Nothing that a token may demand is understood here.
        ci.demanding(r#"["exp"]"#),
        ci.demanding(r#"["https://ci.example/bound"]"#),
        ci.demanding("[]"),
        ci.demanding("null"),
        "x".repeat(20_000),
        String::new(),
        "..".to_owned(),
    ] {
        let reply = exchange(&guarded, &token).await;
        assert_eq!(reply.status, 401, "{token:.80}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("eyJ"), "nothing is repeated");
    }
    let client = &guarded.hub.client;
    for body in ["", "{}", "[]", r#"{"token":7}"#, &"x".repeat(100_000)] {
        let reply = client.send("POST", "/api/v1/oidc/token", &[], body.as_bytes()).await;
        assert_eq!(reply.status, 400, "{body:.20}");
    }
    assert_eq!(exchange(&guarded, &good).await.status, 200, "the same without the attack");
}

#[tokio::test]
async fn an_issuer_that_is_trusted_no_more_gives_nothing() {
    let (guarded, ci) = (Guarded::start(false).await, Ci::new(7));
    let token = ci.sign("ed", &claims());
    assert_eq!(exchange(&guarded, &token).await.status, 401);
    let added = guarded.issuers.add(issuer(&ci)).await.unwrap();
    assert_eq!(exchange(&guarded, &token).await.status, 200);
    assert!(guarded.issuers.remove(added.id).await.unwrap());
    assert!(!guarded.issuers.remove(added.id).await.unwrap());
    assert_eq!(exchange(&guarded, &token).await.status, 401);
    assert_eq!(guarded.issuers.list().await.unwrap(), []);
}

#[tokio::test]
async fn what_openssl_signed_is_taken() {
    let (guarded, ci) = (Guarded::start(false).await, Ci::new(7));
    for (clock, expected) in [((|| 1_100) as fn() -> i64, 1), (|| 1_300, 0), (|| 900, 0)] {
        let database = guarded.storage.database().clone();
        let issuers = Issuers::with_clock(database, clock).await.unwrap();
        let claim = ("repository".to_owned(), "org/app".to_owned());
        let added = issuers.add(NewIssuer { claims: vec![claim], ..issuer(&ci) }).await.unwrap();
        let before = guarded.tokens.list().await.unwrap().len();
        let hub = crate::common::guarded::exchanging(&guarded, issuers.clone()).await;
        let body = json!({ "token": RSA_TOKEN }).to_string();
        let reply = hub.client.send("POST", "/api/v1/oidc/token", &[], body.as_bytes()).await;
        assert_eq!(reply.status, if expected == 1 { 200 } else { 401 });
        assert_eq!(guarded.tokens.list().await.unwrap().len() - before, expected);
        issuers.remove(added.id).await.unwrap();
    }
}

#[tokio::test]
async fn an_issuer_is_not_trusted_for_everything() {
    let (guarded, ci) = (Guarded::start(false).await, Ci::new(7));
    let good = || issuer(&ci);
    let set = |keys: Value| keys.to_string();
    let short = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "AAAA" });
    let weak = json!({ "kty": "RSA", "kid": "x", "n": "AQAB", "e": "AQAB" });
    for wrong in [
        NewIssuer { claims: Vec::new(), ..good() },
        NewIssuer { scopes: Vec::new(), ..good() },
        NewIssuer { audience: String::new(), ..good() },
        NewIssuer { issuer: "ci.example".to_owned(), ..good() },
        NewIssuer { ttl: 0, ..good() },
        NewIssuer { ttl: 3_601, ..good() },
        NewIssuer { user: "a b".to_owned(), ..good() },
        NewIssuer { keys: String::new(), ..good() },
        NewIssuer { keys: set(json!({ "keys": [] })), ..good() },
        NewIssuer { keys: set(json!({ "keys": [short] })), ..good() },
        NewIssuer { keys: set(json!({ "keys": [weak] })), ..good() },
        NewIssuer { keys: set(json!({ "keys": vec![json!({}); 65] })), ..good() },
    ] {
        assert!(guarded.issuers.add(wrong.clone()).await.is_err(), "{wrong:?}");
    }
}

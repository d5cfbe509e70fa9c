//! A registry with a signed kit, a verifier that trusts the signer, and a forger's tools.

use sealkit_attest::{
    Envelope, HintStyle, IN_TOTO_PAYLOAD, PrivateKey, PublicKey, Signer as _, pae,
};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_testkit::{Kit, KitBuilder, TestRegistry};
use serde_json::Value;

use crate::common::{Run, Sandbox};

/// The stage of an attack: the kit `org/kit:v1` on a registry, and a sandbox that has `ana.pub`.
pub struct Stage {
    pub registry: TestRegistry,
    pub sandbox: Sandbox,
    pub kit: Kit,
}

/// A key that is always the same for the same name.
pub fn key(name: &str) -> PrivateKey {
    let mut state = Digest::of(name.as_bytes());
    PrivateKey::generate(&mut move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            state = Digest::of(&state.raw());
            chunk.copy_from_slice(&state.raw()[..chunk.len()]);
        }
    })
    .unwrap()
}

/// The statement that `cosign sign` makes about `digest`, as text to be altered.
pub fn statement(digest: &Digest) -> String {
    format!(
        "{{\"_type\":\"https://in-toto.io/Statement/v1\",\
         \"subject\":[{{\"digest\":{{\"sha256\":\"{}\"}}}}],\
         \"predicateType\":\"https://sigstore.dev/cosign/sign/v1\",\"predicate\":{{}}}}",
        digest.hex()
    )
}

/// A bundle over a payload of any type, validly signed.
pub fn signed(signer: &PrivateKey, payload_type: &str, payload: &str) -> Vec<u8> {
    let signature = signer.sign(&pae(payload_type, payload.as_bytes())).unwrap();
    wrapped(&signer.public_key(), payload_type, payload, &signature)
}

/// A bundle over any payload with any signature, and the hint of any key.
pub fn wrapped(hint: &PublicKey, kind: &str, payload: &str, signature: &[u8]) -> Vec<u8> {
    let (payload, signature) = (payload.as_bytes().to_vec(), signature.to_vec());
    let envelope = Envelope { payload_type: kind.to_owned(), payload, signature };
    let bundle = sealkit_attest::Bundle::of_envelope(envelope, hint, HintStyle::Cosign);
    bundle.unwrap().into_bytes()
}

impl Stage {
    /// A small kit that nobody signed.
    pub async fn unsigned() -> Self {
        Self::with(KitBuilder::small("kit").build()).await
    }

    /// A small kit that `ana` signed.
    pub async fn signed() -> Self {
        let stage = Self::unsigned().await;
        let statement = statement(stage.kit.manifest.digest());
        stage.attach(&signed(&key("ana"), IN_TOTO_PAYLOAD, &statement)).await;
        stage
    }

    /// Any kit, stored as `org/kit:v1`.
    pub async fn with(kit: Kit) -> Self {
        let registry = TestRegistry::start().await;
        kit.store(&*registry.repository("org/kit"), Some("v1")).await;
        let sandbox = Sandbox::new();
        sandbox.write("ana.pub", key("ana").public_key().to_pem());
        Self { registry, sandbox, kit }
    }

    /// The kit's name.
    pub fn name(&self) -> String {
        format!("{}/org/kit:v1", self.registry.host())
    }

    /// Digest of the kit.
    pub fn digest(&self) -> &Digest {
        self.kit.manifest.digest()
    }

    /// Attaches a bundle to the kit.
    pub async fn attach(&self, bundle: &[u8]) -> Descriptor {
        let repository = self.registry.repository("org/kit");
        self.kit.attach(&*repository, media_type::SIGSTORE_BUNDLE, bundle).await
    }

    /// Attaches a statement by `signer`.
    pub async fn state(&self, signer: &str, statement: &str) -> Descriptor {
        self.attach(&signed(&key(signer), IN_TOTO_PAYLOAD, statement)).await
    }

    /// `verify --remote` with `ana` trusted, as JSON.
    pub fn verify(&self) -> Run {
        self.verify_with(&["--key", "ana.pub", "--format", "json"])
    }

    /// `verify --remote` with other options.
    pub fn verify_with(&self, options: &[&str]) -> Run {
        let name = self.name();
        let args = ["verify", &name, "--remote", "--plain-http", "--log-level", "debug"];
        self.sandbox.run_with(args.iter().chain(options), &[("LANG", "C.UTF-8")], "")
    }
}

/// The one step of this id.
#[track_caller]
pub fn step(run: &Run, id: &str) -> Value {
    let json = run.json();
    let steps = json["steps"].as_array().unwrap();
    let found = steps.iter().find(|step| step["id"] == id);
    found.unwrap_or_else(|| panic!("no step {id}: {run}")).clone()
}

/// Asserts that the run ended with `exit` and names `code` in step `id`, which did not pass.
#[track_caller]
pub fn refused(run: Run, exit: i32, id: &str, code: &str) -> Run {
    let run = run.exits(exit);
    let step = step(&run, id);
    assert!(step["outcome"] == "fail" || step["outcome"] == "unknown", "{id}: {run}");
    let codes = step["codes"].as_array().unwrap_or_else(|| panic!("{id} has no code: {run}"));
    assert!(codes.iter().any(|known| known == code), "{code} in {id}: {run}");
    assert_ne!(run.json()["verdict"], "yes");
    run
}

/// Asserts that the command itself failed with this code.
#[track_caller]
pub fn failed(run: Run, exit: i32, code: &str) -> Run {
    let run = run.exits(exit);
    assert!(run.stderr.lines().any(|line| line == format!("code: {code}")), "{code}: {run}");
    run
}

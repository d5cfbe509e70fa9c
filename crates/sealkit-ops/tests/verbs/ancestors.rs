//! Where the ancestors of a kit are looked for.

use sealkit_ops::Place;
use sealkit_ops::advisory::{RevokeRequest, revoke};
use sealkit_ops::lineage::{LineageRequest, Standing, lineage};
use sealkit_ops::transfer::{ReferrerPolicy, push};
use sealkit_ops::trust::Trusted;
use sealkit_testkit::TestRegistry;

use crate::common::{NOW, Stage, key, local, reference};

/// How far the lineage of a kit is proven.
async fn standing(stage: &Stage, place: Place) -> Standing {
    let request = LineageRequest { place, trusted: Trusted::default(), down: false, depth: 8 };
    lineage(&stage.context, &request).await.unwrap().standing()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_knows_better_than_the_local_store_who_was_revoked() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let at = |name: &str| format!("{}/org/{name}:v1", registry.host());
    stage.project("base");
    stage.seal("base", &at("base")).await.unwrap();
    let kitfile = format!(
        "manifestVersion: 1.0.0\npackage: {{name: kid}}\nmodel: {{path: {}}}\ncode: [{{path: a.py}}]\n",
        at("base")
    );
    stage.write("kid/Kitfile", kitfile);
    stage.write("kid/a.py", "print('hi')\n");
    stage.seal("kid", &at("kid")).await.unwrap();
    for name in ["base", "kid"] {
        let from = reference(&at(name));
        push(&stage.context, &from, &from, ReferrerPolicy::Require).await.unwrap();
    }
    let remote = || Place::Remote(reference(&at("kid")));
    let before = standing(&stage, remote()).await;
    let request = RevokeRequest {
        place: Place::Remote(reference(&at("base"))),
        id: None,
        withdraw: false,
        reason: "poisoned".to_owned(),
        severity: None,
        concerns: Vec::new(),
        references: Vec::new(),
        key: key(1),
        time: NOW,
    };
    revoke(&stage.context, request).await.unwrap();
    // The local store was told nothing of it.
    assert_eq!(standing(&stage, local(&at("kid"))).await, before);
    let after = standing(&stage, remote()).await;
    assert_ne!(after, before);
    assert_eq!(after, Standing::Failed);
}

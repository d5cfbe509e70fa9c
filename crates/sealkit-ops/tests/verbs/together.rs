//! Several at once in one store, and what is cut off in the middle.

use std::sync::Arc;
use std::time::Duration;

use sealkit_ops::Place;
use sealkit_ops::maintenance::{fsck, gc};
use sealkit_ops::seal::seal;
use sealkit_ops::tags::{RemoveRequest, remove};
use sealkit_ops::transfer::{ReferrerPolicy, pull, push};
use sealkit_testkit::TestRegistry;

use crate::common::{Stage, local, reference};
use crate::reading::{Said, one};

/// Whether a name means all of a kit with its evidence, or nothing yet.
async fn is_whole_or_none(stage: &Stage, place: &Place) -> bool {
    one(stage, place, "inspect").await.code() == "kit-not-found"
        || one(stage, place, "verify").await == Said::Yes
}

fn is_whole(stage: &Stage) {
    let found = fsck(&stage.context, true).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_seals_and_sweeps_at_once_leave_every_kit_whole() {
    let stage = Arc::new(Stage::new());
    let names: Vec<String> = (0..6).map(|number| format!("kit{number}:v1")).collect();
    let mut work = Vec::new();
    for name in &names {
        let folder = name.replace(':', "-");
        stage.project(&folder);
        // Half of them are one kit, and half their own.
        if !name.contains(['0', '2', '4']) {
            stage.write(&format!("{folder}/train.py"), name);
        }
        let (context, request) =
            (stage.context.clone(), Stage::request(&stage.path(&folder), name));
        work.push(tokio::spawn(async move { seal(&context, request).await.map(drop) }));
    }
    let context = stage.context.clone();
    let sweeps = tokio::task::spawn_blocking(move || {
        for _ in 0..20 {
            gc(&context, Duration::from_mins(1), false).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    for job in work {
        job.await.unwrap().unwrap();
    }
    sweeps.await.unwrap();
    for name in &names {
        assert_eq!(one(&stage, &local(name), "verify").await, Said::Yes, "{name}");
    }
    is_whole(&stage);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_name_that_many_seal_and_remove_is_a_whole_kit_or_none() {
    let stage = Arc::new(Stage::new());
    stage.project("project");
    for _ in 0..4 {
        let sealing: Vec<_> = (0..2)
            .map(|_| {
                let request = Stage::request(&stage.path("project"), "kit:v1");
                let context = stage.context.clone();
                tokio::spawn(async move { seal(&context, request).await.map(|made| made.digest) })
            })
            .collect();
        let context = stage.context.clone();
        let removing = tokio::task::spawn_blocking(move || {
            let reference = Some(reference("kit:v1"));
            let request = RemoveRequest { reference, force: true, ..RemoveRequest::default() };
            // There may be none yet.
            remove(&context, &request).is_ok()
        });
        for job in sealing {
            // A seal whose kit was removed meanwhile may say so; it may not leave half of one.
            let _ = job.await.unwrap();
        }
        removing.await.unwrap();
        let said = one(&stage, &local("kit:v1"), "inspect").await;
        assert!(said == Said::Yes || said.code() == "kit-not-found", "{said:?}");
        is_whole(&stage);
    }
    stage.seal("project", "kit:v1").await.unwrap();
    assert_eq!(one(&stage, &local("kit:v1"), "verify").await, Said::Yes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_pulls_of_one_kit_at_once_give_it_once() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let place = stage.published(&registry).await;
    let Place::Remote(name) = place else { panic!() };
    let fresh = Stage::new();
    let pulls: Vec<_> = (0..4)
        .map(|_| {
            let (context, name) = (fresh.context.clone(), name.clone());
            tokio::spawn(async move { pull(&context, &name, ReferrerPolicy::Require).await })
        })
        .collect();
    for job in pulls {
        job.await.unwrap().unwrap();
    }
    assert_eq!(one(&fresh, &Place::Local(name), "check").await, Said::Yes);
    assert_eq!(fresh.context.store().unwrap().list().unwrap().len(), 6, "the kit and five things");
    is_whole(&fresh);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transfer_that_is_dropped_anywhere_leaves_both_sides_whole() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let place = stage.published(&registry).await;
    let Place::Remote(name) = place else { panic!() };
    let fresh = Stage::new();
    for millis in [0, 1, 2, 4, 8, 12, 16, 24, 32, 48] {
        let limit = Duration::from_millis(millis);
        let _ =
            tokio::time::timeout(limit, pull(&fresh.context, &name, ReferrerPolicy::Require)).await;
        is_whole(&fresh);
        // A name that is there means all of it is there: the tag comes last.
        let here = Place::Local(name.clone());
        assert!(is_whole_or_none(&fresh, &here).await, "after {millis} ms");
        let to = reference(&format!("{}/org/copy{millis}:v1", registry.host()));
        let _ =
            tokio::time::timeout(limit, push(&stage.context, &name, &to, ReferrerPolicy::Require))
                .await;
        let there = Place::Remote(to.clone());
        assert!(is_whole_or_none(&stage, &there).await, "after {millis} ms");
        // The same command goes on and ends well.
        push(&stage.context, &name, &to, ReferrerPolicy::Require).await.unwrap();
        assert_eq!(one(&stage, &Place::Remote(to), "verify").await, Said::Yes, "after {millis} ms");
    }
    pull(&fresh.context, &name, ReferrerPolicy::Require).await.unwrap();
    assert_eq!(one(&fresh, &Place::Local(name), "check").await, Said::Yes);
}

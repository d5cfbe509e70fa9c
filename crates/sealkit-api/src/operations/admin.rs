//! Events, counts and tokens.

use crate::operation::{Kind, Operation, Parameter, delete, get, post};
use crate::{
    AdminJobs, AdminState, AdminTokens, HubEvents, PullCounts, WorkloadRequest, WorkloadToken,
};

pub(super) const OPERATIONS: &[Operation] = &[
    get(
        "/api/v1/events",
        "listEvents",
        "What was done and refused, the newest first; for administrators",
    )
    .query(EVENTS)
    .pages("before")
    .gives::<HubEvents>(),
    get("/api/v1/kits/{name}/pulls", "countPulls", "How often the versions of a kit were pulled")
        .gives::<PullCounts>(),
    post(
        "/api/v1/oidc/token",
        "exchangeToken",
        "A short-lived token of the hub for one that a trusted issuer gave to a CI job",
    )
    .takes::<WorkloadRequest>()
    .gives::<WorkloadToken>(),
    get(
        "/api/v1/admin",
        "showAdministration",
        "Storage, health, uploads, quotas; for administrators of all",
    )
    .gives::<AdminState>(),
    get("/api/v1/admin/tokens", "listTokens", "Who may do what; no token itself")
        .gives::<AdminTokens>(),
    delete("/api/v1/admin/tokens/{id}", "revokeToken", "Ends a token at once"),
    get("/api/v1/admin/jobs", "listJobs", "Versions that wait to be looked at")
        .gives::<AdminJobs>(),
    post(
        "/api/v1/admin/jobs/{name}/{digest}/retry",
        "retryJob",
        "Looks at a version that waits, now",
    )
    .done_later(),
    get("/api/v1/openapi.json", "describe", "This description, OpenAPI 3.1")
        .gives_media(&["application/json"]),
];

const EVENTS: &[Parameter] = &[
    Parameter::new("repository", Kind::Text, "Only those of this repository."),
    Parameter::new("actor", Kind::Text, "Only those of this user."),
    Parameter::new("action", Kind::Text, "Only those of this kind: `manifest.push`."),
    Parameter::new(
        "since",
        Kind::Time,
        "Not before this time: seconds since 1970, RFC 3339, or a day, which begins at midnight UTC.",
    ),
];

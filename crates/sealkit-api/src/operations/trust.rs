//! Quarantine and advisories.

use crate::operation::{Kind, Operation, Parameter, delete, get, post, put};
use crate::{
    HubAdvisories, HubPolicies, HubVerdicts, PolicyTrial, PolicyTrialRequest, QuarantineAnswer,
    QuarantineList, QuarantineRequest,
};

const ONE: &str = "/api/v1/quarantine/{name}/{reference}";
const EVERYWHERE: &str = "/api/v1/quarantine/{digest}";

pub(super) const OPERATIONS: &[Operation] = &[
    get("/api/v1/quarantine", "listQuarantine", "What is not given out for now, the oldest first")
        .pages("after")
        .gives::<QuarantineList>(),
    get(ONE, "showQuarantine", "Why one version is not given out").gives::<QuarantineAnswer>(),
    put(ONE, "quarantine", "Gives out one version no longer")
        .takes::<QuarantineRequest>()
        .gives::<QuarantineAnswer>(),
    delete(ONE, "liftQuarantine", "Gives out one version again"),
    get(EVERYWHERE, "showQuarantineEverywhere", "Why a digest is not given out by any repository")
        .gives::<QuarantineAnswer>(),
    put(EVERYWHERE, "quarantineEverywhere", "Gives out a digest no longer, in any repository")
        .takes::<QuarantineRequest>()
        .gives::<QuarantineAnswer>(),
    delete(EVERYWHERE, "liftQuarantineEverywhere", "Gives out a digest again"),
    get(
        "/api/v1/advisories",
        "listAdvisories",
        "Advisories that are attached to kits, the newest first",
    )
    .query(ADVISORIES)
    .pages("after")
    .gives::<HubAdvisories>()
    .gives_media(&[
        "text/csv",
        "application/vnd.openvex+json",
        "application/vnd.cyclonedx+json",
    ]),
    get("/api/v1/policy", "showPolicy", "The policies that guard tags, in words")
        .gives::<HubPolicies>(),
    get(
        "/api/v1/policy/verdicts",
        "listVerdicts",
        "What the policies answered when tags were to be set, the newest first",
    )
    .pages("before")
    .gives::<HubVerdicts>(),
    post(
        "/api/v1/policy/trial",
        "tryPolicy",
        "What a policy would answer about the versions that one may read, before it is in force",
    )
    .takes::<PolicyTrialRequest>()
    .gives::<PolicyTrial>(),
];

const ADVISORIES: &[Parameter] = &[
    Parameter::new(
        "after",
        Kind::Matching("^[0-9]{1,15},sha256:[0-9a-f]{64},"),
        "Where the page begins: `next` of the page before it.",
    ),
    Parameter::new(
        "format",
        Kind::OneOf(&["json", "csv", "vex", "cyclonedx"]),
        "How it is written: `json`, with what each says and nothing verified; `csv` with who signed each; of those \
         that count for the hub, `vex` (OpenVEX 0.2.0) or `cyclonedx` (CycloneDX 1.6). The next page of these is in `Link`.",
    ),
];

//! Kits, their versions and files.

use crate::operation::{Kind, Operation, Parameter, get, post};
use crate::{
    Card, Comparison, FileList, HubJudgement, KitDetail, KitFacts, KitHistory, KitLineage, KitList,
    KitProvenance, KitSecurity, KitVersions, OwnerDetail, Preview, TensorComparison, TensorList,
    TextComparison,
};

const BYTES: &[&str] = &["application/octet-stream"];
const PICTURES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

pub(super) const OPERATIONS: &[Operation] = &[
    get("/api/v1/kits", "listKits", "Kits that the caller may read, by name")
        .pages("after")
        .gives::<KitList>(),
    get(
        "/api/v1/owners/{name}",
        "showOwner",
        "The kits below a prefix of names that the caller may read; for administrators its rules and tokens",
    )
    .pages("after")
    .gives::<OwnerDetail>(),
    get("/api/v1/kits/{name}/versions", "listVersions", "Tagged versions of a kit, by tag")
        .pages("after")
        .gives::<KitVersions>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}",
        "showVersion",
        "What one version is made of: Kitfile, layers, size, quarantine",
    )
    .gives::<KitDetail>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/files",
        "listFiles",
        "Files of a version, layer by layer",
    )
    .query(AFTER)
    .pages("after")
    .gives::<FileList>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/files/{*path}",
        "readFile",
        "The bytes of one file, read out of its layer",
    )
    .gives_media(BYTES)
    .in_ranges(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/preview",
        "previewFile",
        "A look inside one file: bounded text and numbers, whatever it holds",
    )
    .query(PREVIEW)
    .gives::<Preview>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/image",
        "readImage",
        "A PNG, JPEG, GIF or WebP of bounded size, under the type that its bytes have",
    )
    .query(IMAGE)
    .gives_media(PICTURES)
    .in_ranges(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/card",
        "showCard",
        "The README or model card of a version, as Markdown",
    )
    .gives::<Card>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/facts",
        "showFacts",
        "What is known of a version at a glance: parameters, element types, licences, base models",
    )
    .gives::<KitFacts>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/badge.svg",
        "showBadge",
        "One fact of a version as a small picture, for a README; a page of another site is shown what anyone may read",
    )
    .query(BADGE)
    .gives_media(&["image/svg+xml"]),
    get(
        "/api/v1/kits/{name}/versions/{reference}/tensors",
        "listTensors",
        "Tensors of a version, from the headers of its files, with sums over all of them",
    )
    .query(TENSORS)
    .pages("from")
    .gives::<TensorList>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/provenance",
        "showProvenance",
        "What is stated about a version, each statement verified under the hub's trust, step by step",
    )
    .gives::<KitProvenance>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/security",
        "showSecurity",
        "What inspection found in a version, code that loading it can run, and advisories",
    )
    .query(SECURITY)
    .gives::<KitSecurity>()
    .gives_media(&["application/sarif+json"]),
    get(
        "/api/v1/kits/{name}/versions/{reference}/lineage",
        "showLineage",
        "What a version came from and what came from it, each tie with how it is known",
    )
    .query(LINEAGE)
    .gives::<KitLineage>(),
    post(
        "/api/v1/kits/{name}/versions/{reference}/verdict",
        "judgeVersion",
        "What the hub's policies say of a version now; no tag is set. It takes a right to push",
    )
    .gives::<HubJudgement>(),
    get(
        "/api/v1/kits/{name}/history",
        "kitHistory",
        "What became of the versions of a kit, the newest first, as the log has it",
    )
    .query(TAG)
    .pages("before")
    .gives::<KitHistory>(),
    get(
        "/api/v1/kits/{name}/history.atom",
        "kitFeed",
        "The newest of that as an Atom feed (RFC 4287)",
    )
    .gives_media(&["application/atom+xml"]),
    get("/api/v1/compare", "compare", "What differs between two versions")
        .query(PAIR)
        .gives::<Comparison>(),
    get("/api/v1/compare/text", "compareText", "The lines of one file that differ")
        .query(TEXT)
        .gives::<TextComparison>(),
    get("/api/v1/compare/tensors", "compareTensors", "The tensors that differ, and how")
        .query(COMPARED_TENSORS)
        .pages("from")
        .gives::<TensorComparison>(),
];

const FILE: Parameter = Parameter::new("file", Kind::Text, "Path of the file.").required();
const IMAGE: &[Parameter] = &[FILE];
const PREVIEW: &[Parameter] = &[
    FILE,
    Parameter::new(
        "as",
        Kind::OneOf(&["auto", "text", "hex"]),
        "As what it is shown; by its content where it is not said.",
    ),
    Parameter::new(
        "offset",
        Kind::Number,
        "The first byte of a text or of bytes: `next` of the part before.",
    ),
];

const BADGE: &[Parameter] = &[Parameter::new(
    "of",
    Kind::OneOf(&["signature", "aibom", "licence", "size"]),
    "What it tells.",
)
.required()];

const TENSORS: &[Parameter] = &[
    Parameter::new(
        "file",
        Kind::Text,
        "Only those of this file, or of the shards that this index names.",
    ),
    Parameter::new("layer", Kind::Text, "Only those of this layer of the model: `model.layers.0`."),
    Parameter::new(
        "sort",
        Kind::OneOf(&["place", "name", "bytes", "parameters"]),
        "In which order.",
    ),
];

const SECURITY: &[Parameter] = &[
    Parameter::new(
        "severity",
        Kind::OneOf(&["info", "low", "medium", "high", "critical"]),
        "Only findings of this severity.",
    ),
    Parameter::new("rule", Kind::Text, "Only findings of this rule."),
    Parameter::new("file", Kind::Text, "Only findings in this file."),
    Parameter::new(
        "format",
        Kind::OneOf(&["json", "sarif"]),
        "`sarif` gives the findings as SARIF 2.1.0.",
    ),
];

const LINEAGE: &[Parameter] = &[
    Parameter::new(
        "direction",
        Kind::OneOf(&["both", "up", "down"]),
        "Up: what it came from. Down: what came from it.",
    ),
    Parameter::new("depth", Kind::Number, "How many ties are followed: 3, at most 16."),
    Parameter::new(
        "view",
        Kind::OneOf(&["compact", "full"]),
        "Full: what it was evaluated on and what it loads as well.",
    ),
    Parameter::new("limit", Kind::Number, "How many things are told: 200, at most 1,000."),
];

const AFTER: &[Parameter] = &[Parameter::new(
    "after",
    Kind::Number,
    "How many files come before: `next` of the page before it.",
)];

const A: Parameter = Parameter::new("a", Kind::Reference, "The first version.").required();
const B: Parameter = Parameter::new("b", Kind::Reference, "The second version.").required();
const PAIR: &[Parameter] = &[A, B];

const TEXT: &[Parameter] = &[
    A,
    B,
    Parameter::new("file", Kind::Text, "Path of the file in the first.").required(),
    Parameter::new("to", Kind::Text, "Its path in the second, where that is another."),
];

const COMPARED_TENSORS: &[Parameter] = &[
    A,
    B,
    Parameter::new(
        "change",
        Kind::OneOf(&["unchanged", "changed", "unknown", "moved", "added", "removed"]),
        "Those that differ so; all that differ where it is not said.",
    ),
    Parameter::new("layer", Kind::Text, "Only those of this layer of the model."),
];

const TAG: &[Parameter] = &[Parameter::new("tag", Kind::Text, "Only acts on this tag.")];

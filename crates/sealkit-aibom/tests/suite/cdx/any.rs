//! AIBOMs of every shape, for property tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sealkit_aibom::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, Run, name,
};
use sealkit_inspect::{
    FileInfo, LinkInfo, MetricInfo, OriginInfo, PackageInfo, PartyInfo, Scope, TensorInfo, Value,
    property,
};
use sealkit_report::{Evidence, Known};

/// Texts that documents have trouble with.
fn any_text() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        4 => "[a-z]{1,8}",
        1 => "\\PC{0,12}",
        1 => prop::sample::select(vec![
            "", " ", "MIT", "apache-2.0", "Apache-2.0", "MIT OR Apache-2.0", "llama3.2", "1.0",
            "supervised", "required", "service", "platform", "evidence", "a:type", "type", "[]",
            "pre-build", "2026-01-01T00:00:00Z", "{\"known\":\"measured\",\"file\":\"x\"}",
            "https://example.org/a", "a@b.example", "pkg:generic/x", "cpe:2.3:a:b:c", "swh:1:rev:x",
            "application/json", "\u{0}", "</script>", "\u{202e}", "Out of scope: x", "build",
        ]).prop_map(str::to_owned),
    ]
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    option::of(any_text())
}

fn evidence() -> impl Strategy<Value = Option<Evidence>> {
    let known = prop::sample::select(vec![
        Known::Measured,
        Known::Attested,
        Known::Declared,
        Known::Inferred,
    ]);
    let place = prop_oneof![Just(String::new()), Just("line 3".into()), any_text()];
    let file = prop_oneof![Just("f0".to_owned()), any_text()];
    let digest =
        prop::bool::weighted(0.2).prop_map(|yes| yes.then(|| sealkit_oci::Digest::of(b"")));
    option::of((known, file, place, digest).prop_map(|(known, file, place, digest)| Evidence {
        known,
        file,
        place,
        digest,
    }))
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => any_text().prop_map(Value::Text),
        1 => any::<u64>().prop_map(Value::Uint),
        1 => any::<i64>().prop_map(Value::Int),
        1 => prop::num::f64::NORMAL.prop_map(Value::Float),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => vec(any_text(), 0..3).prop_map(Value::List),
        1 => any_text().prop_map(|name| Value::Tensor(TensorInfo {
            name, dtype: "F32".into(), shape: vec![2, 3], offset: 0, size: 24,
        })),
        2 => (any_text(), maybe(), any::<bool>()).prop_map(|(name, version, dev)| {
            let scope = if dev { Scope::Development } else { Scope::Optional };
            Value::Package(PackageInfo { name, version, scope, ..PackageInfo::default() })
        }),
        1 => (any_text(), maybe()).prop_map(|(name, revision)| {
            Value::Origin(OriginInfo { name, revision, ..OriginInfo::default() })
        }),
        2 => (any_text(), any_text(), maybe(), maybe()).prop_map(|(name, value, dataset, split)| {
            Value::Metric(MetricInfo { name, value, dataset, split, ..MetricInfo::default() })
        }),
        1 => any_text().prop_map(|path| Value::File(FileInfo { path, ..FileInfo::default() })),
        2 => (prop_oneof![Just("vcs".to_owned()), any_text()], any_text())
            .prop_map(|(kind, url)| Value::Link(LinkInfo { kind, url })),
        2 => party().prop_map(Value::Party),
    ]
}

fn party() -> impl Strategy<Value = PartyInfo> {
    let role = prop::sample::select(vec![None, Some("author"), Some("publisher"), Some("owner")]);
    let parts = (any_text(), maybe(), maybe(), any::<bool>(), role);
    parts.prop_map(|(name, email, url, organisation, role)| PartyInfo {
        name,
        email,
        url,
        organisation,
        role: role.map(str::to_owned),
    })
}

/// Names that matter to the codec, and others.
fn claim_name() -> impl Strategy<Value = String> {
    let own = [
        name::BOM_AUTHOR,
        name::SUPPLIER,
        name::LIFECYCLE,
        name::DATA_VERSION,
        name::UNKNOWN,
        name::HUB_ID,
        name::RELATION,
        name::COMPONENT_TYPE,
        name::GROUP,
        name::PUBLISHER,
        name::COPYRIGHT,
        name::CPE,
        name::SWHID,
        name::SCOPE,
        name::CLASSIFICATION,
        name::APPROACH,
        name::TRADE_OFF,
        name::STARTED,
        name::ENDED,
        name::COMMAND,
        name::TOOL,
        name::SERIAL_NUMBER,
        name::BOM_VERSION,
    ];
    let odd = [
        "metadata:x",
        "metadata:sealkit:kind",
        "metadata:",
        "metadata:sealkit:a:evidence",
        "kind",
        "path",
        "hash",
        "property",
        "activity",
        "a:b",
        "",
        "Ünï",
        "metadata:spdx:x",
    ];
    let common = [
        property::VERSION,
        property::DESCRIPTION,
        property::LICENCE,
        property::AUTHOR,
        property::PARTY,
        property::TAG,
        property::LINK,
        property::METRIC,
        property::INPUT,
        property::INPUT_TYPE,
        property::PACKAGE,
    ];
    let all = property::ALL.iter().chain(&own).chain(&odd).map(|name| (*name).to_owned());
    let common = prop::sample::select(common.to_vec()).prop_map(str::to_owned);
    prop_oneof![prop::sample::select(all.collect::<Vec<_>>()), common]
}

pub(crate) fn claim() -> impl Strategy<Value = Property> {
    let subject = prop_oneof![4 => Just(String::new()), 1 => any_text()];
    (claim_name(), subject, value(), evidence())
        .prop_map(|(name, subject, value, evidence)| Property { name, subject, value, evidence })
}

fn hash() -> impl Strategy<Value = Hash> {
    let algorithm = prop::sample::select(vec![
        HashAlgorithm::Md5,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha3_384,
        HashAlgorithm::Blake3,
    ]);
    (algorithm, "[0-9a-f]", evidence()).prop_map(|(algorithm, digit, evidence)| {
        Hash::new(algorithm, &digit.repeat(algorithm.hex_digits()), evidence).unwrap()
    })
}

fn component(id: String) -> impl Strategy<Value = Component> {
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let filled = || maybe().prop_map(|text| text.filter(|text| !text.is_empty()));
    let bytes = (filled(), vec(hash(), 0..3), option::of(any::<u64>()), filled(), filled());
    (kind, any_text(), bytes, vec(claim(), 0..8)).prop_map(
        move |(kind, name, bytes, properties)| {
            let mut component = Component::new(ComponentId(id.clone()), kind, name);
            (
                component.path,
                component.hashes,
                component.size,
                component.media_type,
                component.purl,
            ) = bytes;
            component.properties = properties;
            component
        },
    )
}

/// One of the components, a run, or something that is not there.
fn id() -> impl Strategy<Value = ComponentId> {
    let all = ["c0", "c1", "c2", "c3", "c4", "run:0", "nowhere", "urn:cdx:x/1#y"];
    prop::sample::select(all.to_vec()).prop_map(|id| ComponentId(id.to_owned()))
}

fn relation() -> impl Strategy<Value = Relation> {
    let kind = prop::sample::select(RelationKind::ALL.to_vec());
    let role = option::of(prop::sample::select(vec!["adapter", "train", "assembly"]));
    (id(), id(), kind, role, evidence()).prop_map(|(from, to, kind, role, evidence)| {
        Relation::new(&from, kind, &to).role(role).because(evidence)
    })
}

fn run(number: usize) -> impl Strategy<Value = Run> {
    let parts = (any_text(), any_text(), vec(id(), 0..3), vec(id(), 0..3), vec(claim(), 0..4));
    parts.prop_map(move |(name, activity, inputs, outputs, properties)| Run {
        id: ComponentId(format!("run:{number}")),
        name,
        activity,
        inputs,
        outputs,
        properties,
    })
}

fn composition() -> impl Strategy<Value = Composition> {
    let completeness = prop::sample::select(vec![
        Completeness::Complete,
        Completeness::Incomplete,
        Completeness::Unknown,
    ]);
    (completeness, vec(id(), 0..3), vec(id(), 0..3)).prop_map(
        |(completeness, contents, origins)| Composition { completeness, contents, origins },
    )
}

/// An AIBOM in its normal form.
pub(crate) fn bom() -> impl Strategy<Value = Bom> {
    let components = (0..5).map(|n| component(format!("c{n}"))).collect::<Vec<_>>();
    let runs = prop_oneof![Just(0_usize), Just(2)]
        .prop_flat_map(|count| (0..count).map(run).collect::<Vec<_>>());
    let parts = (
        component("c0".into()),
        (components, 0_usize..5),
        vec(relation(), 0..10),
        vec(composition(), 0..3),
        runs,
        vec(claim(), 0..6),
    );
    parts.prop_map(|(subject, (components, count), relations, compositions, runs, properties)| {
        let mut bom = Bom::new(subject);
        bom.components = components.into_iter().skip(1).take(count).collect();
        bom.relations = relations;
        bom.compositions = compositions;
        bom.runs = runs;
        bom.properties = properties;
        bom.normalise();
        bom
    })
}

//! Every type of the API against the published description: what the description allows is read, and
//! written again as it was; what it demands can not be left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sealkit_api::*;
use sealkit_report::{Evidence, Finding, Known, Outcome, Severity, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Instances of each type that are tried.
const TRIES: u64 = 40;

/// A type by its name in the description, and how it is read and written again.
type Type = (String, fn(&Value) -> Result<Value, String>);

fn of<T: JsonSchema + Serialize + DeserializeOwned>() -> Type {
    (T::schema_name().into_owned(), |value| {
        let read: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        serde_json::to_value(&read).map_err(|error| error.to_string())
    })
}

macro_rules! types {
    ($($name:ty),* $(,)?) => { vec![$(of::<$name>()),*] };
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn types() -> Vec<Type> {
    types![
        AdminHealth,
        AdminJob,
        AdminJobs,
        AdminRule,
        AdminState,
        AdminStored,
        AdminSweep,
        AdminToken,
        AdminTokens,
        AdminUpload,
        Affected,
        AibomComponent,
        AibomEntry,
        AibomGap,
        AibomList,
        AibomRelation,
        AibomScore,
        AibomStatement,
        AibomSummary,
        ApiCode,
        ApiErrorBody,
        ArchiveList,
        ArchiveMember,
        AttachedStatement,
        Card,
        CatalogState,
        Change,
        ChangedField,
        ColumnInfo,
        ColumnList,
        ColumnRows,
        Comparison,
        ContentChange,
        Evidence,
        FacetCount,
        FailingJob,
        FileChange,
        FileEntry,
        FileFormat,
        FileList,
        FileMove,
        FileSource,
        Finding,
        GraphSummary,
        Hashed,
        HeldTensor,
        HexDump,
        Hit,
        HubAdvisories,
        HubAdvisory,
        HubAnswer,
        HubEvent,
        HubEvents,
        HubJudgement,
        HubKeyInfo,
        HubPolicies,
        HubPolicy,
        HubPolicyException,
        HubPolicyRule,
        HubVerdict,
        HubVerdicts,
        Hunk,
        ImageInfo,
        Impact,
        OpenVersion,
        ImportClass,
        KeptVersion,
        KitAct,
        KitDetail,
        KitFacts,
        KitHistory,
        KitLineage,
        KitList,
        KitProvenance,
        KitSecurity,
        KitSummary,
        KitVersion,
        KitVersions,
        Known,
        Layer,
        LayerChange,
        LicenceOf,
        LineageEdge,
        LineageKit,
        LineageNode,
        LogInfo,
        LogProof,
        LogProofs,
        NamedCount,
        NotShown,
        NotebookCell,
        NotebookHead,
        Outcome,
        OwnerDetail,
        PartChange,
        PickleImport,
        PickleImports,
        PlacedName,
        PolicyTrial,
        PolicyTrialRequest,
        PolicyVerdict,
        Preview,
        PreviewContent,
        PreviewFact,
        PullCount,
        PullCounts,
        QuarantineAnswer,
        QuarantineEntry,
        QuarantineList,
        QuarantineRequest,
        RunsCode,
        SearchResult,
        SecurityFinding,
        Severity,
        SeverityCount,
        SignedAdvisory,
        StatementAdvisory,
        StatementLogEntry,
        StatementRun,
        StatementSigner,
        StatementSubject,
        Step,
        TableHead,
        TagChange,
        TagHistory,
        Tensor,
        TensorChange,
        TensorChangeKind,
        TensorComparison,
        TensorFile,
        TensorList,
        TensorSide,
        TensorState,
        TensorSum,
        TensorSummary,
        TensorTally,
        TextComparison,
        TextHead,
        TextLine,
        TextWithheld,
        TriedVersion,
        TrustUsed,
        Unlisted,
        Verdict,
        WorkloadRequest,
        WorkloadToken,
        sealkit_oci::Digest,
        sealkit_report::Step,
    ]
}

/// Makes instances of schemas, always the same ones.
struct Maker<'a> {
    document: &'a Value,
    state: u64,
    /// Whether what may be left out is: never, always, or by chance.
    leaves_out: Option<bool>,
}

impl Maker<'_> {
    fn number(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) % below.max(1)
    }

    fn make(&mut self, schema: &Value, depth: u32) -> Value {
        if let Some(target) = schema["$ref"].as_str() {
            let named = self.document.pointer(target.trim_start_matches('#')).unwrap();
            let mut made = self.make(&named.clone(), depth + 1);
            if let Some(made) = made.as_object_mut() {
                made.extend(self.object(schema, depth));
            }
            return made;
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return values[self.number(values.len() as u64) as usize].clone();
        }
        let chosen = ["oneOf", "anyOf"].into_iter().find_map(|key| schema[key].as_array());
        if let Some(choices) = chosen {
            let choices: Vec<&Value> = choices.iter().filter(|one| one["type"] != "null").collect();
            let choice = choices[self.number(choices.len() as u64) as usize];
            let mut made = self.make(choice, depth + 1);
            if let Some(made) = made.as_object_mut() {
                made.extend(self.object(schema, depth));
            }
            return made;
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap().clone(),
            kind => kind.clone(),
        };
        match kind.as_str() {
            Some("object") => Value::Object(self.object(schema, depth)),
            Some("array") => {
                let count = if depth > 8 { 0 } else { 1 + self.number(2) };
                (0..count).map(|_| self.make(&schema["items"], depth + 1)).collect()
            }
            Some("string") => self.text(schema),
            // What is left out where it is nothing is something here.
            Some("boolean") => json!(true),
            Some("integer") => json!(1 + self.number(200)),
            Some("number") => json!(self.number(100) as f64 + 0.5),
            _ => json!("anything"),
        }
    }

    fn object(&mut self, schema: &Value, depth: u32) -> Map<String, Value> {
        let mut made = Map::new();
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            let leaves_out = self.leaves_out.unwrap_or(depth > 8 || self.number(2) == 0);
            if required.contains(name.as_str()) || !(leaves_out || depth > 8) {
                made.insert(name.clone(), self.make(of, depth + 1));
            }
        }
        let more = schema.get("additionalProperties").filter(|more| more.is_object());
        if let Some(more) = more {
            made.insert("key".to_owned(), self.make(more, depth + 1));
        }
        made
    }

    fn text(&mut self, schema: &Value) -> Value {
        if schema["pattern"].is_string() {
            return json!(format!("sha256:{:064x}", self.number(u64::from(u32::MAX))));
        }
        if let Some(longest) = schema["maxLength"].as_u64() {
            return json!("x".repeat(longest.min(9) as usize));
        }
        let texts = ["a", "org/kit", "<b>\u{202e}&amp;", "日本", "\u{1b}[2J\n\t", "\"\\"];
        json!(texts[self.number(texts.len() as u64) as usize])
    }
}

/// The description of one type, to hold values against.
fn validator(document: &Value, name: &str) -> jsonschema::Validator {
    let mut root = json!({ "components": document["components"] });
    root["$ref"] = json!(format!("#/components/schemas/{name}"));
    jsonschema::validator_for(&root).unwrap()
}

#[test]
fn every_type_of_the_description_is_tried_here() {
    let document = openapi();
    let described: BTreeSet<String> =
        document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    let tried: BTreeSet<String> = types().into_iter().map(|(name, _)| name).collect();
    let missing: Vec<_> = described.difference(&tried).collect();
    assert!(missing.is_empty(), "add to `types`: {missing:?}");
}

#[test]
fn what_the_description_allows_is_read_and_written_as_it_was() {
    let document = openapi();
    for (name, again) in types() {
        let Some(schema) = document["components"]["schemas"].get(&name) else { continue };
        let validator = validator(&document, &name);
        for state in 0..TRIES {
            let leaves_out = [Some(true), Some(false), None][(state % 3) as usize];
            let mut maker = Maker { document: &document, state, leaves_out };
            let value = maker.make(schema, 0);
            assert!(validator.is_valid(&value), "the test made no {name}: {value}");
            let written = again(&value).unwrap_or_else(|why| panic!("{name}: {why}: {value}"));
            assert_eq!(written, value, "{name}");
            assert!(validator.is_valid(&written), "{name}: {written}");
        }
    }
}

#[test]
fn what_the_description_demands_can_not_be_left_out() {
    let document = openapi();
    for (name, again) in types() {
        let Some(schema) = document["components"]["schemas"].get(&name) else { continue };
        if schema["properties"].is_null() {
            continue;
        }
        let validator = validator(&document, &name);
        let mut maker = Maker { document: &document, state: 7, leaves_out: Some(true) };
        let whole = maker.make(schema, 0);
        for demanded in schema["required"].as_array().into_iter().flatten() {
            let demanded = demanded.as_str().unwrap();
            let mut less = whole.clone();
            less.as_object_mut().unwrap().remove(demanded);
            assert!(!validator.is_valid(&less), "{name} without {demanded}");
            // An answer of an older hub may lack what is empty anyway; nothing else.
            if let Ok(read) = again(&less) {
                let is_empty = |value: &Value| {
                    value.is_null()
                        || *value == json!([])
                        || *value == json!(false)
                        || *value == json!(0)
                        || *value == json!({})
                        || *value == json!("")
                };
                assert!(is_empty(&read[demanded]), "{name}.{demanded}: {}", read[demanded]);
            }
        }
        // What a later hub adds is passed over by a client; what a hub is sent has to be known.
        let mut more = whole.clone();
        more["laterField"] = json!({ "a": [1] });
        let closed = schema["additionalProperties"] == json!(false);
        assert_eq!(again(&more).is_err(), closed, "{name}");
        // Another type is never taken for this one.
        for other in [json!(null), json!("text"), json!(7)] {
            assert!(again(&other).is_err() || validator.is_valid(&other), "{name}: {other}");
        }
    }
}

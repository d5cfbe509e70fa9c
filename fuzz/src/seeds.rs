//! Seeds, made by code: one good input of each kind that a target reads, and some odd ones.

mod data;
mod witnesses;
use std::collections::BTreeMap;

use sealkit_attest::log::{HashedRekord, LogAct, LogLeaf, encode_entries};
use sealkit_attest::{PrivateKey, Signer as _, Statement};
use sealkit_oci::{Descriptor, Digest, FileKind, Manifest, Raw, media_type};
use sealkit_pack::tar::{Header, TRAILER, padding};

use crate::models;
use crate::targets::NAMES;

const KITFILE: &str = "manifestVersion: 1.0.0
package:
  name: grain
  version: 1.0.0
  authors: [a, \"b c\"]
model:
  name: m
  path: model/grain.safetensors
  parts:
    - {name: tokenizer, path: model/tokenizer.json, type: tokenizer}
  parameters: {rate: 0.3, deep: {list: [1, 2.5, 1e21, true, null, \"x\"]}}
datasets:
  - name: d
    path: data
code:
  - path: src
docs:
  - path: README.md
prompts:
  - path: prompts/one.md
";

const STATEMENT: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"kit","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],"predicateType":"https://example.com/p/v1","predicate":{"a":[1,"b"]}}"#;

const OVERLAY: &str = "supplier: {name: us, organisation: true}
authors: [a, {name: b, email: c}]
model:
  intendedUse: [x, y]
  ethics: [{name: r, mitigation: m}]
  fairness: {group: g, harms: h}
  energy: [{activity: training, kwh: 1.5}, {activity: inference, co2Grams: 2}]
  autonomy: no
datasets:
  d: {rows: 12, sensitiveData: false, creators: [z]}
";

/// A card, settings and a licence as one kit.
fn assembled() -> Vec<Vec<u8>> {
    let piece = |name: &str, text: &str| {
        let at = NAMES.iter().position(|known| *known == name).unwrap_or_default();
        [
            &[u8::try_from(at).unwrap_or_default() + u8::try_from(NAMES.len()).unwrap_or_default()],
            text.as_bytes(),
        ]
        .concat()
    };
    let card = piece(
        "README.md",
        "---\nlicense: mit\nbase_model: a/b\ndatasets: [c, d/e]\nmodel-index: [{name: m}]\n---\n# M\n",
    );
    let config = piece("config.json", "{\"model_type\":\"bert\",\"_name_or_path\":\"a/b\"}");
    let licence = piece("LICENSE", "MIT License Permission is hereby granted, free of charge");
    let data = piece("data.csv", "a,b\n1,2\n");
    vec![[card, vec![0], config, vec![0], licence, vec![0], data].concat()]
}
const CYCLONEDX: &str = r##"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":2,"metadata":{"timestamp":"2026-01-01T00:00:00Z","tools":[{"name":"t"}],"component":{"type":"application","name":"a","bom-ref":"a"}},"components":[{"type":"machine-learning-model","name":"m","bom-ref":"m","version":"1","hashes":[{"alg":"MD5","content":"d41d8cd98f00b204e9800998ecf8427e"}],"licenses":[{"license":{"id":"MIT","acknowledgement":"concluded"}}],"purl":"pkg:generic/m@1","pedigree":{"ancestors":[{"type":"machine-learning-model","name":"b"}],"commits":[{"uid":"c"}]},"externalReferences":[{"type":"vcs","url":"https://a.example"}],"modelCard":{"modelParameters":{"task":"t","datasets":[{"ref":"d"}]},"quantitativeAnalysis":{"performanceMetrics":[{"type":"f1","value":"1"}]}},"properties":[{"name":"sealkit:rows","value":"1"},{"name":"sealkit:rows:evidence","value":"{\"known\":\"measured\",\"file\":\"f\"}"},{"name":"sealkit:relation","value":"{\"kind\":\"loads\",\"to\":\"d\"}"},{"name":"x","value":"y"}],"components":[{"type":"file","name":"f"}]},{"type":"data","name":"d","bom-ref":"d","data":[{"type":"dataset","classification":"public"}]}],"services":[{"name":"s","bom-ref":"s"}],"dependencies":[{"ref":"a","dependsOn":["m","d"]}],"compositions":[{"aggregate":"unknown","assemblies":["a"]}],"formulation":[{"workflows":[{"bom-ref":"w","uid":"w","taskTypes":["build"],"inputs":[{"resource":{"ref":"d"}}]}]}]}"##;
const ADVISORY: &str = r#"{"id":"A-1","modified":"2026-01-01T00:00:00Z","aliases":["C-1"],"summary":"s","references":[{"type":"WEB","url":"https://a.example"}],"affected":[{"package":{"ecosystem":"PyPI","name":"NumPy"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.1.1rc1"},{"last_affected":"3"},{"limit":"*"}]}],"versions":["1.0"]},{"package":{"purl":"pkg:huggingface/org/base@0"}}],"database_specific":{"digests":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#;

const SPDX: &str = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-01-01T00:00:00Z","createdBy":["a"]},{"type":"Person","spdxId":"a","creationInfo":"_:c","name":"A"},{"type":"ai_AIPackage","spdxId":"m","creationInfo":"_:c","name":"m","software_packageVersion":"1","ai_hyperparameter":[{"type":"DictionaryEntry","key":"k","value":"v"}],"verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]},{"type":"dataset_DatasetPackage","spdxId":"d","creationInfo":"_:c","name":"d","dataset_datasetType":["text"]},{"type":"software_File","spdxId":"f","creationInfo":"_:c","name":"w.bin"},{"type":"Relationship","spdxId":"r","creationInfo":"_:c","from":"m","to":["d"],"relationshipType":"trainedOn"},{"type":"Relationship","spdxId":"q","creationInfo":"_:c","from":"m","to":["f"],"relationshipType":"contains"}]}"#;

const FACTS: &str = r#"{"schemaVersion":1,"now":"2026-10-01T00:00:00Z","subject":{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","pinned":true},"statements":[{"signer":{"identity":{"entry":{"name":"ci","role":"ci","issuer":"i","subject":{"kind":"uri","value":"u"}},"kind":"uri","subject":"u"}},"evidence":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","predicateType":"https://openvex.dev/ns","predicate":{"statements":[{"vulnerability":{"name":"CVE-1"},"status":"fixed"}]}}],"steps":[{"id":"blob-digests","title":"layers","outcome":"pass"}],"files":[{"path":"a","formats":["pickle"]}],"lineage":{"complete":true,"ancestors":[]},"seen":{}}"#;

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "overlay" => texts(&[OVERLAY, "kit: {links: [{url: a}]}\n", "modle: {}\n"]),
        "policy" => texts(&[
            sealkit_policy::STARTER,
            sealkit_policy::DEFAULT,
            "schemaVersion: 1\nname: p\nrules: [{id: r, check: {signers: {threshold: {atLeast: 2}}}}]\n",
            "a: &a [x]\nb: *a\n",
        ]),
        "policy_facts" => texts(&[FACTS]),
        "assemble" => assembled(),
        "advisory" => texts(&[ADVISORY]),
        "judge" => texts(&[SPDX]),
        "kitfile" => texts(&[KITFILE, "manifestVersion: 1.0.0\nmodel: &a {path: m}\ncode: [*a]\n"]),
        "kit_config" => texts(&[
            r#"{"manifestVersion":"1.0.0","package":{},"model":{"path":"m","parameters":{"a":1e21}},"datasets":[{"path":"d","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#,
        ]),
        "ignore" => texts(&["a/b/c.txt\n*.tmp\n!keep.tmp\n/a/**/c.txt\nb/\n[a-z]?.py\n"]),
        "manifest" => vec![manifest(), br#"{"schemaVersion":2,"layers":null}"#.to_vec()],
        "reference" => texts(&[
            "localhost:5000/a/b:v1,v2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "[::1]:5000/a:b",
            "localhost/foo",
            "a",
        ]),
        "pickle" => crate::pickles::seeds(),
        "predicate" => crate::predicates::seeds(),
        // A chain, a fan and a cycle of ties.
        "lineage" => vec![
            [[0, 1, 2, 0x0d], [1, 2, 3, 0x0e], [2, 0, 0, 0x0c]].concat(),
            (0..40).flat_map(|at| [0, at, at, at | 8]).collect(),
        ],
        "tar" => vec![archive()],
        "statement" => texts(&[STATEMENT]),
        "bundle" => vec![bundle()],
        "simple_signing" => vec![format!(
            "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"r.example/kit\"}},\"image\":\
             {{\"docker-manifest-digest\":\"sha256:{}\"}},\"type\":\
             \"cosign container image signature\"}},\"optional\":null}}",
            "ab".repeat(32)
        )
        .into_bytes()],
        "model" => crate::signed::models(),
        "key" => keys(),
        "certificate" => crate::signed::chains(),
        "authority" => vec![witnesses::CERTIFICATE.to_vec(), witnesses::AUTHORITY.to_vec()],
        "checkpoint" => texts(&[witnesses::CHECKPOINT, witnesses::NOTE_KEY]),
        "log" => log(),
        "keyless" => vec![witnesses::KEYLESS.to_vec()],
        "timestamp" => vec![witnesses::TIMESTAMP.to_vec()],
        "trusted_root" => vec![witnesses::TRUSTED_ROOT.to_vec()],
        "inspect" => files(),
        "preview" => previews(),
        "tensors" => models::with_tensors(),
        "stream" => streams(),
        "survey" => texts(&[
            "data/train/cat/1.jpg\ndata/train/dog/2.png\ndata/test/cat/3.jpg\ndata/a.wav\n",
            "a-00000-of-00003.parquet\na-00002-of-00003.parquet\n/\n\n../x.jpg\n",
        ]),
        "git" => {
            repository().into_values().enumerate().map(|(at, file)| choose(at, file)).collect()
        }
        "records" => crate::records::seeds(),
        "cyclonedx" => texts(&[CYCLONEDX, &CYCLONEDX.replace("1.6", "1.7")]),
        "purl" => texts(&[
            "pkg:oci/debian@sha256:244fd47e07d10?repository_url=docker.io%2Flibrary&arch=x#a/b",
            "pkg:npm/%40scope/name@1.0",
        ]),
        _ => Vec::new(),
    }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A path, two kinds of entries, a request for one, and a bundle of both.
fn log() -> Vec<Vec<u8>> {
    let digest = Digest::of(b"kit");
    let act =
        LogAct::Tag { tag: "v1".into(), digest: digest.clone(), old: None, previous: Some(7) };
    let (actor, repository) = ("ana".to_owned(), "org/kit".to_owned());
    let leaf = LogLeaf { actor, time: 1_800_000_000, repository, act }.encode();
    let key = PrivateKey::generate(&mut |bytes| bytes.fill(0x21)).expect("a good key");
    let signature = key.sign(b"kit").expect("a signature");
    let rekord = HashedRekord::new(digest, &signature, key.public_key()).expect("a good signature");
    let entries = [leaf.expect("a good entry"), rekord.encode().expect("a good entry")];
    let bundle = encode_entries(&entries).expect("short entries");
    let request = rekord.request().to_string().into_bytes();
    let [leaf, rekord] = entries;
    vec![b"tile/1/x001/234.p/17".to_vec(), leaf, rekord, request, bundle, vec![7; 64]]
}

/// A key as encrypted file, as plain file, as DER, and its public half in both forms.
fn keys() -> Vec<Vec<u8>> {
    let mut random = |bytes: &mut [u8]| bytes.fill(7);
    let Ok(key) = PrivateKey::generate(&mut random) else { return Vec::new() };
    let (Ok(der), Ok(sealed)) = (key.to_pkcs8_der(), key.to_encrypted_pem(b"hello", &mut random))
    else {
        return Vec::new();
    };
    let body = sealkit_attest::base64::encode(&der);
    let plain = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let public = key.public_key();
    vec![
        sealed.into_bytes(),
        plain.into_bytes(),
        der.to_vec(),
        public.to_pem().into_bytes(),
        public.to_der().to_vec(),
    ]
}

fn manifest() -> Vec<u8> {
    let subject = Descriptor::of(media_type::OCI_MANIFEST, b"{}");
    let layer = Descriptor::of("application/vnd.kitops.modelkit.model.v1.tar", b"x");
    let manifest = Manifest::referrer("application/x", layer.annotated("k", "<v>"), &subject);
    Raw::build(media_type::OCI_MANIFEST, manifest).map(Raw::into_bytes).unwrap_or_default()
}

fn archive() -> Vec<u8> {
    let long = format!("{}/ü.bin", "folder".repeat(30));
    let entries: [(&str, FileKind, &[u8]); 4] = [
        ("data", FileKind::Dir, b""),
        ("data/a.txt", FileKind::File, b"hello"),
        ("data/empty", FileKind::File, b""),
        (&long, FileKind::File, &[7; 600]),
    ];
    let mut tar = Vec::new();
    for (path, kind, body) in entries {
        let size = body.len() as u64;
        tar.extend(Header { path, kind, mode: 0o644, size }.encode());
        tar.extend_from_slice(body);
        tar.resize(tar.len() + padding(size), 0);
    }
    tar.extend(TRAILER);
    tar
}

/// A bundle of the right shape; its signature need not hold, for parsing is what is tried.
fn bundle() -> Vec<u8> {
    let statement = Statement::parse(STATEMENT.as_bytes().to_vec());
    let payload = statement.map(|statement| statement.payload().to_vec()).unwrap_or_default();
    format!(
        r#"{{"mediaType":"{}","verificationMaterial":{{"publicKey":{{"hint":"k"}},"tlogEntries":[],"timestampVerificationData":{{"rfc3161Timestamps":[]}}}},"dsseEnvelope":{{"payload":"{}","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"AAAA","keyid":""}}]}}}}"#,
        media_type::SIGSTORE_BUNDLE,
        sealkit_attest::base64::encode(&payload),
    )
    .into_bytes()
}

fn choose(index: usize, content: Vec<u8>) -> Vec<u8> {
    let mut seed = vec![index as u8];
    seed.extend(content);
    seed
}

/// The files of a repository with a pack, as git made it, and tables of references, as dulwich made them.
pub fn repository() -> BTreeMap<String, Vec<u8>> {
    const PACK: &str = "objects/pack/pack-b4ad94fc8ab1229227ef69186f29e1003cdd7f51";
    macro_rules! golden {
        ($name:literal) => {
            include_bytes!(concat!("../../crates/sealkit-inspect/tests/golden/git/", $name))
                .to_vec()
        };
    }
    BTreeMap::from([
        ("HEAD".to_owned(), golden!("packed/HEAD")),
        ("config".to_owned(), golden!("packed/config")),
        ("index".to_owned(), golden!("packed/index")),
        ("packed-refs".to_owned(), golden!("packed/packed-refs")),
        (
            format!("{PACK}.idx"),
            golden!("packed/objects/pack/pack-b4ad94fc8ab1229227ef69186f29e1003cdd7f51.idx"),
        ),
        (
            format!("{PACK}.pack"),
            golden!("packed/objects/pack/pack-b4ad94fc8ab1229227ef69186f29e1003cdd7f51.pack"),
        ),
        ("reftable/a.ref".to_owned(), golden!("reftable/a.ref")),
        ("reftable/b.ref".to_owned(), golden!("reftable/b.ref")),
        ("reftable/tables.list".to_owned(), golden!("reftable/tables.list")),
    ])
}

/// One file for each name, with the byte before it that chooses the name.
fn files() -> Vec<Vec<u8>> {
    NAMES.iter().enumerate().map(|(index, name)| choose(index, content(name))).collect()
}

/// The same, and the files that only a look tells apart.
fn previews() -> Vec<Vec<u8>> {
    let more = crate::previews::MORE.iter().enumerate();
    let more = more.map(|(at, (_, content))| choose(NAMES.len() + at, content.to_vec()));
    files().into_iter().chain(more).collect()
}

/// The same, with a byte more that says how long a piece is.
fn streams() -> Vec<Vec<u8>> {
    let with_piece = |mut seed: Vec<u8>| {
        seed.insert(1, 7);
        seed
    };
    files().into_iter().map(with_piece).collect()
}

fn content(name: &str) -> Vec<u8> {
    if let Some(content) = data::content(name).or_else(|| models::content(name)) {
        return content;
    }
    match name {
        "model.safetensors" => {
            let header = br#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}} "#;
            [&(header.len() as u64).to_le_bytes()[..], header, &[0; 8]].concat()
        }
        "model.gguf" => gguf(),
        "model.onnx" => b"\x08\x08\x12\x07pytorch\x1a\x032.1B\x04\x0a\x00\x10\x11".to_vec(),
        "model.npy" => {
            let header =
                format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}");
            [b"\x93NUMPY\x01\x00v\x00".as_slice(), header.as_bytes(), &[0; 8]].concat()
        }
        "model.pt" => [b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
        "config.json" => {
            br#"{"model_type":"llama","hidden_size":8,"architectures":["A"]}"#.to_vec()
        }
        "README.md" => {
            b"---\nlicense: mit\ntags: [a, b]\nbase_model: org/m\n---\n# Card\n".to_vec()
        }
        "LICENSE" => b"MIT License\n\nPermission is hereby granted, free of charge\n".to_vec(),
        "model.pkl" => b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00}\x94K\x01s.".to_vec(),
        "unknown" => b"\x00\x01\x02 text".to_vec(),
        name => project(name).as_bytes().to_vec(),
    }
}

/// What a project says of its software, in each form.
fn project(name: &str) -> &'static str {
    match name {
        "uv.lock" => {
            "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { git = \"https://h/a?rev=x#0123456789012345678901234567890123456789\" }\n[[package]]\nname = \"r\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"a\" }]\n"
        }
        "poetry.lock" => {
            "[[package]]\nname = \"a\"\nversion = \"1\"\noptional = true\n[package.dependencies]\nb = \">=1\"\n[[package]]\nname = \"b\"\nversion = \"2\"\n"
        }
        "pylock.toml" => {
            "[[packages]]\nname = \"a\"\nvcs = { url = \"https://h/a\", commit-id = \"c\" }\n"
        }
        "Pipfile.lock" => r#"{"default":{"a":{"version":"==1","hashes":["md5:0"]}}}"#,
        "requirements.txt" => {
            "a[x]==1 \\\n --hash=sha256:0\n# via b\n-r c.txt\ngit+https://t@h/d@v#egg=d\n"
        }
        "pyproject.toml" => {
            "[project]\nname = \"n\"\ndependencies = [\"a>=1; extra == 'x'\"]\nauthors = [{name = \"A\"}]\n[tool.poetry.dependencies]\nb = {version = \"^1\"}\n"
        }
        "setup.cfg" => "[metadata]\nauthor = A\n[options]\ninstall_requires =\n  a>=1\n",
        "environment.yml" => "dependencies:\n- c::a=1=b\n- pip:\n  - d==2\n",
        "conda-lock.yml" => {
            "package:\n- {name: a, version: '1', hash: {md5: x}, dependencies: {b: ''}}\n"
        }
        "conda-linux-64.lock" => "@EXPLICIT\nhttps://h/noarch/a-1-0.conda#00\n# pip b==1\n",
        "python_env.yaml" => "build_dependencies:\n- a==1\ndependencies:\n- -r r.txt\n",
        "setup.py" => "R = ['a>=1']\nsetup(install_requires=R, tests_require={'x': ['b']})\n",
        "pixi.lock" => "packages:\n- conda: https://h/a-1-0.conda\n  depends: [b >=1]\n",
        "package-lock.json" => {
            r#"{"packages":{"":{"dependencies":{"a":"1"}},"node_modules/a":{"version":"1.0.0","integrity":"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}}}"#
        }
        "package.json" => r#"{"name":"n","author":"A <a@b>","dependencies":{"a":"npm:b@1.0.0"}}"#,
        "yarn.lock" => "\"@s/a@npm:^1, b@^2\":\n  version \"1\"\n  dependencies:\n    c \"^1\"\n",
        "pnpm-lock.yaml" => {
            "packages:\n  /a@1.0.0(b@2):\n    resolution: {integrity: sha512-x}\n    dev: true\n"
        }
        "Cargo.lock" => {
            "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"registry+x\"\nchecksum = \"0\"\ndependencies = [\"b 1\"]\n"
        }
        "Cargo.toml" => {
            "[package]\nname = \"n\"\n[target.x.dependencies]\na = { version = \"=1\", git = \"https://h/a\" }\n"
        }
        "a.dist-info/METADATA" => "Metadata-Version: 2.4\nName: a\nVersion: 1\n\n# a\n",
        "conda-meta/a.json" => r#"{"name":"a","version":"1","channel":"c","md5":"0"}"#,
        "node_modules/a/package.json" => r#"{"name":"a","version":"1.0.0"}"#,
        "go.mod" => "module x\ngo 1.22\nrequire (\n\ta/b v1 // indirect\n)\nreplace a/b => ../c\n",
        "go.sum" => "a/b v1 h1:x=\na/b v1/go.mod h1:y=\n",
        "Dockerfile" => {
            "ARG A=1\nFROM --x a:${A:-2}@sha256:0 AS s\nRUN pip install b==1 \\\n c\nCOPY --from=s a b\n"
        }
        "compose.yaml" => "services:\n  a:\n    image: h:5000/b:1\n",
        "train.py" => {
            "# /// script\n# dependencies = [\"a\"]\n# ///\nimport x.y as z\nN = 'o/m'\nA.from_pretrained(N, revision='r', trust_remote_code=True)\nload_dataset('d', 'c', split=f'{s}')\n"
        }
        "notebook.ipynb" => {
            r#"{"cells":[{"cell_type":"code","source":["%pip install a==1\n","import b"]}],"metadata":{"language_info":{"name":"python","version":"3"}}}"#
        }
        _ => {
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
        }
    }
}

/// A GGUF head with one key and one tensor.
fn gguf() -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    [
        b"GGUF".to_vec(),
        3u32.to_le_bytes().to_vec(),
        1u64.to_le_bytes().to_vec(),
        1u64.to_le_bytes().to_vec(),
        text("general.architecture"),
        8u32.to_le_bytes().to_vec(),
        text("llama"),
        text("t.weight"),
        1u32.to_le_bytes().to_vec(),
        4u64.to_le_bytes().to_vec(),
        0u32.to_le_bytes().to_vec(),
        0u64.to_le_bytes().to_vec(),
    ]
    .concat()
}

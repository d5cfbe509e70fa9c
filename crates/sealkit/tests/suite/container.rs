//! The Dockerfile fits the repository and the binary, as far as that can be told without a container runtime.
#![cfg(all(feature = "hub", unix))]

use std::path::Path;

use crate::common::Sandbox;

static DOCKERFILE: &str = include_str!("../../../../packaging/Dockerfile");
static IGNORED: &str = include_str!("../../../../packaging/Dockerfile.dockerignore");

/// The instructions: name and rest, with lines that go on put together and comments left out.
fn instructions() -> Vec<(String, String)> {
    let lines = DOCKERFILE.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, rest) = line.split_once(' ').unwrap();
            (name.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

fn all(name: &str) -> Vec<String> {
    instructions().into_iter().filter(|(of, _)| of == name).map(|(_, rest)| rest).collect()
}

fn only(name: &str) -> String {
    let found = all(name);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.into_iter().next().unwrap()
}

/// The words of an instruction in its JSON form. Without a shell in the image there is no other.
fn words(rest: &str) -> Vec<String> {
    serde_json::from_str(rest).unwrap_or_else(|_| panic!("{rest} is not in JSON form"))
}

#[test]
fn what_is_copied_is_there_and_is_sent_to_the_builder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sent: Vec<&str> = IGNORED.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(IGNORED.lines().any(|line| line == "*"), "nothing else is sent");
    let copies = all("COPY");
    let from_folder: Vec<&String> =
        copies.iter().filter(|copy| !copy.starts_with("--from=")).collect();
    assert!(from_folder.len() > 2);
    for copy in from_folder {
        let mut words: Vec<&str> = copy.split(' ').collect();
        words.pop();
        for source in words {
            assert!(root.join(source).exists(), "{source} is not in the repository");
            assert!(sent.contains(&source), "{source} is not sent to the builder");
        }
    }
    for path in sent {
        assert!(root.join(path).exists(), "{path} is sent and not there");
    }
}

#[test]
fn every_crate_that_the_workspace_has_is_there_to_be_built() {
    let manifest = include_str!("../../../../Cargo.toml");
    let members = manifest.lines().find(|line| line.starts_with("members")).unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        let folder = member.trim_end_matches("/*");
        assert!(all("COPY").iter().any(|copy| copy == &format!("{folder} {folder}")), "{folder}");
    }
    let toolchain = include_str!("../../../../rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let channel = channel.trim_matches('"');
    let image = all("FROM").remove(0);
    let built_with = image.split(':').nth(1).unwrap().split('-').next().unwrap();
    assert!(channel.starts_with(built_with), "{image} is not {channel}");
}

fn own((a, b): (&str, &str)) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[test]
fn nothing_runs_as_root_and_nothing_else_is_in_the_image() {
    assert_eq!(all("FROM").last().unwrap(), "scratch");
    let user = only("USER");
    assert!(user.split(':').all(|id| id.parse::<u32>().unwrap() > 0), "{user}");
    let copied: Vec<String> =
        all("COPY").into_iter().filter(|copy| copy.starts_with("--from=")).collect();
    // A builder may give what it copies from another stage to root, whoever owned it there.
    let (folder, name) = words(&only("VOLUME"))[0].rsplit_once('/').map(own).unwrap();
    let data = format!("--from=build --chown={user} /data/ {folder}/");
    assert_eq!(copied, ["--from=build /out /", &data]);
    let made = format!("install -d -m 0700 /data/{name}");
    assert!(all("RUN").iter().any(|run| run.ends_with(&made)), "{name} is not made");
    assert!(!DOCKERFILE.contains("--insecure"), "danger is never a default");
}

#[test]
fn it_starts_a_hub_with_flags_that_it_has() {
    let entry = words(&only("ENTRYPOINT"));
    assert_eq!(entry, ["/usr/bin/sealkit"]);
    assert!(all("RUN").iter().any(|run| run.contains("/out/usr/bin/sealkit")));
    let command = words(&only("CMD"));
    let after = |flag: &str| {
        let at = command.iter().position(|word| word == flag).unwrap();
        command[at + 1].clone()
    };
    assert_eq!(after("--data"), words(&only("VOLUME"))[0]);
    assert!(after("--listen").ends_with(&format!(":{}", only("EXPOSE"))));
    assert!(after("--drain").parse::<u32>().unwrap() < 10, "it is killed while it drains");
    // As it stands but for folders: each value is one that it takes, and it misses only the certificate.
    let here =
        |word: &String| word.replace("/var/lib/sealkit-hub", "data").replace("/etc/sealkit", "no");
    let run = Sandbox::new().run(command.iter().map(here)).exits(2);
    assert!(run.stderr.contains("could not read `no/hub.pem`"), "{run}");
}

#[test]
fn its_health_is_asked_where_the_hub_says_it() {
    let check = only("HEALTHCHECK");
    let (_, check) = check.split_once("CMD ").unwrap();
    let check = words(check);
    assert_eq!(check[0], "/usr/bin/sealkit");
    let command = words(&only("CMD"));
    let at = command.iter().position(|word| word == "--metrics-listen").unwrap();
    let url = format!("http://{}", command[at + 1]);
    assert_eq!(check.last(), Some(&url));
    // Nobody is there: that is no answer, and no usage error.
    let nobody = Sandbox::new();
    let args = check[1..].iter().map(|word| word.replace(":9100", ":1"));
    let run = nobody.run(args).exits(2);
    assert!(!run.stderr.contains("Usage"), "{run}");
}

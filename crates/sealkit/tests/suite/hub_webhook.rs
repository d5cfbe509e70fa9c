//! Webhooks of a hub, as whoever receives them meets them.
#![cfg(feature = "hub")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::common::Sandbox;
use crate::hub_common::Hub;
use serde_json::Value;

/// One message: its headers in lower case, and its body.
struct Message {
    headers: Vec<String>,
    body: Value,
}

impl Message {
    fn header(&self, name: &str) -> &str {
        let line = self.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}

/// A receiver that answers with these status lines in turn, and with the last one after that.
fn receiver(answers: &'static [&'static str]) -> (String, Receiver<Message>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?key=1", listener.local_addr().unwrap());
    let (told, messages) = channel();
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let lines = reader.by_ref().lines().map(Result::unwrap);
            let headers: Vec<String> =
                lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
            let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let answer = answers.get(at).or(answers.last()).unwrap();
            let mut stream = reader.into_inner();
            write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .unwrap();
            let body = serde_json::from_slice(&body).unwrap();
            if told.send(Message { headers, body }).is_err() {
                return;
            }
        }
    });
    (url, messages)
}

fn add(server: &Sandbox, url: &str, event: &str) -> Value {
    let args = ["hub", "webhook", "add", url, "--event", event, "--data", "data"];
    server.run(args.iter().chain(&["--format", "json"])).exits(0).json()
}

fn list(server: &Sandbox) -> Value {
    let args = ["hub", "webhook", "list", "--data", "data", "--format", "json"];
    let run = server.run(args).exits(0);
    assert!(!run.stdout.contains("whsec_"), "{run}");
    run.json()["webhooks"].clone()
}

/// What `ask` gives once it gives something.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it does not come");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Makes events: a kit is pushed and put under quarantine.
fn act(server: &Sandbox, host: &str) {
    let client = Sandbox::new();
    let name = format!("{host}/org/golden:v1");
    client.golden();
    client.run(["pack", ".", "-t", &name]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let reason = ["--reason", "leaked", "--data", "data"];
    server.run(["hub", "quarantine", "add", "org/golden:v1"].iter().chain(&reason)).exits(0);
}

#[test]
fn events_come_signed_in_their_order_and_again_where_they_were_not_taken() {
    let server = Sandbox::new();
    let hub = Hub::open(&server, &["--insecure-webhook-anywhere"]);
    let (url, messages) = receiver(&["503 Busy", "200 OK"]);
    let made = add(&server, &url, "quarantine");
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    act(&server, &hub.host);
    let first = messages.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(first.body["type"], "quarantine.place");
    assert_eq!(first.body["data"]["repository"], "org/golden");
    assert!(first.header("webhook-signature").starts_with("v1,"));
    let failed = until(|| Some(list(&server)).filter(|all| all[0]["attempts"] == 1));
    assert!(failed[0]["failure"].as_str().unwrap().contains("503"), "{failed}");
    let again = messages.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(again.body, first.body);
    until(|| Some(list(&server)).filter(|all| all[0]["failure"].is_null()));
    let lift = ["hub", "quarantine", "lift", "org/golden:v1", "--data", "data"];
    server.run(lift).exits(0);
    let lifted = messages.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(lifted.body["type"], "quarantine.lift");
    assert_ne!(lifted.header("webhook-id"), first.header("webhook-id"));
    server.run(["hub", "webhook", "remove", "1", "--data", "data"]).exits(0);
    server.run(["hub", "webhook", "remove", "1", "--data", "data"]).exits(1);
}

#[test]
fn what_came_while_no_hub_ran_is_sent_later_and_who_is_gone_is_left_alone() {
    let server = Sandbox::new();
    let (url, messages) = receiver(&["410 Gone"]);
    {
        let hub = Hub::open(&server, &[]);
        add(&server, &url, "quarantine.place");
        act(&server, &hub.host);
        // Without the flag the hub does not connect to this machine.
        let failed = until(|| Some(list(&server)).filter(|all| !all[0]["failure"].is_null()));
        assert!(failed[0]["failure"].as_str().unwrap().contains("https"), "{failed}");
    }
    assert!(messages.try_recv().is_err());
    let _hub = Hub::open(&server, &["--insecure-webhook-anywhere"]);
    messages.recv_timeout(Duration::from_secs(30)).unwrap();
    let gone = until(|| Some(list(&server)).filter(|all| all[0]["disabled"] == true));
    assert!(gone[0]["failure"].as_str().unwrap().contains("410"), "{gone}");
    std::thread::sleep(Duration::from_secs(2));
    assert!(messages.try_recv().is_err(), "nothing more is sent");
}

#[test]
fn a_redirect_is_not_followed() {
    let server = Sandbox::new();
    let hub = Hub::open(&server, &["--insecure-webhook-anywhere"]);
    let (url, messages) = receiver(&["302 Found\r\nLocation: http://127.0.0.1:1/"]);
    add(&server, &url, "quarantine");
    act(&server, &hub.host);
    messages.recv_timeout(Duration::from_secs(30)).unwrap();
    let failed = until(|| Some(list(&server)).filter(|all| !all[0]["failure"].is_null()));
    assert!(failed[0]["failure"].as_str().unwrap().contains("302"), "{failed}");
}

#[test]
fn an_address_that_a_hub_does_not_send_to_is_remarked_upon() {
    let server = Sandbox::new();
    let _hub = Hub::open(&server, &[]);
    let warns = |url: &str| {
        let args = ["hub", "webhook", "add", url, "--event", "tag", "--data", "data"];
        let added = server.run(args).exits(0);
        added.stderr.contains("--insecure-webhook-anywhere")
    };
    for url in ["http://soc.example.com/", "https://127.0.0.1/x", "https://localhost/"] {
        assert!(warns(url), "{url}");
    }
    assert!(!warns("https://soc.example.com/hook"));
}

#[test]
fn what_is_no_webhook_is_refused() {
    let server = Sandbox::new();
    drop(Hub::open(&server, &[]));
    for (url, event) in [
        ("ftp://example.com/", "quarantine"),
        ("https://user:password@example.com/", "quarantine"),
        ("not a url", "quarantine"),
        ("https://example.com/", "Quarantine"),
        ("https://example.com/", "quarantines"),
        ("https://example.com/", "a.b.c"),
        ("https://example.com/", ""),
    ] {
        let args = ["hub", "webhook", "add", url, "--event", event, "--data", "data"];
        server.run(args).exits(2);
    }
    let event = "quarantine.placed";
    let args =
        ["hub", "webhook", "add", "https://example.com/", "--event", event, "--data", "data"];
    let told = server.run(args).exits(2).stderr;
    assert!(told.contains("quarantine.lift, quarantine.place,"), "what there is: {told}");
    for _ in 0..32 {
        add(&server, "https://example.com/", "quarantine");
    }
    let args =
        ["hub", "webhook", "add", "https://example.com/", "--event", "tag", "--data", "data"];
    assert!(server.run(args).exits(2).stderr.contains("webhook remove"));
}

//! What people read on pages, word by word. A change of words is seen here before anybody else sees it:
//! `INSTA_UPDATE=always cargo test -p sealkit-hub --test suite words::` takes it over.

use crate::common::TestHub;
use crate::common::rich::rich;

/// The text of a page, a line for each piece, without what differs from run to run.
fn words(html: &str, hub: &TestHub) -> String {
    let body = html.split_once("<main").map_or(html, |(_, rest)| rest);
    let body = body.split_once("</main>").map_or(body, |(main, _)| main);
    let pieces = body.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
    let text: Vec<&str> = pieces.map(str::trim).filter(|text| !text.is_empty()).collect();
    let text = text.join("\n").replace(&hub.addr.to_string(), "HUB");
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

async fn of(hub: &TestHub, path: &str) -> String {
    let reply = hub.client.get(path).await;
    assert_eq!(reply.status, 200, "{path}");
    words(&String::from_utf8(reply.body).unwrap(), hub)
}

#[tokio::test]
async fn pages_say_what_they_said() {
    let hub = TestHub::start().await;
    let repository = hub.repository("org/sorrel");
    rich().store(repository.as_ref(), "v1").await.store_table(repository.as_ref()).await;
    for (name, path) in [
        ("overview", "/kits/org%2Fsorrel/v1"),
        ("files", "/kits/org%2Fsorrel/v1/files"),
        ("parquet", "/kits/org%2Fsorrel/v1/preview?file=data%2Ftrain.parquet"),
        ("versions", "/kits/org%2Fsorrel"),
        ("owner", "/kits/org/"),
        ("delete-tag", "/kits/org%2Fsorrel/v1/delete"),
        ("raw", "/kits/org%2Fsorrel/v1/raw"),
    ] {
        insta::assert_snapshot!(name, of(&hub, path).await);
    }
    let version = rich().build().manifest.digest().to_string();
    insta::assert_snapshot!(
        "delete-version",
        of(&hub, &format!("/kits/org%2Fsorrel/{version}/delete")).await
    );
}

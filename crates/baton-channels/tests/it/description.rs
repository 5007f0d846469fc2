//! What surrounds the API: its description, the page's files, and the rest.

use reqwest::{Method, StatusCode};

use crate::world::{World, assert_refused};

#[tokio::test]
async fn the_api_describes_itself_whole() {
    let world = World::start().await;
    let description = world.read("/api/openapi.json").await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = description["paths"].as_object().unwrap();
    for path in [
        "/api/comments",
        "/api/comments/{id}",
        "/api/comments/{id}/stop",
        "/api/comments/{id}/retry",
        "/api/approvals",
        "/api/commands",
        "/api/approvals/{id}",
        "/api/stream",
        "/api/stats",
        "/api/queue/pending",
        "/api/queue/claim",
        "/api/queue/claim-next",
        "/api/queue/heartbeat",
        "/api/queue/complete",
        "/api/queue/fail",
        "/api/session",
        "/api/status",
        "/api/trace/{id}",
        "/api/dead",
        "/api/dead/{id}/replay",
        "/api/dead/{id}/drop",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    // Whatever is referred to is there.
    let text = description.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            !description["components"]["schemas"][name].is_null(),
            "{name}"
        );
    }
    // A comment is put together from its own fields and those that clients keep with it.
    let parts = description["components"]["schemas"]["Comment"]["allOf"].as_array();
    let parts = parts
        .unwrap()
        .iter()
        .map(|part| match part["$ref"].as_str() {
            Some(reference) => description.pointer(&reference[1..]).unwrap(),
            None => part,
        });
    let fields: Vec<_> = parts
        .flat_map(|part| part["properties"].as_object().unwrap().keys())
        .collect();
    for field in [
        "id",
        "seq",
        "message-type",
        "replyTo",
        "messageId",
        "html",
        "color",
        "botParams",
    ] {
        assert!(
            fields.iter().any(|name| *name == field),
            "{field}: {fields:?}"
        );
    }
}

#[tokio::test]
async fn files_are_kept_by_browsers_until_they_change() {
    let world = World::start().await;
    let get = |path: &str| world.request(Method::GET, path);
    let style = get("/assets/base.css").send().await.unwrap();
    assert_eq!(style.status(), StatusCode::OK);
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    let tag = style.headers()["etag"].clone();
    let again = get("/assets/base.css").header("if-none-match", tag);
    assert_eq!(
        again.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    for path in [
        "/assets/nothing.css",
        "/assets/..%2fCargo.toml",
        "/assets/",
        "/nowhere",
    ] {
        assert_refused(&world.get(path).await, 404, "not_found");
    }
}

#[tokio::test]
async fn the_page_and_the_pulse_are_there() {
    let world = World::start().await;
    for path in ["/", "/r/lab"] {
        let page = world.request(Method::GET, path).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let kind = page.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/html"), "{kind}");
    }
    // Under whatever name: whoever asks only wants to know whether we live.
    let pulse = world
        .request(Method::GET, "/healthz")
        .header("host", "elsewhere");
    assert_eq!(pulse.send().await.unwrap().status(), StatusCode::OK);
}

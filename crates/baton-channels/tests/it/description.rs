//! The API's description, the page's files, and other calls beside the API.

use reqwest::{Method, StatusCode};

use serde_json::json;

use crate::world::{World, answer, assert_refused};

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
    // Every reference has a target.
    let text = description.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            !description["components"]["schemas"][name].is_null(),
            "{name}"
        );
    }
    // A comment has its own fields and the client's fields.
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
async fn what_an_address_does_not_take_is_refused_as_json() {
    let world = World::start().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/api/comments", "GET,HEAD,POST"),
        (Method::PUT, "/api/session", "GET,HEAD,POST,DELETE"),
        (Method::POST, "/api/stats", "GET,HEAD"),
        (Method::DELETE, "/", "GET,HEAD"),
    ] {
        let request = world.request(method, path).json(&serde_json::json!({}));
        let response = request.send().await.unwrap();
        let allow = response.headers()["allow"].to_str().unwrap().to_owned();
        let mut allow: Vec<_> = allow.split(',').collect();
        allow.sort_unstable();
        let mut allowed: Vec<_> = allowed.split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allow, allowed, "{path}");
        let status = response.status();
        let body = response.json().await.unwrap();
        assert_refused(&(status, body), 405, "no_such_method");
    }
}

#[tokio::test]
async fn every_refusal_is_described() {
    let world = World::start().await;
    let description = world.read("/api/openapi.json").await;
    let schemes = &description["components"]["securitySchemes"];
    assert_eq!(schemes["token"]["scheme"], "bearer");
    let cookie = format!("baton_session_{}", world.address.port());
    assert_eq!(schemes["cookie"]["name"], cookie);
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let described = |code: &str| {
                let schema = &operation["responses"][code]["content"]["application/json"]["schema"];
                assert_eq!(
                    schema["$ref"], "#/components/schemas/ErrorBody",
                    "{method} {path} {code}"
                );
            };
            for code in ["403", "421", "503"] {
                described(code);
            }
            if method == "post" || operation["requestBody"].is_object() {
                described("415");
            }
            if operation["requestBody"].is_object() {
                for code in ["400", "408", "413"] {
                    described(code);
                }
            }
            if operation["parameters"].is_array() {
                described("400");
            }
            if (path.as_str(), method.as_str()) != ("/api/session", "delete") {
                described("401");
                described("429");
                assert!(operation["security"].is_array(), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn limits_are_described_as_numbers() {
    let world = World::start().await;
    let description = world.read("/api/openapi.json").await;
    let schemas = &description["components"]["schemas"];
    for (schema, field, limit, number) in [
        ("NewComment", "text", "maxLength", 100_000),
        ("NewComment", "domain", "minLength", 1),
        ("NewComment", "username", "maxLength", 64),
        ("NewComment", "domain", "maxLength", 64),
        ("NewComment", "id", "maxLength", 128),
        ("NewComment", "priority", "maximum", 99),
        ("NewComment", "priority", "minimum", 0),
    ] {
        // Where one struct is flattened into another, the schema is in parts.
        let parts = schemas[schema]["allOf"].as_array().into_iter().flatten();
        let mut parts = parts.chain([&schemas[schema]]);
        let property = parts.find_map(|part| part["properties"].get(field));
        assert_eq!(property.unwrap()[limit], number, "{schema} {field} {limit}");
    }
    for (path, most) in [
        ("/api/comments", 1_000),
        ("/api/queue/pending", 200),
        ("/api/approvals", 200),
        ("/api/dead", 200),
    ] {
        let parameters = &description["paths"][path]["get"]["parameters"];
        let mut parameters = parameters.as_array().unwrap().iter();
        let limit = parameters.find(|parameter| parameter["name"] == "limit");
        assert_eq!(limit.unwrap()["schema"]["maximum"], most, "{path}");
        assert_eq!(limit.unwrap()["schema"]["minimum"], 1, "{path}");
        let refused = world.get(&format!("{path}?limit={}", most + 1)).await;
        assert_refused(&refused, 400, "invalid_limit");
    }
}

#[tokio::test]
async fn what_an_id_and_a_change_may_be_is_described() {
    let world = World::start().await;
    let description = world.read("/api/openapi.json").await;
    let schemas = &description["components"]["schemas"];
    for (schema, field) in [
        ("Claim", "messageId"),
        ("Claim", "workerId"),
        ("Next", "workerId"),
        ("HeartBeat", "messageId"),
        ("HeartBeat", "workerId"),
        ("Complete", "messageId"),
        ("Complete", "workerId"),
        ("Fail", "messageId"),
        ("Fail", "workerId"),
    ] {
        let pattern = &schemas[schema]["properties"][field]["pattern"];
        assert_eq!(pattern, "^[!-~]+$", "{schema} {field}");
    }
    let change = &schemas["Change"]["properties"]["botParams"]["$ref"];
    let change = description.pointer(&change.as_str().unwrap()[1..]).unwrap();
    let either = change["oneOf"].as_array().unwrap();
    let fields: Vec<_> = either
        .iter()
        .map(|one| {
            let one = description.pointer(&one["$ref"].as_str().unwrap()[1..]);
            let one = one.unwrap();
            assert_eq!(one["additionalProperties"], false, "{one}");
            one["required"].clone()
        })
        .collect();
    assert_eq!(fields, [json!(["processed"]), json!(["status"])]);
}

#[tokio::test]
async fn a_wrong_method_is_named_before_a_wrong_type() {
    let world = World::start().await;
    for path in [
        "/api/stats",
        "/api/stream",
        "/api/heartbeat",
        "/api/queue/pending",
        "/api/approvals",
        "/api/status",
        "/api/dead",
        "/api/trace/1",
        "/api/openapi.json",
        "/",
    ] {
        let refused = answer(world.request(Method::POST, path)).await;
        assert_refused(&refused, 405, "no_such_method");
    }
    let form = world.request(Method::POST, "/api/comments").body("text=a");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    assert_refused(&answer(form).await, 415, "not_json");
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
    // Any host name is accepted, because a health check only needs an answer.
    let pulse = world
        .request(Method::GET, "/healthz")
        .header("host", "elsewhere");
    assert_eq!(pulse.send().await.unwrap().status(), StatusCode::OK);
}

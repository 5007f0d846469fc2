//! The fake detects requests that Discord would refuse.

use baton_testkit::discord::{Discord, Fault, Scope, Snowflake};
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::http;

const AGENT: &str = "DiscordBot (https://example.org, 1.0)";

/// A request to send a message, without a library that would correct mistakes.
fn request(discord: &Discord, channel: Snowflake) -> RequestBuilder {
    let url = format!("{}/api/v10/channels/{channel}/messages", discord.rest_url());
    let request = http().post(url).header("user-agent", AGENT);
    request.header("authorization", format!("Bot {}", discord.token()))
}

/// Sends a message, and returns the status.
async fn send(discord: &Discord, channel: Snowflake, body: Value) -> u16 {
    let request = request(discord, channel).json(&body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_deliberate_violation_is_caught() {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    assert_eq!(
        send(&discord, channel, json!({"content": "fine"})).await,
        200
    );
    assert_eq!(discord.violations(), []);
    let button = json!({"type": 2, "style": 1, "label": "Go", "custom_id": "same"});
    let wrong = [
        (json!({"contents": "x"}), "contents is not a known property"),
        (json!({"content": 7}), "is not of type"),
        (json!({"content": "😀".repeat(2001)}), "2001 characters"),
        (json!({"content": "  "}), "an empty message"),
        (
            json!({"content": "x", "nonce": "n".repeat(26)}),
            "at most 25",
        ),
        (
            json!({"content": "x", "message_reference": {"message_id": "abc"}}),
            "abc",
        ),
        (
            json!({"content": "x", "components": [{"type": 1, "components": [button.clone(), button]}]}),
            "there twice",
        ),
        (
            json!({"content": "x", "allowed_mentions": {"parse": ["all"]}}),
            "all",
        ),
    ];
    for (body, expected) in wrong {
        assert_eq!(send(&discord, channel, body.clone()).await, 400, "{body}");
        let found = discord.take_violations();
        assert!(
            found.iter().any(|found| found.what.contains(expected)),
            "{body}: {found:?}"
        );
    }
    // Exactly at the limit, counted as Discord counts.
    assert_eq!(
        send(&discord, channel, json!({"content": "😀".repeat(2000)})).await,
        200
    );
    discord.finish();
}

#[tokio::test]
async fn a_request_needs_its_headers_and_a_path_that_there_is() {
    let discord = Discord::start().await;
    let client = http();
    let url = |path: &str| format!("{}/api/v10{path}", discord.rest_url());
    let token = format!("Bot {}", discord.token());
    let beside = format!("{}/users/@me", discord.rest_url());
    let asked = [
        (
            client
                .get(beside)
                .header("user-agent", AGENT)
                .header("authorization", &token),
            "not in the cut",
        ),
        (
            client
                .get(url("/users/@me"))
                .header("authorization", &token),
            "User-Agent",
        ),
        (
            client.get(url("/users/@me")).header("user-agent", AGENT),
            "Authorization",
        ),
        (
            client
                .get(url("/users/everybody"))
                .header("user-agent", AGENT),
            "not in the cut",
        ),
        (
            client
                .get(url("/channels/7/messages?limit=101"))
                .header("user-agent", AGENT)
                .header("authorization", &token),
            "maximum",
        ),
        (
            client
                .get(url("/channels/7/messages?since=5"))
                .header("user-agent", AGENT)
                .header("authorization", &token),
            "since is not a known parameter",
        ),
        (
            client
                .get(url("/channels/general"))
                .header("user-agent", AGENT)
                .header("authorization", &token),
            "does not match",
        ),
    ];
    for (request, expected) in asked {
        let status = request.send().await.unwrap().status();
        assert!(status.is_client_error(), "{expected}: {status}");
        let found = discord.take_violations();
        assert!(
            found.iter().any(|found| found.what.contains(expected)),
            "{expected}: {found:?}"
        );
    }
}

#[tokio::test]
#[should_panic(expected = "an empty message")]
async fn a_violation_that_nobody_takes_fails_the_test() {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    send(&discord, channel, json!({"content": ""})).await;
    discord.finish();
}

#[tokio::test]
async fn a_request_that_goes_wrong_is_checked_all_the_same() {
    let discord = Discord::start().await;
    let channel = discord.channel(discord.server("Makers"), "general");
    let wrong = json!({"contents": "x"});
    for fault in [
        Fault::Limited(Scope::Global, 10),
        Fault::Status(503),
        Fault::Error(403, 50_013, "Missing Permissions"),
    ] {
        discord.fail_next("create_message", 2, fault);
        let status = send(&discord, channel, json!({"content": "fine"})).await;
        assert_eq!(discord.violations(), []);
        assert_eq!(send(&discord, channel, wrong.clone()).await, status);
        let found = discord.take_violations();
        assert!(!found.is_empty(), "with status {status}");
    }
    discord.fail_next("create_message", 1, Fault::Cut);
    let request = request(&discord, channel).json(&wrong);
    assert!(request.send().await.is_err());
    assert!(!discord.take_violations().is_empty());
    assert_eq!(discord.messages(channel).len(), 0);
    discord.finish();
}

#[tokio::test]
async fn files_are_taken_up_to_discords_limits() {
    const MIB: usize = 1 << 20;
    let discord = Discord::start().await;
    let channel = discord.channel(discord.server("Makers"), "general");
    let upload = async |sizes: &[usize]| {
        let mut form = Form::new().text("payload_json", r#"{"content": "look"}"#);
        for (number, size) in sizes.iter().enumerate() {
            let file = Part::bytes(vec![0; *size]).file_name("zeros");
            form = form.part(format!("files[{number}]"), file);
        }
        let request = request(&discord, channel).multipart(form);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        (status, answer["code"].clone())
    };
    assert_eq!(upload(&[10 * MIB, 10 * MIB]).await.0, 200);
    assert_eq!(discord.violations(), []);
    for sizes in [&[10 * MIB + 1][..], &[9 * MIB, 9 * MIB, 9 * MIB]] {
        assert_eq!(upload(sizes).await, (413, json!(40_005)));
        assert_eq!(discord.take_violations().len(), 1);
    }
    // A limit unknown to the bot is no violation.
    discord.set_largest_file(MIB);
    assert_eq!(upload(&[2 * MIB]).await, (413, json!(40_005)));
    discord.finish();
}

//! Complete outputs, compared with copies in `snapshots/`. `INSTA_UPDATE=always cargo nextest run -p baton golden`
//! stores new copies, so a commit shows every change of an output. The copies are those of a build with all channels.

use insta::assert_snapshot;
use serde_json::Value;

use crate::program::{Home, client};

#[cfg(feature = "discord")]
#[test]
fn the_help_of_each_command() {
    let home = Home::new();
    for words in [
        vec![],
        vec!["status"],
        vec!["trace"],
        vec!["dead"],
        vec!["dead", "list"],
        vec!["dead", "replay"],
        vec!["dead", "drop"],
        vec!["topics"],
        vec!["topics", "list"],
        vec!["topics", "prune"],
        vec!["config"],
        vec!["config", "check"],
        vec!["config", "schema"],
        vec!["config", "example"],
    ] {
        let name = format!("help {}", words.join(" ")).trim().replace(' ', "-");
        let help = home.run(&[&words[..], &["--help"]].concat());
        assert_eq!(help.code, Some(0), "{}", help.err);
        assert_snapshot!(name, help.out);
    }
}

#[cfg(feature = "discord")]
#[test]
fn the_errors_of_a_configuration() {
    /// A configuration with errors of many kinds in one file.
    const WRONG: &str = r#"
[server]
listen = "here"
colour = "red"

[limits]
turns = 0
turnz = 3

[agents.model]
kind = "openai"
url = "localhost:11434"
timeout_seconds = -1

[agents.program]
kind = "command"
command = "cat"

[agents.helper]
kind = "opennai"

[personas.ada]
agent = "nobody"
filters = ["("]

[channels.web]
public = "yes"

[channels.discord]
token_env = "DISCORD_TOKEN"

[[channels.discord.places]]
channel = 12
persona = "eve"
"#;
    let home = Home::with(WRONG);
    let checked = home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(2), "{}", checked.err);
    let folder = home.path().display().to_string();
    assert_snapshot!("errors", checked.err.replace(&folder, "FOLDER"));
    let broken = Home::with("[limits\nturns = 3\n");
    let checked = broken.run(&["config", "check"]);
    let folder = broken.path().display().to_string();
    assert_snapshot!("no-toml", checked.err.replace(&folder, "FOLDER"));
}

#[test]
fn the_answers_of_commands_without_a_message() {
    let home = Home::new();
    for (name, words) in [
        ("status", vec!["status"]),
        ("dead-list", vec!["dead", "list"]),
        ("trace-nothing", vec!["trace", "nothing"]),
        ("dead-drop-nothing", vec!["dead", "drop", "7"]),
        ("topics-list", vec!["topics", "list"]),
        ("topics-prune", vec!["topics", "prune"]),
        (
            "topics-prune-nothing",
            vec!["topics", "prune", "--topic", "-100/7", "--older-than", "2w"],
        ),
    ] {
        let answer = home.run(&words);
        let text = format!("{}\n{}", answer.out, answer.err);
        let folder = home.path().display().to_string();
        assert_snapshot!(name, text.replace(&folder, "FOLDER"));
    }
}

#[cfg(feature = "discord")]
#[test]
fn the_example_and_the_schema_of_the_configuration() {
    let home = Home::new();
    assert_snapshot!("example", home.run(&["config", "example"]).out);
    assert_snapshot!(
        "example-discord",
        home.run(&["config", "example", "discord"]).out
    );
    assert_snapshot!("schema", home.run(&["config", "schema"]).out);
}

#[tokio::test]
async fn the_description_of_the_api() {
    let baton = Home::with("[agents.echo]\nkind = \"echo\"\n").start();
    let url = baton.url("/api/openapi.json");
    let text = client()
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    // The name of the cookie holds the port, which is another one in each run.
    let port = format!("baton_session_{}", baton.address().port());
    let description = format!("{description:#}").replace(&port, "baton_session_PORT");
    assert_snapshot!("openapi", description);
}

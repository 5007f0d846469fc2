//! A program that replaces the CLI and follows a test's script: rare behaviour, and recorded behaviour of the
//! CLI.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_agents::policy::PolicySettings;
use baton_agents::{ClaudeAgent, ClaudeSettings};
use baton_core::agent::Agent;
use baton_core::clock::{Clock, SystemClock};
use baton_testkit::agent_run::{AgentRun, turn};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::images::{PNG, file, image, sized};

mod asking;
mod ending;
mod recorded;
mod steering;
mod warm;

/// The stand-in's folder, with the script and the received input.
struct StandIn {
    folder: TempDir,
}

impl StandIn {
    /// A program that waits for a message and then follows these lines; see `stand_in.sh`.
    fn new(lines: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("< \"user\"\n{}\n", lines.join("\n"));
        std::fs::write(folder.path().join("script"), script).unwrap();
        std::fs::write(folder.path().join("told"), "").unwrap();
        Self { folder }
    }

    fn settings(&self) -> ClaudeSettings {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/claude/stand_in.sh");
        let path = |name: &str| self.path(name).display().to_string().into();
        ClaudeSettings {
            env: [
                ("SCRIPT".to_owned(), path("script")),
                ("TOLD".to_owned(), path("told")),
                ("HOME".to_owned(), path("home")),
            ]
            .into(),
            directory: Some(self.folder.path().to_owned()),
            ..ClaudeSettings::new(program.display().to_string())
        }
    }

    fn agent(&self) -> Arc<dyn Agent> {
        agent(self.settings(), SystemClock::shared())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All input so far.
    fn told(&self) -> String {
        std::fs::read_to_string(self.path("told")).unwrap()
    }
}

fn agent(settings: ClaudeSettings, clock: Arc<dyn Clock>) -> Arc<dyn Agent> {
    Arc::new(ClaudeAgent::new(settings, clock).unwrap())
}

/// The CLI's line at the start of a turn.
fn begins() -> String {
    json!({"type": "system", "subtype": "init", "session_id": "s-1"}).to_string()
}

fn says(text: &str) -> String {
    let delta = json!({"type": "text_delta", "text": text});
    let event = json!({"type": "content_block_delta", "index": 0, "delta": delta});
    json!({"type": "stream_event", "event": event}).to_string()
}

fn uses(id: &str, tool: &str, input: &Value) -> String {
    let block = json!({"type": "tool_use", "id": id, "name": tool, "input": input});
    let message = json!({"id": "m", "role": "assistant", "content": [block]});
    json!({"type": "assistant", "message": message}).to_string()
}

/// A permission request for a tool.
fn may(request: &str, tool: &str, input: &Value) -> String {
    let asked = json!({"subtype": "can_use_tool", "tool_name": tool, "input": input});
    json!({"type": "control_request", "request_id": request, "request": asked}).to_string()
}

/// A permission request after a call of the hook for the same use, with this directory.
fn may_in(request: &str, directory: &str, tool: &str, input: &Value) -> [String; 3] {
    let hook = json!({"subtype": "hook_callback", "callback_id": "before", "input": {
        "cwd": directory, "tool_use_id": request, "tool_name": tool, "tool_input": input,
    }});
    let hook_id = format!("hook-{request}");
    let hook = json!({"type": "control_request", "request_id": hook_id, "request": hook});
    let mut asked: Value = serde_json::from_str(&may(request, tool, input)).unwrap();
    asked["request"]["tool_use_id"] = request.into();
    [hook.to_string(), format!("< {hook_id}"), asked.to_string()]
}

fn ends(text: &str) -> String {
    json!({"type": "result", "subtype": "success", "is_error": false, "result": text}).to_string()
}

/// The CLI's line about the idle state.
fn idle() -> String {
    json!({"type": "system", "subtype": "session_state_changed", "state": "idle"}).to_string()
}

#[tokio::test]
async fn the_folder_of_a_persona_goes_before() {
    let says_where = format!(
        "! printf '%s\\n' '{}'",
        ends("HERE").replace("HERE", "'$(pwd -P)'")
    );
    let standing = StandIn::new(&[begins(), says_where, idle()]);
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().canonicalize().unwrap();
    let mut turn = turn("where?");
    turn.persona.directory = Some(project.clone());
    let reply = AgentRun::start(&standing.agent(), turn).end().await;
    assert_eq!(reply.unwrap().text, project.to_str().unwrap());
}

#[tokio::test]
async fn images_are_shown_before_what_is_said_of_them() {
    let standing = StandIn::new(&[begins(), ends("red"), idle()]);
    let folder = tempfile::tempdir().unwrap();
    let mut turn = turn("which colour?");
    let text = file(&folder, "notes.txt", b"tea at five");
    // The CLI gets this image only as a file, because the session should not keep wide images.
    let wide = sized(&folder, "wide.png", 2_001, 1);
    turn.files.received = vec![text, wide, image(&folder, "dot.png")];
    let reply = AgentRun::start(&standing.agent(), turn).end().await;
    assert_eq!(reply.unwrap().text, "red");
    let told = standing.told();
    let told = told.lines().last().unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    let content = told["message"]["content"].as_array().unwrap();
    let source = json!({"type": "base64", "media_type": "image/png", "data": PNG});
    assert_eq!(content[0], json!({"type": "image", "source": source}));
    let said = content[1]["text"].as_str().unwrap();
    assert!(said.starts_with("which colour?"), "{said}");
    for name in ["dot.png", "wide.png"] {
        let attached = format!("[attached file {name}, ");
        assert!(said.contains(&attached), "{said}");
    }
    assert_eq!(content.len(), 2);
}

#[test]
fn a_rule_that_means_nothing_is_refused() {
    let settings = ClaudeSettings {
        policy: PolicySettings {
            allow: vec!["Bash(".to_owned()],
            ..PolicySettings::default()
        },
        ..ClaudeSettings::new("claude")
    };
    assert!(ClaudeAgent::new(settings, SystemClock::shared()).is_err());
}

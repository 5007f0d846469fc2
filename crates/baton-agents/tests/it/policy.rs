//! The ruling on tool calls: allowed, denied or asked.

use std::path::{Path, PathBuf};

use baton_agents::policy::{Otherwise, Policy, PolicySettings, Ruling, ToolCall};
use serde_json::{Value, json};

mod commands;
mod denied;
mod guessed;
mod joined;
mod shells;
mod tools;

const PROJECT: &str = "/home/dev/project";

fn strings(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}

fn settings(allow: &[&str], deny: &[&str], otherwise: Otherwise) -> PolicySettings {
    PolicySettings {
        allow: strings(allow),
        deny: strings(deny),
        otherwise,
        home: Some(PathBuf::from("/home/dev")),
    }
}

fn policy(allow: &[&str], deny: &[&str]) -> Policy {
    Policy::new(&settings(allow, deny, Otherwise::Ask)).unwrap()
}

fn judge(policy: &Policy, tool: &str, input: &Value) -> Ruling {
    judge_in(PROJECT, policy, tool, input)
}

/// The ruling on a call after the agent has moved to `directory`.
fn judge_in(directory: &str, policy: &Policy, tool: &str, input: &Value) -> Ruling {
    policy.judge(ToolCall {
        tool,
        input,
        working_dir: Path::new(directory),
        project: Path::new(PROJECT),
    })
}

fn command(policy: &Policy, command: &str) -> Ruling {
    judge(
        policy,
        "Bash",
        &json!({"command": command, "description": "try it"}),
    )
}

/// The expected ruling.
#[derive(Debug, PartialEq, Eq)]
enum Should {
    Allow,
    Deny,
    Ask,
}

fn short(ruling: &Ruling) -> Should {
    match ruling {
        Ruling::Allowed => Should::Allow,
        Ruling::Denied { .. } => Should::Deny,
        Ruling::Ask { .. } => Should::Ask,
    }
}

/// Checks the ruling on each command, one in a line. A `⏎` stands for a line end.
#[track_caller]
fn all(policy: &Policy, should: &Should, commands: &str) {
    let mut wrong = Vec::new();
    let commands = commands
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    for line in commands {
        let ruling = command(policy, &line.replace('⏎', "\n"));
        if short(&ruling) != *should {
            wrong.push(format!("{line}\n    {ruling:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "should be {should:?}:\n{}",
        wrong.join("\n")
    );
}

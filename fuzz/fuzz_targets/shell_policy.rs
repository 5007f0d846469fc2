//! Checks that the policy judges every command, and allows no joined command with a forbidden part.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use baton_agents::policy::{Otherwise, Policy, PolicySettings, Ruling, ToolCall};
use baton_agents::summary;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// Allows the same rules as the tests.
static LISTED: LazyLock<Policy> = LazyLock::new(|| {
    policy(
        &[
            "Bash(@read-only)",
            "Bash(cargo test *)",
            "Bash(find *)",
            "Write(out/**)",
        ],
        &[],
        Otherwise::Ask,
    )
});

/// Allows everything except the denied rules.
static DENIES: LazyLock<Policy> =
    LazyLock::new(|| policy(&[], &["Bash(rm *)", "Read(/etc/**)"], Otherwise::Allow));

fn policy(allow: &[&str], deny: &[&str], otherwise: Otherwise) -> Policy {
    let rules = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
    Policy::new(&PolicySettings {
        allow: rules(allow),
        deny: rules(deny),
        otherwise,
        home: Some("/home/dev".into()),
    })
    .unwrap()
}

fn is_allowed(policy: &Policy, command: &str) -> bool {
    let input = json!({"command": command});
    let call = ToolCall {
        tool: "Bash",
        input: &input,
        working_dir: Path::new("/home/dev/project"),
        project: Path::new("/home/dev/project"),
    };
    policy.judge(call) == Ruling::Allowed
}

fuzz_target!(|command: &str| {
    let line = summary::tool_use(
        "Bash",
        &json!({"command": command}),
        Path::new("/home/dev/project"),
    );
    assert!(
        line.chars().count() <= summary::LINE_LIMIT && !line.contains('\n'),
        "{line}"
    );

    let joined = [
        format!("{command}\nrm -rf y"),
        format!("rm -rf y\n{command}"),
        format!("rm -rf y | {command}"),
        format!("({command}\n) && rm -rf y"),
        format!("echo \"$({command}\n)\"; rm -rf y"),
    ];
    if is_allowed(&LISTED, command) {
        for joined in joined {
            assert!(!is_allowed(&LISTED, &joined), "{joined}");
        }
        // In a comment, the joined command has no effect.
        let joined = format!("{command}; rm -rf y");
        assert!(
            command.contains('#') || !is_allowed(&LISTED, &joined),
            "{joined}"
        );
    }
    if is_allowed(&DENIES, command) {
        let joined = format!("{command}\nrm -rf y");
        assert!(!is_allowed(&DENIES, &joined), "{joined}");
    }
    // A rule of any form is accepted, or refused with an error.
    let _ = Policy::new(&PolicySettings {
        allow: vec![
            command.to_owned(),
            format!("Bash({command})"),
            format!("Read({command})"),
        ],
        ..PolicySettings::default()
    });
});

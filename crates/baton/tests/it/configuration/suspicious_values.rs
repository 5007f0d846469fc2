//! Warnings about valid but suspicious values.

use crate::program::Home;

/// The warnings of `config check` for a valid configuration.
#[track_caller]
fn warned(home: &Home) -> Vec<String> {
    let checked = home.run(&["config", "check", "--json"]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    let plan = checked.json();
    let warnings = plan["warnings"].as_array().unwrap().iter();
    warnings.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
pub(super) fn warns(configuration: &str, parts: &[&str]) {
    let warnings = warned(&Home::with(configuration));
    let found = |warning: &String| parts.iter().all(|part| warning.contains(part));
    assert!(
        warnings.iter().any(found),
        "{parts:?} are not in: {warnings:#?}"
    );
}

#[track_caller]
pub(super) fn warns_of_nothing(configuration: &str) {
    assert_eq!(
        warned(&Home::with(configuration)),
        [""; 0],
        "{configuration}"
    );
}

#[test]
fn s59_a_rule_that_lets_more_through_than_it_seems_to_is_warned_about() {
    let acp = |rules: &str| {
        format!(
            "[agents.x]\nkind = \"acp\"\ncommand = [\"cat\"]\nmode = \"ask\"\npolicy.allow = [{rules}]\n"
        )
    };
    for (rule, part) in [
        ("Bash(rg *)", "--pre"),
        ("Bash(rg -n *)", "--pre"),
        ("Bash(sort:*)", "--compress-program"),
        ("Bash(sed *)", "`-i`"),
        ("Bash(tree *)", "`-o`"),
        ("Bash(tar *)", "--to-command"),
        ("Bash(awk *)", "system()"),
        ("Bash(python3 *)", "any program"),
        ("Bash(git *)", "pushes"),
        ("Bash(npx *)", "package"),
    ] {
        warns(
            &acp(&format!("\"Read\", \"{rule}\"")),
            &[
                "baton.toml:5:25:",
                "agents.x.policy.allow.1",
                rule,
                part,
                "@read-only",
            ],
        );
    }
    warns_of_nothing(&acp(
        "\"Bash(@read-only)\", \"Bash(rg)\", \"Bash(sort -u names)\", \"Bash(cargo test *)\", \"Bash(git log *)\", \
         \"Bash(npm run lint:*)\", \"Bash(find *)\", \"Bash\", \"Read\"",
    ));
}

#[test]
fn what_cannot_be_meant_is_warned_about() {
    let claude = |line: &str| format!("[agents.x]\nkind = \"claude\"\nprogram = \"cat\"\n{line}\n");
    warns(
        &claude("permission_mode = \"planned\""),
        &[
            "baton.toml:4:1:",
            "agents.x.permission_mode",
            "did you mean `plan`?",
        ],
    );
    warns_of_nothing(&claude("permission_mode = \"acceptEdits\""));
    warns(
        "[agents.x]\nkind = \"claude\"\nprogram = \"no-such-program\"\n",
        &["baton.toml:3:1:", "agents.x.program", "no-such-program"],
    );
    for kind in ["command", "acp"] {
        for program in [
            "no-such-program",
            "/no/such/program",
            "./no-such-program",
            "/etc/passwd",
        ] {
            warns(
                &format!("[agents.x]\nkind = \"{kind}\"\ncommand = [\"{program}\", \"x\"]\n"),
                &["baton.toml:3:1:", "agents.x.command", program],
            );
        }
    }
    warns(
        &claude("env = { ANTHROPIC_API_KEY = \"sk-ant-1\", LANG = \"C\" }"),
        &[
            "baton.toml:4:9:",
            "agents.x.env.ANTHROPIC_API_KEY",
            "secrets.ANTHROPIC_API_KEY",
        ],
    );
    let warnings = warned(&Home::with(&claude("env = { X_TOKEN = \"hunter2\" }")));
    assert!(!warnings[0].contains("hunter2"), "{warnings:?}");
    warns_of_nothing(&claude(
        "env = { MAX_TOKENS = \"4096\", TOKEN_FILE = \"/run/token\" }",
    ));
}

#[test]
fn s104_an_agent_that_is_not_known_to_ask_is_warned_about() {
    let acp = |words: &str, line: &str| {
        format!("[agents.x]\nkind = \"acp\"\ncommand = [{words}]\n{line}\n")
    };
    warns(
        &acp("\"cat\"", ""),
        &["agents.x.mode", "asks before it acts"],
    );
    warns_of_nothing(&acp("\"cat\"", "mode = \"ask\""));
    warns_of_nothing(&acp("\"cat\"", "policy.otherwise = \"allow\""));
    for known in [
        "\"cat\", \"@agentclientprotocol/claude-agent-acp@latest\"",
        "\"cat\", \"/opt/bin/codex-acp\"",
        "\"cat\", \"gemini\", \"--acp\"",
        "\"cat\", \"qwen\", \"--acp\"",
    ] {
        warns_of_nothing(&acp(known, ""));
    }
}

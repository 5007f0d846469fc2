//! Tools other than commands, and invalid rules.

use baton_agents::policy::{Otherwise, Policy};
use serde_json::{Value, json};

use super::{Should, judge, judge_in, policy, settings, short};

#[track_caller]
fn becomes(policy: &Policy, should: &Should, tool: &str, inputs: &[Value]) {
    for input in inputs {
        assert_eq!(
            short(&judge(policy, tool, input)),
            *should,
            "{tool} {input}"
        );
    }
}

fn files(paths: &[&str]) -> Vec<Value> {
    paths
        .iter()
        .map(|path| json!({"file_path": path}))
        .collect()
}

#[test]
fn files_by_their_paths() {
    let policy = policy(
        &[
            "Edit(src/**)",
            "Read(/etc/**)",
            "Read(*.md)",
            "Write(notes/today.md)",
            "Read(~/.config/)",
        ],
        &["Edit(src/secret/**)", "Read(.env)"],
    );
    becomes(
        &policy,
        &Should::Allow,
        "Edit",
        &files(&[
            "src/a.rs",
            "/home/dev/project/src/deep/b.rs",
            "./src/../src/a.rs",
        ]),
    );
    becomes(
        &policy,
        &Should::Ask,
        "Edit",
        &files(&[
            "a.rs",
            "src/../a.rs",
            "src/../../x",
            "/src/a.rs",
            "/home/dev/project/srcs/a",
            "src",
            "../project2/src/a",
            "notes/today.md",
            "~/x",
            "~root/x",
        ]),
    );
    becomes(
        &policy,
        &Should::Deny,
        "Edit",
        &files(&["src/secret/a", "src/x/../secret/a", "src/Secret/a"]),
    );
    // A rule for edits also allows or denies writing whole files.
    becomes(
        &policy,
        &Should::Allow,
        "Write",
        &files(&["src/a.rs", "notes/today.md"]),
    );
    becomes(&policy, &Should::Deny, "Write", &files(&["src/secret/a"]));
    becomes(
        &policy,
        &Should::Allow,
        "Read",
        &files(&[
            "/etc/hosts",
            "a.md",
            "sub/b.md",
            "~/.config/x",
            "/home/dev/.config/x/y",
        ]),
    );
    becomes(
        &policy,
        &Should::Ask,
        "Read",
        &files(&["src/a.rs", "/etc", "/etc/../root/x", "/elsewhere/a.md"]),
    );
    becomes(
        &policy,
        &Should::Deny,
        "Read",
        &files(&[".env", "sub/.env", "/elsewhere/.env", "/etc/.env"]),
    );
    becomes(
        &policy,
        &Should::Allow,
        "NotebookEdit",
        &[json!({"notebook_path": "src/a.ipynb"})],
    );
    // Calls without a file name.
    becomes(
        &policy,
        &Should::Ask,
        "Read",
        &[json!({}), json!(null), json!({"file_path": 7})],
    );
}

#[test]
fn searches_by_where_they_begin() {
    let reads = policy(&["Read(src/**)"], &[]);
    becomes(
        &reads,
        &Should::Allow,
        "Grep",
        &[
            json!({"pattern": "x", "path": "src"}),
            json!({"pattern": "x", "path": "src/deep"}),
        ],
    );
    becomes(
        &reads,
        &Should::Ask,
        "Grep",
        &[
            json!({"pattern": "x"}),
            json!({"pattern": "x", "path": "/"}),
            json!({"path": "src/.."}),
        ],
    );
    becomes(
        &reads,
        &Should::Allow,
        "Glob",
        &[json!({"pattern": "*.rs", "path": "src"})],
    );
    becomes(
        &reads,
        &Should::Ask,
        "Glob",
        &[
            json!({"pattern": "/etc/*", "path": "src"}),
            json!({"pattern": "../*", "path": "src"}),
            json!({"pattern": "*"}),
        ],
    );
    let all_but = policy(&["Read"], &["Read(/etc/shadow)", "Read(private/**)"]);
    becomes(
        &all_but,
        &Should::Allow,
        "Grep",
        &[json!({"path": "src"}), json!({"path": "/usr"})],
    );
    becomes(
        &all_but,
        &Should::Ask,
        "Grep",
        &[json!({"path": "/etc"}), json!({"path": "/"}), json!({})],
    );
    becomes(
        &all_but,
        &Should::Deny,
        "Grep",
        &[json!({"path": "private"}), json!({"path": "private/x"})],
    );
}

#[test]
fn whole_tools_and_servers() {
    let policy = policy(
        &[
            "Read",
            "Write",
            "WebSearch",
            "mcp__docs",
            "mcp__db__query",
            "Agent(Explore)",
        ],
        &["mcp__evil__*"],
    );
    becomes(&policy, &Should::Allow, "Read", &files(&["/anywhere"]));
    becomes(&policy, &Should::Allow, "Grep", &[json!({"pattern": "x"})]);
    becomes(&policy, &Should::Allow, "Write", &files(&["x"]));
    // An allow rule for writing whole files does not include edits.
    becomes(&policy, &Should::Ask, "Edit", &files(&["x"]));
    becomes(
        &policy,
        &Should::Allow,
        "WebSearch",
        &[json!({"query": "x"})],
    );
    becomes(&policy, &Should::Allow, "mcp__docs__search", &[json!({})]);
    becomes(&policy, &Should::Ask, "mcp__docs2__search", &[json!({})]);
    becomes(&policy, &Should::Allow, "mcp__db__query", &[json!({})]);
    becomes(&policy, &Should::Ask, "mcp__db__query_all", &[json!({})]);
    becomes(&policy, &Should::Deny, "mcp__evil__x", &[json!({})]);
    becomes(
        &policy,
        &Should::Allow,
        "Agent",
        &[json!({"subagent_type": "Explore"})],
    );
    becomes(
        &policy,
        &Should::Ask,
        "Agent",
        &[json!({"subagent_type": "Other"}), json!({})],
    );
    let denied = super::policy(&["Edit"], &["Write"]);
    becomes(&denied, &Should::Deny, "Edit", &files(&["x"]));
}

#[test]
fn pages_by_their_host() {
    let pages = |urls: &[&str]| {
        urls.iter()
            .map(|url| json!({"url": url}))
            .collect::<Vec<_>>()
    };
    let policy = policy(
        &[
            "WebFetch(domain:example.com)",
            "WebFetch(domain:*.rust-lang.org)",
        ],
        &["WebFetch(domain:evil.example.com)"],
    );
    becomes(
        &policy,
        &Should::Allow,
        "WebFetch",
        &pages(&[
            "https://example.com/x",
            "http://EXAMPLE.com.:8080",
            "https://doc.rust-lang.org/std",
        ]),
    );
    becomes(
        &policy,
        &Should::Ask,
        "WebFetch",
        &pages(&[
            "https://www.example.com",
            "https://example.com.evil.org",
            "https://notexample.com",
            "https://rust-lang.org",
            "https://example.com@evil.org/",
            "file:///etc/passwd",
            "example.com",
            "",
            "https://evilrust-lang.org",
        ]),
    );
    becomes(
        &policy,
        &Should::Deny,
        "WebFetch",
        &pages(&["https://evil.example.com", "https://a.evil.example.com"]),
    );
}

#[test]
fn out_of_the_sandbox_is_asked() {
    let policy = policy(&["Bash(ls)"], &[]);
    becomes(
        &policy,
        &Should::Allow,
        "Bash",
        &[
            json!({"command": "ls"}),
            json!({"command": "ls", "dangerouslyDisableSandbox": false}),
        ],
    );
    becomes(
        &policy,
        &Should::Ask,
        "Bash",
        &[json!({"command": "ls", "dangerouslyDisableSandbox": true})],
    );
    becomes(
        &policy,
        &Should::Allow,
        "Monitor",
        &[json!({"command": "ls"})],
    );
}

#[test]
fn rules_begin_in_the_project_wherever_the_agent_has_gone() {
    let policy = policy(&["Edit(src/**)", "Bash(ls)"], &["Read(keys/**)"]);
    let below = "/home/dev/project/src";
    let in_src = |tool: &str, input: &Value| short(&judge_in(below, &policy, tool, input));
    let file = |path: &str| json!({"file_path": path});
    assert_eq!(in_src("Edit", &file("a")), Should::Allow);
    assert_eq!(in_src("Edit", &file("../src/a")), Should::Allow);
    assert_eq!(in_src("Edit", &file("../a")), Should::Ask);
    assert_eq!(in_src("Read", &file("../keys/a")), Should::Deny);
    let command = |command: &str| json!({"command": command});
    assert_eq!(in_src("Bash", &command("cat ../keys/a")), Should::Deny);
    assert_eq!(in_src("Bash", &command("ls >../a")), Should::Ask);
    assert_eq!(
        short(&judge_in("/elsewhere", &policy, "Edit", &file("src/a"))),
        Should::Ask
    );
}

#[test]
fn what_is_no_rule_says_what_to_write() {
    for (rule, says) in [
        ("", "name of a tool"),
        ("*", "name of a tool"),
        ("Bash(ls", "name of a tool"),
        ("Bash()", "leave the brackets out"),
        ("Bash(* --version)", "name of a command"),
        ("Bash(ca*go test)", "name of a command"),
        ("Bash(ls; rm x)", "one plain command"),
        ("Bash(ls > x)", "one plain command"),
        ("Bash(ls $X)", "one plain command"),
        ("Bash(ls \")", "one plain command"),
        ("Bash(@read_only)", "@read-only"),
        ("Read(../x)", "without `..`"),
        ("Read()", "leave the brackets out"),
        ("Read(a**b)", "correct the pattern"),
        ("WebFetch(example.com)", "domain:example.com"),
        ("WebFetch(domain:a b)", "domain:example.com"),
        ("WebSearch(x)", "leave the brackets out"),
        ("mcp__docs(x)", "leave the brackets out"),
    ] {
        let error = Policy::new(&settings(&[rule], &[], Otherwise::Ask)).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains(says) && error.contains("`allow`"),
            "{rule}: {error}"
        );
    }
    assert!(Policy::new(&settings(&[], &["Bash(* --force)"], Otherwise::Ask)).is_ok());
    assert!(Policy::new(&settings(&[], &["Bash(@read-only)"], Otherwise::Ask)).is_err());
    let mut homeless = settings(&["Read(~/x)"], &[], Otherwise::Ask);
    homeless.home = None;
    assert!(
        Policy::new(&homeless)
            .unwrap_err()
            .to_string()
            .contains("home")
    );
}

#[test]
fn git_reads_only_where_the_agent_was_begun() {
    let policy = policy(&["Bash(@read-only)"], &[]);
    let git = json!({"command": "git status"});
    let there = |place: &str| short(&judge_in(place, &policy, "Bash", &git));
    assert_eq!(there("/home/dev/project"), Should::Allow);
    // A directory there may hold a repository from other people.
    assert_eq!(there("/home/dev/project/vendor/x"), Should::Ask);
    assert_eq!(there("/tmp"), Should::Ask);
}

//! The lines about tool runs and their results.

use std::path::Path;

use baton_agents::summary::{
    DETAIL_LIMIT, LINE_LIMIT, describe_result, mask_secrets, render_code_block, tool_use,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn line(tool: &str, input: &Value) -> String {
    tool_use(tool, input, Path::new("/home/dev/project"))
}

fn bash(command: &str) -> String {
    line(
        "Bash",
        &json!({"command": command, "description": "run it"}),
    )
}

#[test]
fn files_and_searches() {
    for (tool, input, says) in [
        (
            "Read",
            json!({"file_path": "/home/dev/project/src/main.rs"}),
            "Reading `src/main.rs`",
        ),
        (
            "Read",
            json!({"file_path": "/etc/hosts", "offset": 10, "limit": 21}),
            "Reading `/etc/hosts`, lines 10–30",
        ),
        (
            "Read",
            json!({"file_path": "a", "limit": 5}),
            "Reading `a`, the first 5 lines",
        ),
        (
            "Write",
            json!({"file_path": "out.txt", "content": "x"}),
            "Writing `out.txt`",
        ),
        (
            "Edit",
            json!({"file_path": "src/a.rs", "old_string": "a", "new_string": "b"}),
            "Editing `src/a.rs`",
        ),
        (
            "MultiEdit",
            json!({"file_path": "src/a.rs"}),
            "Editing `src/a.rs`",
        ),
        (
            "NotebookEdit",
            json!({"notebook_path": "n.ipynb"}),
            "Editing `n.ipynb`",
        ),
        (
            "Grep",
            json!({"pattern": "fn main", "path": "/home/dev/project/src"}),
            "Searching for `fn main` in `src`",
        ),
        (
            "Grep",
            json!({"pattern": "x", "path": "/home/dev/project"}),
            "Searching for `x`",
        ),
        (
            "Grep",
            json!({"pattern": "x", "glob": "*.rs"}),
            "Searching for `x` in `*.rs`",
        ),
        (
            "Glob",
            json!({"pattern": "**/*.rs"}),
            "Looking for files like `**/*.rs`",
        ),
        ("LS", json!({"path": "/home/dev/project"}), "Listing `.`"),
    ] {
        assert_eq!(line(tool, &input), says, "{tool} {input}");
    }
}

#[test]
fn other_tools() {
    for (tool, input, says) in [
        (
            "WebFetch",
            json!({"url": "https://example.com/a"}),
            "Looking at `https://example.com/a`",
        ),
        (
            "WebSearch",
            json!({"query": "rust"}),
            "Searching the web for `rust`",
        ),
        (
            "Agent",
            json!({"description": "find it", "prompt": "long"}),
            "Asking a helper: `find it`",
        ),
        ("Task", json!({"prompt": "look"}), "Asking a helper: `look`"),
        ("Skill", json!({"skill": "pdf"}), "Using the skill `pdf`"),
        (
            "AskUserQuestion",
            json!({"questions": [{"question": "Which?"}]}),
            "Asking: `Which?`",
        ),
        ("ExitPlanMode", json!({"plan": "x"}), "Proposing a plan"),
        (
            "Monitor",
            json!({"command": "tail -f log"}),
            "Watching: `tail -f log`",
        ),
        ("TaskStop", json!({"task_id": "x"}), "Stopping a task"),
        (
            "ToolSearch",
            json!({"query": "x"}),
            "Looking for a tool: `x`",
        ),
        (
            "TodoWrite",
            json!({"todos": [
                {"content": "a", "status": "completed"},
                {"content": "Write tests", "activeForm": "Writing tests", "status": "in_progress"},
                {"content": "c", "status": "pending"},
            ]}),
            "Plan: 1 of 3 done, now `Writing tests`",
        ),
        (
            "mcp__docs__search",
            json!({"query": "x"}),
            "`docs`: `search` `x`",
        ),
        ("mcp__docs__list_all", json!({}), "`docs`: `list_all`"),
        (
            "terminal/create",
            json!({"command": "ls"}),
            "Using `terminal/create` `ls`",
        ),
        (
            "Surprise",
            json!({"a": 1, "b": "two"}),
            "Using `Surprise` `two`",
        ),
        ("Surprise", json!(null), "Using `Surprise`"),
        // A known tool without the expected input.
        ("Read", json!({}), "Using `Read`"),
        ("Bash", json!({"command": " "}), "Using `Bash`"),
        ("TodoWrite", json!({"todos": []}), "Using `TodoWrite`"),
    ] {
        assert_eq!(line(tool, &input), says, "{tool} {input}");
    }
}

#[test]
fn commands() {
    for (command, says) in [
        ("cargo nextest run", "Running tests"),
        ("cargo +nightly test", "Running tests"),
        ("timeout 60 cargo test 2>&1 | tail", "Running tests"),
        ("RUST_BACKTRACE=1 cargo test", "Running tests"),
        ("npm test", "Running tests"),
        ("npm run test -- --watch", "Running tests"),
        ("python3 -m pytest -q", "Running tests"),
        ("go test ./...", "Running tests"),
        ("./gradlew test", "Running tests"),
        ("npx playwright test", "Running tests"),
        ("cargo build", "Building"),
        ("cargo clippy --workspace", "Checking the code"),
        ("cargo fmt", "Formatting"),
        ("cargo tree", "Running cargo"),
        ("make -j4", "Building"),
        ("npm ci", "Installing"),
        ("pip install x", "Installing"),
        ("apt-get install -y x", "Installing"),
        ("git status", "Looking at the changes"),
        ("git -C there log", "Looking at the history"),
        ("git --no-pager diff", "Looking at the changes"),
        ("git commit -m x", "Committing"),
        ("git push", "Pushing"),
        ("git bisect", "Running git"),
        ("gh pr view", "Looking at a pull request"),
        ("ls -la", "Listing files"),
        ("cat x", "Reading"),
        ("sed -n 1,5p x", "Reading"),
        ("grep -rn x .", "Searching"),
        ("/usr/bin/rg x", "Searching"),
        ("find . -name x", "Looking for files"),
        ("rm -rf x", "Deleting"),
        ("mv a b", "Moving"),
        ("cp a b", "Copying"),
        ("mkdir -p x", "Making a directory"),
        ("mkdir -p x && cp a x", "Copying"),
        ("chmod +x a", "Changing permissions"),
        ("tar xf a.tar", "Packing or unpacking"),
        ("curl https://example.com", "Calling"),
        ("docker build .", "Building an image"),
        ("docker ps", "Managing containers"),
        ("kubectl get pods", "Managing the cluster"),
        ("systemctl restart x", "Managing services"),
        ("journalctl -u x", "Reading logs"),
        ("psql -c 'select 1'", "Asking the database"),
        ("ps aux", "Looking at processes"),
        ("kill 1", "Stopping a process"),
        ("sleep 5", "Waiting"),
        ("sleep 5 && cargo test", "Running tests"),
        ("echo hi", "Printing"),
        ("python3 x.py", "Running Python"),
        ("node x.js", "Running JavaScript"),
        ("bash x.sh", "Running a script"),
        ("./run.sh", "Running"),
        ("something else", "Running"),
        ("for f in *; do wc -l $f; done", "Counting"),
        ("\"", "Running"),
    ] {
        assert_eq!(bash(command), format!("{says}: `{command}`"));
    }
    assert_eq!(
        bash("cd /home/dev/project/x && cargo test"),
        "Running tests: `cargo test`"
    );
    assert_eq!(bash("cd $(rm x) && ls"), "Deleting: `cd $(rm x) && ls`");
}

#[test]
fn what_is_shown_is_safe_and_short() {
    assert_eq!(bash("echo `pwd`"), "Printing: `` echo `pwd` ``");
    assert_eq!(bash("echo ``x``"), "Printing: ``` echo ``x`` ```");
    assert_eq!(bash("ls\n\n  -la\t x"), "Listing files: `ls -la x`");
    assert_eq!(
        bash("ls \u{202e}gpj.x\u{200b} \u{1b}[31m"),
        "Listing files: `ls gpj.x [31m`"
    );
    let long = bash(&format!("cat {}", "é".repeat(500)));
    assert_eq!(long.chars().count(), LINE_LIMIT);
    assert!(
        long.starts_with("Reading: `cat éé") && long.ends_with("é…`"),
        "{long}"
    );
    // Never within a character of several code points.
    let family = "👨‍👩‍👧‍👦";
    let long = line("WebSearch", &json!({"query": family.repeat(50)}));
    assert!(long.chars().count() <= LINE_LIMIT);
    assert!(!long.contains('\u{200d}'), "{long}");
    let flags = line("WebSearch", &json!({"query": "🇩🇪".repeat(100)}));
    assert!(flags.ends_with("🇩🇪…`"), "{flags}");
    let long = line(
        "Grep",
        &json!({"pattern": "x".repeat(300), "path": "y".repeat(300)}),
    );
    assert!(
        long.contains("…` in `y") && long.chars().count() <= LINE_LIMIT,
        "{long}"
    );
    assert!(bash(&"`".repeat(500)).chars().count() <= LINE_LIMIT);
    assert!(line("mcp__a__b", &json!({})).contains("`a`: `b`"));
}

#[test]
fn s78_secrets_are_not_shown() {
    for secret in [
        "curl -H 'Authorization: Bearer SECRET' https://example.com",
        "curl -H \"authorization: token SECRET\" x",
        "curl -H 'X-Api-Key: SECRET' x",
        "curl -H 'Cookie: a=SECRET; b=SECRET' x",
        "curl -u name:SECRET https://example.com",
        "curl https://name:SECRET@example.com/x",
        "curl 'https://example.com/?token=SECRET&x=1'",
        "curl 'https://example.com/?api_key=SECRET'",
        "mysql -uroot -pSECRET db",
        "sshpass -p SECRET ssh x",
        "deploy --password SECRET",
        "deploy --password=SECRET",
        "deploy --password 'SECRET and more SECRET'",
        "deploy --api-key SECRET",
        "deploy --auth-token=SECRET",
        "deploy -token SECRET",
        "ANTHROPIC_API_KEY=SECRET claude",
        "export GITHUB_TOKEN='SECRET'",
        "DB_PASSWORD=SECRET ./run",
        "MYKEY=SECRET ./run",
        "docker run -e POSTGRES_PASSWORD=SECRET x",
        "echo '{\"password\": \"SECRET\"}'",
        "echo 'secret: SECRET'",
    ] {
        let shown = bash(&secret.replace("SECRET", "hunter2hunter2"));
        assert!(
            !shown.contains("hunter2") && shown.contains("***"),
            "{shown}"
        );
    }
    for token in [
        "sk-ant-REDACTED",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0abcdefghijkl_mnop",
        "xoxb-1234567890-abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def",
        "123456789:AAEhBP0av28fDkTGZ1Ymh1lGJ1ebX7kZxyz",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA\n-----END OPENSSH PRIVATE KEY-----",
    ] {
        assert_eq!(mask_secrets(&format!("echo {token} x")), "echo *** x");
    }
    // Text that resembles a secret only a little.
    for harmless in [
        "git show 0123456789abcdef0123456789abcdef01234567",
        "cargo test --author x",
        "ls tokens.rs secret/ passwords.md",
        "curl -H 'Accept: text/html' https://example.com/a/b?x=1",
        "grep -n 'token' src",
    ] {
        assert_eq!(mask_secrets(harmless), harmless);
    }
}

#[test]
fn outcomes() {
    for (tool, text, is_error, says) in [
        ("Bash", "", false, "no output"),
        ("Bash", "hello\n", false, "`hello`"),
        ("Bash", "a\nb\n\nc\n", false, "3 lines"),
        ("Read", "1\ta\n2\tb", false, "2 lines"),
        ("Write", "File created successfully at: x", false, "done"),
        ("Agent", "long\nanswer", false, "answered"),
        ("Bash", "Exit code 3", true, "exit 3"),
        (
            "Bash",
            "Exit code 1\nsome\nerror: it broke\n",
            true,
            "exit 1: `error: it broke`",
        ),
        ("Bash", "Error: Exit code 101\nx", true, "exit 101: `x`"),
        (
            "Edit",
            "<tool_use_error>String to replace not found</tool_use_error>",
            true,
            "failed: `String to replace not found`",
        ),
        (
            "Bash",
            "Denied by operator",
            true,
            "failed: `Denied by operator`",
        ),
        ("Bash", "", true, "failed"),
        ("Bash", "token=hunter2hunter2", false, "`token=***`"),
    ] {
        assert_eq!(
            describe_result(tool, text, is_error).line,
            says,
            "{tool} {text:?}"
        );
    }
}

#[test]
fn details_are_bounded() {
    let short = describe_result("Bash", "a\n\u{1b}[31mb\u{202e}", false);
    assert_eq!(short.detail, "a\n [31mb");
    let lines: Vec<_> = (0..10_000).map(|n| format!("line {n}")).collect();
    let long = lines.join("\n");
    let detail = describe_result("Bash", &long, false).detail;
    assert!(detail.len() <= DETAIL_LIMIT + 10, "{}", detail.len());
    assert!(
        detail.starts_with("line 0\n") && detail.ends_with("\nline 9999"),
        "{detail}"
    );
    let key = format!(
        "{}-----BEGIN PRIVATE KEY-----\n{}",
        "x\n".repeat(100),
        "c2VjcmV0\n".repeat(1000)
    );
    assert!(
        !describe_result("Read", &key, false)
            .detail
            .contains("c2VjcmV0")
    );
    let key = format!("{}-----END PRIVATE KEY-----\nend", "c2VjcmV0\n".repeat(150));
    assert_eq!(describe_result("Read", &key, false).detail, "***\nend");
    assert_eq!(render_code_block("a\n```\nb\n"), "````\na\n```\nb\n````");
    assert_eq!(render_code_block("a"), "```\na\n```");
}

proptest! {
    #[test]
    fn any_line_is_one_short_line_of_markdown(tool in "\\PC{0,40}", text in "[\\PC`\n\r\u{202e}\u{1b}]{0,300}") {
        for input in [json!({"command": text}), json!({"file_path": text}), json!({"pattern": text, "path": text})] {
            for tool in [tool.as_str(), "Bash", "Read", "Grep", "mcp__a__b"] {
                let line = line(tool, &input);
                prop_assert!(line.chars().count() <= LINE_LIMIT, "{line:?}");
                prop_assert!(!line.contains(['\n', '\r', '\u{202e}', '\u{1b}']), "{line:?}");
            }
        }
        let outcome = describe_result(&tool, &text, text.len() % 2 == 0);
        prop_assert!(outcome.line.chars().count() <= LINE_LIMIT, "{:?}", outcome.line);
        prop_assert!(outcome.detail.len() <= DETAIL_LIMIT + 10);
    }
}

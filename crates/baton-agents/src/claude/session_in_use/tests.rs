use serde_json::json;

use super::*;

/// The result for a folder with this session file.
fn look_at(says: &serde_json::Value) -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1.json"), says.to_string()).unwrap();
    fs::write(folder.path().join("1.key"), "{}").unwrap();
    fs::write(folder.path().join("2.json"), "no JSON").unwrap();
    has_open_session(folder.path(), "ours", None)
}

#[test]
fn one_that_runs_holds_its_session() {
    let pid = std::process::id();
    let start = read_process(pid.try_into().unwrap()).unwrap().start;
    assert!(look_at(
        &json!({"pid": pid, "sessionId": "ours", "procStart": start})
    ));
    assert!(look_at(&json!({"pid": pid, "sessionId": "ours"})));
    assert!(!look_at(&json!({"pid": pid, "sessionId": "another"})));
    assert!(!look_at(&json!({"pid": pid})));
}

#[test]
fn one_that_was_killed_holds_nothing() {
    let mut child = std::process::Command::new("cat")
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let says = json!({"pid": child.id(), "sessionId": "ours"});
    assert!(look_at(&says));
    drop(child.stdin.take());
    // Also before the parent has asked for the exit status.
    while look_at(&says) {
        std::thread::yield_now();
    }
    child.wait().unwrap();
    assert!(!look_at(&says));
    // Another process with the same id does not count either.
    let again = json!({"pid": std::process::id(), "sessionId": "ours", "procStart": "1"});
    assert!(!look_at(&again));
}

#[test]
fn one_in_another_container_is_believed() {
    let elsewhere = json!({
        "pid": 1, "sessionId": "ours", "procStart": "1", "pidDomain": "linux:abc:pid:[1]",
    });
    assert!(look_at(&elsewhere));
    assert!(!has_open_session(Path::new("/nowhere"), "ours", None));
}

#[test]
fn its_configuration_may_be_elsewhere() {
    let env = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let home = BTreeMap::from([env("HOME", "/home/ann")]);
    assert_eq!(
        sessions_folder(&home),
        Some("/home/ann/.claude/sessions".into())
    );
    let own = BTreeMap::from([env("HOME", "/home/ann"), env("CLAUDE_CONFIG_DIR", "/etc/c")]);
    assert_eq!(sessions_folder(&own), Some("/etc/c/sessions".into()));
    assert_eq!(sessions_folder(&BTreeMap::new()), None);
}

//! `topics` gives the same answers from the running Baton and from its store.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::program::Home;

const ECHO: &str = "[agents.echo]\nkind = \"echo\"\npause_seconds = 0\n";

#[tokio::test]
async fn topics_are_listed_and_pruned_whether_it_runs_or_not() {
    let home = Home::with(ECHO);
    let baton = home.start();
    let list = || home.run(&["topics", "list", "--json"]);
    let prune = || {
        home.run(&[
            "topics",
            "prune",
            "--older-than",
            "1h",
            "--dry-run",
            "--json",
        ])
    };
    let unknown = || home.run(&["topics", "prune", "--topic", "-100/7", "--delete", "--json"]);
    let check = || {
        assert_eq!(list().json(), json!({ "topics": [] }));
        let nothing = json!({ "ended": [], "busy": [], "unknown": [] });
        assert_eq!(prune().json(), nothing);
        let unknown = unknown();
        assert_eq!(unknown.code, Some(1));
        let answer: Value = serde_json::from_str(&unknown.out).unwrap();
        assert_eq!(answer["unknown"], json!(["-100/7"]));
        assert!(unknown.err.contains("topic -100/7"), "{}", unknown.err);
    };
    check();
    assert_eq!(baton.stop(Signal::SIGTERM).code, Some(0));
    check();
}

#[test]
fn an_unreadable_age_is_refused() {
    let home = Home::new();
    for age in ["-1d", "soon", "30", "2 months"] {
        let refused = home.run(&["topics", "prune", &format!("--older-than={age}")]);
        assert_eq!(refused.code, Some(2), "{age}: {}", refused.err);
    }
}

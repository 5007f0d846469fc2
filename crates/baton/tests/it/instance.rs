//! One Baton for each data folder, and its location.

use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;

use crate::program::Home;

#[test]
fn s57_the_second_baton_on_a_folder_says_who_has_it_and_exits() {
    let home = Home::new();
    let first = home.start();
    let second = home.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, Some(3), "{}", second.err);
    for part in [
        home.data().display().to_string(),
        first.pid().to_string(),
        first.address().to_string(),
    ] {
        assert!(
            second.err.contains(&part),
            "{part} is not in: {}",
            second.err
        );
    }
    // The first Baton continues undisturbed.
    assert_eq!(
        home.run(&["status", "--json"]).json()["running"]["pid"],
        first.pid()
    );
}

#[test]
fn a_killed_baton_leaves_its_folder_to_the_next() {
    let home = Home::new();
    home.start().stop(Signal::SIGKILL);
    assert!(home.data().join("daemon.json").exists());
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["running"], serde_json::Value::Null);
    let next = home.start();
    assert_eq!(
        home.run(&["status", "--json"]).json()["running"]["pid"],
        next.pid()
    );
}

#[test]
fn an_address_in_use_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Home::new().run(&["--listen", &address]);
    assert_eq!(refused.code, Some(5), "{}", refused.err);
    assert!(refused.err.contains(&address), "{}", refused.err);
}

#[test]
fn s82_a_damaged_store_is_told() {
    let home = Home::new();
    std::fs::create_dir_all(home.data()).unwrap();
    std::fs::write(
        home.data().join("baton.db"),
        "this is no database".repeat(1_000),
    )
    .unwrap();
    for words in [vec!["--listen", "127.0.0.1:0"], vec!["status"]] {
        let refused = home.run(&words);
        assert_eq!(refused.code, Some(4), "{}", refused.err);
        assert!(refused.err.contains("damaged"), "{}", refused.err);
    }
}

#[test]
fn without_configuration_it_says_where_it_is_and_why_this_agent() {
    let home = Home::new();
    let baton = home.start();
    let agent = baton.started["agent"].as_str().unwrap();
    assert!(["echo", "ollama"].contains(&agent), "{agent}");
    assert!(!baton.started["why"].as_str().unwrap().is_empty());
    assert_eq!(baton.started["data"], home.data().to_str().unwrap());
}

#[tokio::test]
async fn what_people_say_is_its_owners_alone_to_read() {
    let home = Home::new();
    let baton = home.start();
    baton
        .post(serde_json::json!({ "text": "between us", "id": "one" }))
        .await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    let mut databases = 0;
    for file in std::fs::read_dir(home.data()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        databases += usize::from(name.starts_with("baton.db"));
    }
    // The database, its write-ahead log, and the shared-memory file.
    assert_eq!(databases, 3);
    assert_eq!(mode(&home.data().join("baton.db")) & 0o777, 0o600);
    drop(baton);
}

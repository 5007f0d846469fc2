//! s82, with the real program: a full disk, or the data of a newer program.

use std::path::PathBuf;
use std::process::Command;

use baton_testkit::skipped::report_skipped;
use nix::sys::signal::Signal;
use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::program::{Done, Home, Running, client};
use crate::stream_checks::{REPLY, each_answered_once_and_in_order};

/// Few turns at once, because a turn that a full disk interrupts must release its slot.
const CONFIGURATION: &str = r#"
    [agents.echo]
    kind = "echo"
    at_once = 2
    pause_seconds = 0
    [personas.bob]
    agent = "echo"
    [limits]
    turns = 2
    first_pause_seconds = 0.05
    longest_pause_seconds = 0.1
"#;
/// More messages than fit on the disk.
const FAR_TOO_MANY: usize = 1_000;

/// The ways to make a namespace with its own mounts, in order: by any user, by root, and by root below a
/// changed root, where the kernel refuses the other two.
const NAMESPACES: [&[&str]; 3] = [
    &["--map-root-user", "--mount"],
    &["--mount"],
    &["--mount", "--propagation", "unchanged"],
];

/// A data folder on a separate disk that only the program sees. The disk ends with the program.
struct SmallDisk {
    home: Home,
    namespace: &'static [&'static str],
}

impl SmallDisk {
    /// Returns `None`, and reports that the test is skipped, if the system permits no mounts.
    fn new() -> Option<Self> {
        Self::with(CONFIGURATION)
    }

    fn with(configuration: &str) -> Option<Self> {
        let mut disk = Self {
            home: Home::with(configuration),
            namespace: &[],
        };
        std::fs::create_dir(disk.home.data()).unwrap();
        // With a shared mount, the disk of the third kind of namespace would be visible outside.
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let kinds = if mounts.contains(" shared:") { 2 } else { 3 };
        let mut refused = String::new();
        for namespace in &NAMESPACES[..kinds] {
            disk.namespace = namespace;
            match disk.command("64k", "true").output() {
                Ok(output) if output.status.success() => return Some(disk),
                Ok(output) => refused += &String::from_utf8_lossy(&output.stderr),
                Err(error) => refused += &error.to_string(),
            }
        }
        report_skipped(&format!(
            "`unshare --mount` and `mount -t tmpfs` are needed for a full disk, \
             and the system says: {}. Run the tests as root, or allow user namespaces \
             (on Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0).",
            refused.trim().replace('\n', "; ")
        ));
        None
    }

    /// A command with the shell's `what`, with a data folder on a disk of this size.
    fn command(&self, size: &str, what: &str) -> Command {
        let baton = self.home.command(&[]);
        let mut command = Command::new("unshare");
        command.args(self.namespace).args(["sh", "-c"]);
        command.arg(format!(
            "mount -t tmpfs -o size={size} tmpfs \"$BATON_DATA\" && {what}"
        ));
        // The arguments after the script are its `$0`, then its `$@`.
        command.arg(baton.get_program());
        command.env_clear().current_dir(self.home.path());
        for (name, value) in baton.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
    }

    fn baton(&self, size: &str) -> Command {
        self.command(size, r#"exec "$0" --listen 127.0.0.1:0 "$@""#)
    }

    /// The path of a running program's disk, from outside of its namespace.
    fn seen_from_outside(&self, baton: &Running) -> PathBuf {
        let inside = self.home.data();
        let inside = inside.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", baton.pid())).join(inside)
    }
}

/// Tries to post a long message.
async fn say(baton: &Running, number: usize) -> (StatusCode, Value) {
    let comment = json!({
        "id": format!("m{number}"),
        "domain": format!("room-{}", number % 3),
        "text": format!("message {number} {}", "and so on ".repeat(800)),
    });
    let url = baton.url("/api/comments");
    let response = client().post(url).json(&comment).send().await.unwrap();
    let status = response.status();
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn s82_on_a_full_disk_nothing_is_acknowledged_that_is_not_kept_and_with_room_all_goes_on() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    let baton = Running::launch(disk.baton("12m"));
    let ballast = disk.seen_from_outside(&baton).join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).unwrap();

    let mut number = 0;
    let error = loop {
        assert!(number < FAR_TOO_MANY, "the disk does not get full");
        match say(&baton, number).await {
            (StatusCode::CREATED, _) => number += 1,
            refused => break refused,
        }
    };
    assert_eq!(error.0, StatusCode::SERVICE_UNAVAILABLE, "{}", error.1);
    assert_eq!(error.1["error"], "store_failed", "{}", error.1);
    let told = error.1["message"].as_str().unwrap();
    assert!(told.contains("disk is full"), "{told}");
    let data = disk.home.data().display().to_string();
    assert!(!told.contains(&data), "that is nobody's business: {told}");
    assert!(number > 0, "it was full from the beginning");

    // The refused message was not stored, so the status is 201. The status 200 would mean a stored message.
    std::fs::remove_file(&ballast).unwrap();
    let (status, body) = say(&baton, number).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let messages = number + 1;

    let told = baton.stream_with_times(REPLY, messages).await;
    each_answered_once_and_in_order(&told, messages);

    let stopped = baton.stop(Signal::SIGTERM);
    assert_eq!(stopped.code, Some(0), "{}", stopped.err);
    let log = stopped.err;
    assert!(log.contains("the disk is full"), "{log}");
}

#[tokio::test]
async fn s88_data_and_log_on_one_full_disk_end_nothing_and_the_gap_in_the_log_is_told() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    let logging = r#"exec "$0" --log debug --listen 127.0.0.1:0 "$@" 2>>"$BATON_DATA/log""#;
    let baton = Running::launch(disk.command("12m", logging));
    let seen = disk.seen_from_outside(&baton);
    let ballast = seen.join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).unwrap();
    let mut number = 0;
    while say(&baton, number).await.0 == StatusCode::CREATED {
        number += 1;
        assert!(number < FAR_TOO_MANY, "the disk does not get full");
    }
    // More messages than fit into the last block of the log.
    for _ in 0..50 {
        let (status, body) = say(&baton, number).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    }
    std::fs::remove_file(&ballast).unwrap();
    let messages = number + 20;
    for number in number..messages {
        let (status, body) = say(&baton, number).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
    }
    let told = baton.stream_with_times(REPLY, messages).await;
    each_answered_once_and_in_order(&told, messages);
    let log = std::fs::read_to_string(seen.join("log")).unwrap();
    assert!(log.contains("log lines were lost"), "{log}");
    let stopped = baton.stop(Signal::SIGTERM);
    assert_eq!(stopped.code, Some(0));
}

#[tokio::test]
async fn s82_on_a_full_disk_it_can_still_be_stopped() {
    // The agent answers when a file exists. Until then all other messages wait.
    // The answer is longer than a message, so a disk without room for a message has none for the answer.
    let gate = "printf begun; while [ ! -e go ]; do sleep 0.02; done; head -c 500000 /dev/zero | tr '\\\\0' x";
    let Some(disk) = SmallDisk::with(&format!(
        "[agents.gate]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"{gate}\"]\nat_once = 1\n\
         [limits]\nfirst_pause_seconds = 0.05\nlongest_pause_seconds = 0.1\n\
         shutdown_grace_seconds = 3\n"
    )) else {
        return;
    };
    let mut baton = Running::launch(disk.baton("12m"));
    baton.post(json!({ "text": "go", "id": "one" })).await;
    baton.stream_with(&["begun"]).await;
    let ballast = disk.seen_from_outside(&baton).join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).unwrap();
    let mut number = 0;
    while say(&baton, number).await.0 == StatusCode::CREATED {
        number += 1;
        assert!(number < FAR_TOO_MANY, "the disk does not get full");
    }
    // The turn ends, but the disk has no room for its result.
    std::fs::write(disk.home.path().join("go"), "").unwrap();
    baton.signal(Signal::SIGTERM);
    let stopped = baton.wait();
    assert_eq!(stopped.code, Some(0), "{}", stopped.err);
    let log = stopped.err;
    assert!(log.contains("the end of a turn is not stored yet"), "{log}");
}

#[test]
fn s82_no_room_to_begin_with_is_told() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    for size in ["8k", "64k", "200k"] {
        let refused = Done::from(disk.baton(size).output().unwrap());
        assert_eq!(refused.code, Some(1), "{}", refused.err);
        let told = refused.err;
        assert!(told.contains("the disk is full"), "{size}: {told}");
    }
}

#[test]
fn s82_the_store_of_a_newer_baton_is_told() {
    let home = Home::new();
    home.start().stop(Signal::SIGTERM);
    Connection::open(home.data().join("baton.db"))
        .unwrap()
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             VALUES (4711, 'from_the_future', '2100-01-01T00:00:00Z', '0')",
            (),
        )
        .unwrap();
    for words in [vec!["--listen", "127.0.0.1:0"], vec!["status"]] {
        let refused = home.run(&words);
        assert_eq!(refused.code, Some(4), "{}", refused.err);
        for part in ["4711", "run a newer Baton"] {
            assert!(refused.err.contains(part), "{}", refused.err);
        }
    }
}

//! The process is killed without warning under load, several times.

use std::fs::OpenOptions;

use baton_testkit::lifeline::Lifeline;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::program::Home;
use crate::stream_checks::{REPLY, each_answered_once_and_in_order};

/// An agent with an answer only after a file exists. The number of tries exceeds the number of kills.
/// Otherwise Baton would rightly give up a message that runs at every kill.
const CONFIGURATION: &str = r#"
    [agents.gate]
    kind = "command"
    command = ["sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; cat"]
    [limits]
    attempts = 10
"#;

#[tokio::test]
async fn s80_killed_during_200_turns_every_message_is_answered_once_and_in_order() {
    const ROOMS: usize = 10;
    const MESSAGES: usize = 200;
    let home = Home::with(CONFIGURATION);
    let mut baton = home.start();
    for number in 0..MESSAGES {
        let room = format!("room-{}", number % ROOMS);
        let text = format!("message number {number}, in several words");
        baton
            .post(json!({ "text": text, "domain": room, "id": format!("m{number}") }))
            .await;
    }
    baton.stop(Signal::SIGKILL);
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], MESSAGES);
    assert_eq!(status["messages"]["answered"], 0);
    baton = home.start();
    std::fs::write(home.path().join("go"), "").unwrap();
    for _ in 0..3 {
        let replies = baton
            .stream_with_times(REPLY, 1)
            .await
            .matches(REPLY)
            .count();
        baton
            .stream_with_times(REPLY, (replies + 20).min(MESSAGES))
            .await;
        let killed = baton.stop(Signal::SIGKILL);
        assert_eq!(killed.code, None, "it ended by itself: {}", killed.err);
        baton = home.start();
    }
    let told = baton.stream_with_times(REPLY, MESSAGES).await;
    each_answered_once_and_in_order(&told, MESSAGES);

    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], MESSAGES);
    assert_eq!(status["messages"]["answered"], MESSAGES);
    assert_eq!(status["deliveries"]["sent"], MESSAGES);
}

/// Starts one grandchild in its own group, one in another group, and one whose parent has ended. All of them
/// and the script ignore signals, and hold the pipe open.
const FAMILY: &str = r#"
    trap '' TERM HUP INT
    hold() { echo up >&3; while :; do sleep 1000; done; }
    exec 3>"$1"
    hold &
    setsid sh -c 'trap "" TERM HUP; echo up >&3; while :; do sleep 1000; done' &
    (hold &)
    hold
"#;

#[tokio::test]
async fn s80_no_child_outlives_a_killed_baton() {
    let (mut first, mut second) = (Lifeline::new(), Lifeline::new());
    let home = Home::new();
    std::fs::write(home.path().join("family"), FAMILY).unwrap();
    let agent = |name: &str, line: &Lifeline| {
        let line = line.path().display();
        format!(
            "[agents.{name}]\nkind = \"command\"\ncommand = [\"sh\", \"family\", \"{line}\"]\n\
             [personas.{name}]\nagent = \"{name}\"\n"
        )
    };
    let page = "[channels.web]\npersona = \"first\"\n";
    let agents = agent("first", &first) + &agent("second", &second);
    std::fs::write(home.configuration(), agents + page).unwrap();
    let baton = home.start();
    for name in ["first", "second"] {
        baton
            .post(json!({ "text": "go", "domain": name, "entity": name }))
            .await;
    }
    first.held(4).await;
    second.held(4).await;
    baton.stop(Signal::SIGKILL);
    first.let_go().await;
    second.let_go().await;
}

/// Reports an earlier process that still runs and is not a zombie.
const LONELY: &str = r#"
    if [ -e before ] && state=$(cut -d' ' -f3 "/proc/$(cat before)/stat") && [ "$state" != Z ]; then
        echo beside >>beside
    fi
    echo $$ >before
    echo up >"$1"
    while :; do sleep 1000; done
"#;

#[tokio::test]
async fn s91_what_a_baton_ran_that_was_killed_with_its_reaper_is_ended_before_the_next_runs() {
    let (mut line, mut other_line) = (Lifeline::new(), Lifeline::new());
    // The pipe is also held here, so that it does not end between two agents.
    let held = |line: &Lifeline| OpenOptions::new().write(true).open(line.path()).unwrap();
    let _held = [held(&line), held(&other_line)];
    let lonely = |line: &Lifeline| {
        let line = line.path().display();
        let home = Home::with(&format!(
            "[agents.lonely]\nkind = \"command\"\ncommand = [\"sh\", \"lonely.sh\", \"{line}\"]\n\
             [personas.lonely]\nagent = \"lonely\"\n\
             [channels.web]\npersona = \"lonely\"\n[limits]\nattempts = 10\n"
        ));
        std::fs::write(home.path().join("lonely.sh"), LONELY).unwrap();
        home
    };
    let (home, other_home) = (lonely(&line), lonely(&other_line));
    let (mut baton, other) = (home.start(), other_home.start());
    for baton in [&baton, &other] {
        baton.post(json!({ "text": "go" })).await;
    }
    line.held(1).await;
    other_line.held(1).await;
    for _ in 0..3 {
        kill(reaper_of(baton.pid()), Signal::SIGKILL).unwrap();
        baton.stop(Signal::SIGKILL);
        baton = home.start();
        line.held(1).await;
        assert!(!home.path().join("beside").exists(), "two at once");
    }
    // The reaper does not touch the processes of another Baton.
    let spared = std::fs::read_to_string(other_home.path().join("before")).unwrap();
    let spared = Pid::from_raw(spared.trim().parse().unwrap());
    assert_eq!(kill(spared, None), Ok(()));
}

/// The process that ends the children of a dead Baton.
fn reaper_of(baton: u32) -> Pid {
    // Any thread of Baton may have started the reaper.
    let threads = std::fs::read_dir(format!("/proc/{baton}/task")).unwrap();
    let children = threads.map(|thread| {
        let of = thread.unwrap().path().join("children");
        std::fs::read_to_string(of).unwrap_or_default()
    });
    let children = children.collect::<String>();
    let mut children = children.split_whitespace();
    let is_reaper = |child: &&str| {
        let command = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        command
            .split(|byte| *byte == 0)
            .any(|word| word == b"baton-reaper")
    };
    let reaper = children.find(is_reaper).expect("there is one");
    Pid::from_raw(reaper.parse().unwrap())
}

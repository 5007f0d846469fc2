use std::os::unix::process::ExitStatusExt;
use std::process::Child;

use nix::libc::{SIGKILL, SIGTERM};

use super::*;

const NO_MARK: &str = "nobody-has-this.";

/// A process in its own group, and the group.
fn spawn_sleeper(name: &str, value: &str) -> (Child, Pid) {
    let child = Command::new("sleep")
        .arg("1000")
        .env(name, value)
        .process_group(0)
        .spawn()
        .unwrap();
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap());
    (child, group)
}

/// Ends a reaper's input, and waits for the exit of the reaper.
fn end_input(mut reaper: ReaperProcess) {
    drop(reaper.0.stdin.take());
    assert!(reaper.0.wait().unwrap().success());
}

#[test]
fn it_kills_the_groups_that_are_left_and_no_other() {
    let (mut left, left_group) = spawn_sleeper("A", "B");
    let (mut struck, struck_group) = spawn_sleeper("A", "B");
    let mut reaper = ReaperProcess::start(SCRIPT, NO_MARK).unwrap();
    reaper
        .write_line(&format!("+{left_group}\n+{struck_group}\n"))
        .unwrap();
    reaper.write_line(&format!("-{struck_group}\n")).unwrap();
    // A last line that was cut off is ignored.
    reaper.write_line(&format!("+{struck_group}")).unwrap();
    end_input(reaper);
    assert_eq!(left.wait().unwrap().signal(), Some(SIGKILL));
    assert_eq!(struck.try_wait().unwrap(), None);
    struck.kill().unwrap();
    struck.wait().unwrap();
}

#[test]
fn it_kills_what_carries_the_mark_and_nothing_else() {
    let (mut marked, _) = spawn_sleeper(process_mark::NAME, "run-of-a-test.7");
    let (mut other, _) = spawn_sleeper(process_mark::NAME, "another-run.7");
    let (mut alike, _) = spawn_sleeper("NOT_BATON_CHILD", "run-of-a-test.7");
    end_input(ReaperProcess::start(SCRIPT, "run-of-a-test.").unwrap());
    assert_eq!(marked.wait().unwrap().signal(), Some(SIGKILL));
    for child in [&mut other, &mut alike] {
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn no_signal_to_everybody_ends_it_before_its_work_is_done() {
    let (mut left, group) = spawn_sleeper("A", "B");
    let mut reaper = ReaperProcess::start(SCRIPT, NO_MARK).unwrap();
    reaper.write_line(&format!("+{group}\n")).unwrap();
    let signals = "trap '' HUP; kill -s HUP $1; kill -s INT $1; kill -s QUIT $1; kill -s TERM $1";
    while !ignores_sigterm(reaper.0.id()) {
        std::thread::yield_now();
    }
    let sent = Command::new("sh")
        .args(["-c", signals, "sh", &reaper.0.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    // A second listing of a group changes nothing.
    reaper.write_line(&format!("+{group}\n")).unwrap();
    end_input(reaper);
    assert_eq!(left.wait().unwrap().signal(), Some(SIGKILL));
}

fn ignores_sigterm(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask & (1 << (SIGTERM - 1)) != 0
}

/// The `kill` commands of the script for this input, one line each, without `kill` itself. Nothing is killed,
/// because a mistake here could kill all processes of this user.
fn would_kill(told: &[u8]) -> String {
    let mut reaper = Command::new("/bin/sh")
        .args([
            "-c",
            &format!("kill() {{ echo \"$@\"; }}\n{SCRIPT}"),
            "sh",
            NO_MARK,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reaper.stdin.take().unwrap().write_all(told).unwrap();
    let out = reaper.wait_with_output().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn it_minds_no_garbage() {
    let garbage: [&[u8]; 24] = [
        b"",
        b"+",
        b"-",
        b"1",
        b"12",
        b"+0",
        b"-0",
        b"+1",
        b"+00",
        b"+01",
        b"+001",
        b"+-1",
        b"+-12",
        b"+1 2",
        b"+ 12",
        b"+12x",
        b"+0x12",
        b"+*",
        b"+$(echo 12)",
        b"+`echo 12`; kill 12",
        b"+99999999999999999999",
        b"*12",
        b"\xff\x00\xfe+12",
        b"++12",
    ];
    let mut told = garbage.join(&b'\n');
    told.extend(b"\n+34\n+56\n-3\n-345\n-\n+78\n-56\n");
    told.extend(b"a".repeat(200_000));
    told.extend(b"\n+90\n");
    assert_eq!(
        would_kill(&told),
        "-s KILL -- -34\n-s KILL -- -78\n-s KILL -- -90\n"
    );
}

#[test]
fn it_forgets_what_is_over() {
    // So many lines that a script without removal would be noticeably slow.
    let line = |group: u32| format!("+{group}\n-{group}\n");
    let told: Vec<_> = (100_000..120_000).map(line).collect();
    assert_eq!(would_kill(told.concat().as_bytes()), "");
}

#[test]
fn one_that_died_is_replaced_by_one_that_knows_all() {
    let (mut first, first_group) = spawn_sleeper("A", "B");
    let (mut second, second_group) = spawn_sleeper("A", "B");
    let mut watch = GroupWatch {
        groups: BTreeSet::from([first_group]),
        reaper: None,
    };
    watch.send_line(&format!("+{first_group}\n")).unwrap();
    let reaper = watch.reaper.as_mut().unwrap();
    reaper.0.kill().unwrap();
    reaper.0.wait().unwrap();
    watch.groups.insert(second_group);
    watch.send_line(&format!("+{second_group}\n")).unwrap();
    end_input(watch.reaper.unwrap());
    assert_eq!(first.wait().unwrap().signal(), Some(SIGKILL));
    assert_eq!(second.wait().unwrap().signal(), Some(SIGKILL));
}

use std::io::Read;
use std::sync::mpsc;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::*;

/// A full, non-blocking pipe: its reader and its writer.
fn full_pipe() -> (io::PipeReader, io::PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    for piece in [vec![b'.'; 4_096], vec![b'.']] {
        while (&writer).write(&piece).is_ok() {}
    }
    (reader, writer)
}

#[test]
fn what_finds_no_room_is_lost_and_told_once() {
    let (mut reader, writer) = full_pipe();
    let (told, losses) = mpsc::channel();
    let lines = LineThread::start_writing(&writer, move |lost| told.send(lost).unwrap()).unwrap();
    drop(writer);
    let line = "x".repeat(1_023);
    for _ in 0..QUEUE_LIMIT / 1_024 + 5 {
        lines.add_line(&line);
    }
    let all = std::thread::spawn(move || {
        let mut all = String::new();
        reader.read_to_string(&mut all).unwrap();
        all
    });
    let lost = losses.recv().unwrap();
    assert_eq!(
        (lost.lines, lost.why.as_str()),
        (5, "the reader is too slow")
    );
    lines.add_line("the end");
    drop(lines);
    let all = all.join().unwrap();
    let all = all.trim_start_matches('.');
    assert_eq!(all.matches(&line).count(), QUEUE_LIMIT / 1_024);
    assert!(all.ends_with("\nthe end\n"), "{all}");
    assert!(losses.try_recv().is_err(), "it was told twice");
}

#[test]
fn what_could_not_be_written_is_told_when_it_can_be_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (told, losses) = mpsc::channel();
    let lines = LineThread::start_writing(&full, move |lost| told.send(lost).unwrap()).unwrap();
    for _ in 0..3 {
        lines.add_line("nowhere");
    }
    drop(lines);
    assert!(losses.recv().is_err(), "nothing could be told");

    // The same thread function, with a file that can be written.
    let shared = SharedLines {
        queue: Mutex::default(),
        changed: Condvar::new(),
    };
    let sender = LineSender(Arc::new(shared));
    let (told, losses) = mpsc::channel();
    let out = File::create(&path).unwrap();
    sender.0.lock_queue().count_lost_line("the disk is full");
    sender.enqueue_line(b"somewhere\n".to_vec());
    sender.0.lock_queue().ended = true;
    sender
        .0
        .write_all(&mut LineOutput::new(out.into()), |lost| {
            told.send(lost).unwrap();
        });
    let lost = losses.try_recv().unwrap();
    assert_eq!((lost.lines, lost.why.as_str()), (1, "the disk is full"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somewhere\n");
}

#[test]
fn a_line_that_was_cut_is_ended_before_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut out = LineOutput::new(File::create(&path).unwrap().into());
    out.torn = true;
    out.write_line(b"whole\n").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "\nwhole\n");
}

#[test]
fn nobody_waits_for_ever_for_last_lines() {
    let (_reader, writer) = io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while (&writer).write(b".").is_ok() {}
    let lines = LineThread::start_writing(&writer, |_| {}).unwrap();
    lines.add_line("never read");
    drop(lines);
}

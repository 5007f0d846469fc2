//! Threads whose ids the platform chooses: one for each conversation.

use std::time::Duration;

use baton_chat::connector::ChatId;

use super::{ConnectorRig, ContractProgram, OptionalCheck, start};

/// A fault of a request to create a named thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadFault {
    /// The platform creates the thread, and the answer is lost.
    LostAnswer,
    /// The platform creates the thread, and its answer never comes.
    NoAnswer,
    /// The platform does not get the request, and the connector learns that no answer comes.
    LostRequest,
    /// The platform does not get the request, and the connector waits for ever.
    NoRequest,
    /// The platform creates the thread after this time, and its answer never comes.
    Late(Duration),
}

/// A conversation has one thread, and the messages of the thread belong to the conversation. The name loses its mark.
pub(super) async fn answers_in_one_thread(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let Some(forum) = rig.forum() else {
        return Some(OptionalCheck::NamedThreads);
    };
    let program = ContractProgram::new();
    let run = start(&program, rig).await;
    rig.write(&forum, "hello").await;
    let thread = only_thread(rig).await;
    assert_eq!(rig.until_said(&thread, "hello").await, ["hello"]);
    rig.until_thread_named(&thread, "hello").await;
    rig.write(&thread, "again").await;
    assert_eq!(rig.until_said(&thread, "again").await, ["hello", "again"]);
    assert_eq!(run.conversations().await, 1);
    rig.until_acknowledged().await;
    run.kill().await;
    let run = start(&program, rig).await;
    rig.write(&thread, "end").await;
    let said = rig.until_said(&thread, "end").await;
    assert_eq!(said, ["hello", "again", "end"]);
    assert_eq!(run.conversations().await, 1);
    assert_eq!(rig.until_threads(1).await, [thread]);
    run.end_with(3).await;
    None
}

/// The answer to the creation is lost, and the report of the platform tells the thread.
pub(super) async fn adopts_the_thread_of_a_lost_answer(
    rig: &impl ConnectorRig,
) -> Option<OptionalCheck> {
    let Some(forum) = rig.forum() else {
        return Some(OptionalCheck::NamedThreads);
    };
    let program = ContractProgram::new();
    let run = start(&program, rig).await;
    rig.fail_next_thread(ThreadFault::LostAnswer).await;
    rig.write(&forum, "hello").await;
    let thread = only_thread(rig).await;
    assert_eq!(rig.until_said(&thread, "hello").await, ["hello"]);
    rig.until_thread_named(&thread, "hello").await;
    rig.write(&thread, "end").await;
    assert_eq!(rig.until_said(&thread, "end").await, ["hello", "end"]);
    assert_eq!(run.conversations().await, 1);
    assert_eq!(rig.until_threads(1).await, [thread]);
    run.end_with(2).await;
    None
}

/// The platform never got the request. Baton creates the thread after the platform has reported all its events.
pub(super) async fn creates_the_thread_of_a_lost_request(
    rig: &impl ConnectorRig,
) -> Option<OptionalCheck> {
    let Some(forum) = rig.forum() else {
        return Some(OptionalCheck::NamedThreads);
    };
    let program = ContractProgram::new();
    let run = start(&program, rig).await;
    rig.fail_next_thread(ThreadFault::LostRequest).await;
    rig.write(&forum, "hello").await;
    let thread = only_thread(rig).await;
    assert_eq!(rig.until_said(&thread, "hello").await, ["hello"]);
    assert_eq!(rig.until_threads(1).await, [thread]);
    run.end_with(1).await;
    None
}

/// The program is killed between the creation and its answer. The next process adopts the thread.
pub(super) async fn adopts_the_thread_of_a_killed_process(
    rig: &impl ConnectorRig,
) -> Option<OptionalCheck> {
    let Some(forum) = rig.forum() else {
        return Some(OptionalCheck::NamedThreads);
    };
    let program = ContractProgram::new();
    let run = start(&program, rig).await;
    rig.fail_next_thread(ThreadFault::NoAnswer).await;
    rig.write(&forum, "hello").await;
    let thread = only_thread(rig).await;
    run.kill().await;
    let run = start(&program, rig).await;
    assert_eq!(rig.until_said(&thread, "hello").await, ["hello"]);
    assert_eq!(rig.until_threads(1).await, [thread]);
    run.end_with(1).await;
    None
}

/// A closed thread is opened again, and a deleted one is replaced once. The conversation goes on.
pub(super) async fn replaces_a_deleted_thread_once(
    rig: &impl ConnectorRig,
) -> Option<OptionalCheck> {
    let Some(forum) = rig.forum() else {
        return Some(OptionalCheck::NamedThreads);
    };
    let program = ContractProgram::new();
    let run = start(&program, rig).await;
    rig.write(&forum, "hello").await;
    let first = only_thread(rig).await;
    rig.until_said(&first, "hello").await;
    rig.close_thread(&first).await;
    rig.write(&first, "closed").await;
    assert_eq!(rig.until_said(&first, "closed").await, ["hello", "closed"]);
    rig.until_acknowledged().await;
    run.kill().await;
    rig.write(&first, "late").await;
    rig.delete_thread(&first).await;
    let run = start(&program, rig).await;
    let threads = rig.until_threads(2).await;
    let [_, second] = &threads[..] else {
        panic!("one thread replaces the deleted one, not {threads:?}");
    };
    assert_eq!(rig.until_said(second, "late").await, ["late"]);
    rig.write(second, "end").await;
    assert_eq!(rig.until_said(second, "end").await, ["late", "end"]);
    assert_eq!(run.conversations().await, 1);
    assert_eq!(rig.until_threads(2).await.len(), 2);
    run.end_with(4).await;
    None
}

async fn only_thread(rig: &impl ConnectorRig) -> ChatId {
    let threads = rig.until_threads(1).await;
    let [thread] = &threads[..] else {
        panic!("one thread is created, not {threads:?}");
    };
    thread.clone()
}

//! The contract of every connector under the chat layer, as a test suite. The tests of a connector implement
//! [`ConnectorRig`] for its platform, and call [`holds`].
//!
//! A platform without an ability returns `false` from the switch for it. The suite leaves the checks out that need the
//! switch, and returns them, so that the test of the connector names them.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::ChatChannel;
use baton_chat::connector::{Acknowledgment, ChatId};
use baton_core::channel::Channel;

use crate::contract_program::{self, ContractProgram, ContractRun, IngestGate};

mod long_answers;
mod moved_chats;
mod named_threads;

pub use named_threads::ThreadFault;

use long_answers::{ASKS_FOR_LENGTH, ASKS_FOR_THREE, answer_message, three_texts};

/// The persona that answers in the chats of the rig.
pub const PERSONA: &str = contract_program::PERSONA;

/// A check that needs an ability of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionalCheck {
    /// A batch that comes twice is taken once. Needs [`ConnectorRig::repeat_all`].
    RepeatedBatch,
    /// No event is acknowledged before its commit. Needs [`ConnectorRig::has_acknowledged_all`].
    Acknowledgment,
    /// A gap is read in order. Needs [`ConnectorRig::withhold`].
    Gap,
    /// A gap is read after a kill of the program. Needs [`ConnectorRig::withhold`].
    GapOfEarlierProcess,
    /// A message whose answer was lost is there once. Needs [`ConnectorRig::lose_next_answer`], and a connector that
    /// finds its own messages.
    LostAnswer,
    /// Of a reply of three messages, only the refused one is sent again. Needs [`ConnectorRig::refuse_send`].
    RefusedPart,
    /// A chat goes on under another id, also in the middle of a reply. Needs [`ConnectorRig::move_chat`].
    MovedChat,
    /// Each conversation has one thread, even after lost answers and kills. Needs [`ConnectorRig::forum`].
    NamedThreads,
}

/// A platform with its connector, and control over the platform.
#[async_trait]
pub trait ConnectorRig: Send + Sync {
    /// Creates the channel for a run of the program, on the same platform. [`PERSONA`] answers every message in
    /// both chats.
    async fn channel(&self) -> Arc<ChatChannel>;

    /// Two chats of the account.
    fn chats(&self) -> [ChatId; 2];

    /// A person writes a message. The platform numbers the message in its own way.
    async fn write(&self, chat: &ChatId, text: &str);

    /// Waits until Baton has said this text in the chat, and returns all texts of Baton there, in order.
    async fn until_said(&self, chat: &ChatId, text: &str) -> Vec<String>;

    /// The platform gives all its events once more. Returns whether the platform can.
    async fn repeat_all(&self) -> bool {
        false
    }

    /// Whether the connector has acknowledged all events; `None` if the platform knows no acknowledgments.
    fn has_acknowledged_all(&self) -> Option<bool> {
        None
    }

    /// Waits until the connector has acknowledged all events. Returns at once if the platform knows no
    /// acknowledgments.
    async fn until_acknowledged(&self) {}

    /// From now on, the messages of this chat are in no event. Returns whether the platform can.
    async fn withhold(&self, _chat: &ChatId) -> bool {
        false
    }

    /// Announces the withheld messages of a chat as a gap. Later messages come as events again.
    async fn announce_gap(&self, _chat: &ChatId) {
        panic!("the rig withholds messages, and announces no gap");
    }

    /// Each request for the history of the chat waits until the release.
    async fn hold_history(&self, _chat: &ChatId) {
        panic!("the rig withholds messages, and holds no history");
    }

    /// Answers requests for the history of the chat again.
    async fn release_history(&self, _chat: &ChatId) {
        panic!("the rig withholds messages, and releases no history");
    }

    /// The platform takes the next message of Baton, and the answer is lost. Returns whether the platform can.
    async fn lose_next_answer(&self) -> bool {
        false
    }

    /// The platform refuses a later message of Baton for good; 1 is the next message. Returns whether the platform
    /// can.
    async fn refuse_send(&self, _number: usize) -> bool {
        false
    }

    /// Gives a chat another id, as a group becomes a supergroup, and reports this in an event. Returns the new id;
    /// `None` if the platform never does so.
    async fn move_chat(&self, _chat: &ChatId) -> Option<ChatId> {
        None
    }

    /// Like [`Self::move_chat`], at a later message of Baton; 1 is the next message. The platform refuses this message,
    /// and its answer has the new id.
    async fn move_chat_at_send(&self, _chat: &ChatId, _number: usize) -> ChatId {
        panic!("the rig moves chats, and moves none at a message of Baton");
    }

    /// Reports all moves in events once more.
    async fn report_moves(&self) {
        panic!("the rig moves chats, and reports no move twice");
    }

    /// A chat of the account where the answers to each message go into a new named thread. [`PERSONA`] answers every
    /// message there. `None` if the platform has no such threads.
    fn forum(&self) -> Option<ChatId> {
        None
    }

    /// The next request to create a named thread fails.
    async fn fail_next_thread(&self, _fault: ThreadFault) {
        panic!("the rig has a forum, and no faults of threads");
    }

    /// Waits until Baton has created this number of threads. Returns all created threads, also the deleted ones.
    async fn until_threads(&self, _count: usize) -> Vec<ChatId> {
        panic!("the rig has a forum, and shows no threads");
    }

    /// Waits until a thread has this name.
    async fn until_thread_named(&self, _thread: &ChatId, _name: &str) {
        panic!("the rig has a forum, and shows no names");
    }

    /// A person deletes a thread.
    async fn delete_thread(&self, _thread: &ChatId) {
        panic!("the rig has a forum, and deletes no threads");
    }

    /// A person closes a thread.
    async fn close_thread(&self, _thread: &ChatId) {
        panic!("the rig has a forum, and closes no threads");
    }
}

/// Runs all checks, and panics if the connector breaks a promise. `make` creates a new platform for each check.
/// Returns the checks that the platform cannot run.
#[must_use = "the test of a connector names the checks that its platform cannot run"]
pub async fn holds<R: ConnectorRig>(make: impl AsyncFn() -> R) -> Vec<OptionalCheck> {
    declares_what_it_has(&make().await).await;
    keeps_equal_numbers_of_two_chats_apart(&make().await).await;
    keeps_the_length_limit(&make().await).await;
    let left_out = [
        takes_a_repeated_batch_once(&make().await).await,
        survives_a_kill_before_the_acknowledgment(&make().await).await,
        reads_a_gap_in_order(&make().await).await,
        reads_a_gap_of_an_earlier_process(&make().await).await,
        sends_once_after_a_lost_answer(&make().await).await,
        sends_only_a_refused_part_again(&make().await).await,
        moved_chats::goes_on_in_a_moved_chat(&make().await).await,
        moved_chats::sends_the_rest_of_a_reply_to_the_moved_chat(&make().await).await,
        named_threads::answers_in_one_thread(&make().await).await,
        named_threads::adopts_the_thread_of_a_lost_answer(&make().await).await,
        named_threads::creates_the_thread_of_a_lost_request(&make().await).await,
        named_threads::adopts_the_thread_of_a_killed_process(&make().await).await,
        named_threads::replaces_a_deleted_thread_once(&make().await).await,
    ];
    let mut left_out: Vec<_> = left_out.into_iter().flatten().collect();
    left_out.dedup();
    left_out
}

async fn start(program: &ContractProgram, rig: &impl ConnectorRig) -> ContractRun {
    start_with(program, rig, IngestGate::Open).await
}

async fn start_with(
    program: &ContractProgram,
    rig: &impl ConnectorRig,
    gate: IngestGate,
) -> ContractRun {
    let channel = rig.channel().await;
    let [chat, _] = rig.chats();
    let limit = channel.connector().capabilities(&chat).text.limit;
    let answer = move |message| answer_message(message, limit);
    program.start(channel, gate, answer).await
}

async fn declares_what_it_has(rig: &impl ConnectorRig) {
    let channel = rig.channel().await;
    let connector = channel.connector();
    let [chat, _] = rig.chats();
    let declared = connector.capabilities(&chat);
    let account = connector.account_capabilities();
    assert!(declared.text.limit.size > 0 && account.parallel > 0);
    let acknowledges = account.acknowledgment == Acknowledgment::AfterCommit;
    assert_eq!(acknowledges, rig.has_acknowledged_all().is_some());
    assert_eq!(channel.abilities().parallel, account.parallel);
    assert_eq!(channel.name(), connector.channel());
    if let Some(history) = connector.history() {
        let beginning = history.beginning();
        assert_eq!(history.parse_position(beginning.as_str()), Some(beginning));
    }
}

async fn keeps_equal_numbers_of_two_chats_apart(rig: &impl ConnectorRig) {
    let (program, [one, other]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    rig.write(&one, "first here").await;
    rig.write(&other, "first there").await;
    assert_eq!(rig.until_said(&one, "first here").await, ["first here"]);
    assert_eq!(rig.until_said(&other, "first there").await, ["first there"]);
    run.end_with(2).await;
}

async fn takes_a_repeated_batch_once(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let (program, [chat, _]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    rig.write(&chat, "hello").await;
    rig.until_said(&chat, "hello").await;
    if !rig.repeat_all().await {
        run.end_with(1).await;
        return Some(OptionalCheck::RepeatedBatch);
    }
    rig.until_acknowledged().await;
    rig.write(&chat, "end").await;
    assert_eq!(rig.until_said(&chat, "end").await, ["hello", "end"]);
    run.end_with(2).await;
    None
}

async fn survives_a_kill_before_the_acknowledgment(
    rig: &impl ConnectorRig,
) -> Option<OptionalCheck> {
    let (program, [chat, _]) = (ContractProgram::new(), rig.chats());
    let run = start_with(&program, rig, IngestGate::HoldsAfterCommit).await;
    rig.write(&chat, "hello").await;
    program.until_held().await;
    let acknowledged = rig.has_acknowledged_all();
    assert_ne!(acknowledged, Some(true), "the commit has not returned");
    run.kill().await;
    let run = start(&program, rig).await;
    rig.write(&chat, "end").await;
    assert_eq!(rig.until_said(&chat, "end").await, ["hello", "end"]);
    rig.until_acknowledged().await;
    run.end_with(2).await;
    acknowledged
        .is_none()
        .then_some(OptionalCheck::Acknowledgment)
}

async fn reads_a_gap_in_order(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let (program, [gapped, other]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    rig.write(&gapped, "a1").await;
    rig.write(&other, "b1").await;
    rig.until_said(&gapped, "a1").await;
    rig.until_said(&other, "b1").await;
    if !rig.withhold(&gapped).await {
        run.end_with(2).await;
        return Some(OptionalCheck::Gap);
    }
    for missed in ["a2", "a3", "a4", "a5"] {
        rig.write(&gapped, missed).await;
    }
    rig.hold_history(&gapped).await;
    rig.write(&other, "b2").await;
    rig.announce_gap(&gapped).await;
    rig.write(&gapped, "a6").await;
    rig.write(&other, "b3").await;
    // The other chat does not wait for the gap, and the gap is acknowledged before it is read.
    assert_eq!(rig.until_said(&other, "b3").await, ["b1", "b2", "b3"]);
    rig.until_acknowledged().await;
    rig.release_history(&gapped).await;
    rig.write(&gapped, "a7").await;
    let said = rig.until_said(&gapped, "a7").await;
    assert_eq!(said, ["a1", "a2", "a3", "a4", "a5", "a6", "a7"]);
    // The chat is live again, and a second gap is read too.
    assert!(rig.withhold(&gapped).await);
    rig.write(&gapped, "a8").await;
    rig.announce_gap(&gapped).await;
    rig.write(&gapped, "a9").await;
    let said = rig.until_said(&gapped, "a9").await;
    assert_eq!(said[7..], ["a8", "a9"]);
    run.end_with(12).await;
    None
}

async fn reads_a_gap_of_an_earlier_process(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let (program, [gapped, other]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    rig.write(&gapped, "a1").await;
    rig.until_said(&gapped, "a1").await;
    if !rig.withhold(&gapped).await {
        run.end_with(1).await;
        return Some(OptionalCheck::GapOfEarlierProcess);
    }
    rig.hold_history(&gapped).await;
    rig.write(&gapped, "a2").await;
    rig.announce_gap(&gapped).await;
    rig.write(&gapped, "a3").await;
    rig.write(&other, "b1").await;
    rig.until_said(&other, "b1").await;
    rig.until_acknowledged().await;
    run.kill().await;
    rig.release_history(&gapped).await;
    let run = start(&program, rig).await;
    rig.write(&gapped, "a4").await;
    let said = rig.until_said(&gapped, "a4").await;
    assert_eq!(said, ["a1", "a2", "a3", "a4"]);
    run.end_with(5).await;
    None
}

async fn sends_once_after_a_lost_answer(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let (program, [chat, _]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    let can_look = {
        let channel = rig.channel().await;
        channel.connector().history().is_some()
    };
    if !can_look || !rig.lose_next_answer().await {
        run.end_with(0).await;
        return Some(OptionalCheck::LostAnswer);
    }
    rig.write(&chat, "hello").await;
    rig.write(&chat, "end").await;
    assert_eq!(rig.until_said(&chat, "end").await, ["hello", "end"]);
    run.end_with(2).await;
    None
}

async fn sends_only_a_refused_part_again(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let (program, [chat, _]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    if !rig.refuse_send(3).await {
        run.end_with(0).await;
        return Some(OptionalCheck::RefusedPart);
    }
    let [.., third] = {
        let channel = rig.channel().await;
        three_texts(channel.connector().capabilities(&chat).text.limit)
    };
    rig.write(&chat, ASKS_FOR_THREE).await;
    // The next reply follows only after the first delivery is dead.
    rig.write(&chat, "end").await;
    let said = rig.until_said(&chat, "end").await;
    assert_eq!(first_words(&said), ["one", "two", "end"]);
    run.replay_dead().await;
    let said = rig.until_said(&chat, &third).await;
    assert_eq!(first_words(&said), ["one", "two", "end", "three"]);
    run.end_with(2).await;
    None
}

fn first_words(texts: &[String]) -> Vec<&str> {
    let words = texts.iter().map(|text| text.split(' ').next());
    words.map(Option::unwrap_or_default).collect()
}

async fn keeps_the_length_limit(rig: &impl ConnectorRig) {
    let (program, [chat, _]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    let limit = {
        let channel = rig.channel().await;
        channel.connector().capabilities(&chat).text.limit
    };
    rig.write(&chat, ASKS_FOR_LENGTH).await;
    rig.write(&chat, "end").await;
    let said = rig.until_said(&chat, "end").await;
    assert!(said.len() > 2, "the long text has several messages");
    for text in &said {
        assert!(limit.measure_text(text) <= limit.size, "too long: {text}");
    }
    run.end_with(2).await;
}

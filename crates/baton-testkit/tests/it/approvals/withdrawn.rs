//! An agent withdraws its question.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::approval::Decision;
use baton_core::message::MessageState;
use baton_testkit::baton::{Baton, Setup};
use tokio::sync::Notify;

use super::{decide, may_i, open, over};

/// Asks, withdraws the question when told, and then goes on until stopped.
struct Fickle(Arc<Notify>);

#[async_trait]
impl Agent for Fickle {
    async fn run(&self, _: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        tokio::select! {
            _ = io.ask(may_i("rm -rf build")) => return Ok(Reply::text("too late")),
            () = self.0.notified() => {}
        }
        io.stop.cancelled().await;
        Ok(Reply::default())
    }
}

/// Waits for the question, makes the agent withdraw it, and waits until people see the approval as expired.
async fn withdrawn(baton: &Baton, takes_back: &Notify) -> baton_core::approval::Approval {
    let asked = open(baton, 1).await.remove(0);
    takes_back.notify_one();
    let shown = baton.platform.until_shown("room", 2).await;
    let outcome = "Expired: the agent withdrew the question";
    assert!(shown[1].contains(outcome), "{shown:?}");
    asked
}

#[tokio::test]
async fn what_an_agent_no_longer_asks_is_over_for_people_too() {
    let takes_back = Arc::new(Notify::new());
    let setup = Setup::new(Arc::new(Fickle(Arc::clone(&takes_back))));
    let baton = setup.start().await;
    let message = baton.say("room", "clean up").await;
    let asked = withdrawn(&baton, &takes_back).await;
    let late = decide(&baton, &asked, Decision::Allow).await;
    assert_eq!(
        late,
        over(&asked, "Expired: the agent withdrew the question")
    );
    baton.stop(&message).await;
    baton.settled().await;
}

#[tokio::test]
async fn nobody_is_waited_for_any_more() {
    let takes_back = Arc::new(Notify::new());
    let limit = Duration::from_mins(1);
    let setup = Setup::new(Arc::new(Fickle(Arc::clone(&takes_back))));
    let baton = setup.bob(|bob| bob.turn_limit = limit).start().await;
    let message = baton.say("room", "clean up").await;
    withdrawn(&baton, &takes_back).await;
    // The turn limit counts again, and ends the turn.
    baton.clock.someone_sleeps(limit).await;
    baton.clock.advance(limit);
    baton.settled().await;
    let message = baton.find(&message.text).await;
    assert_eq!(message.state, MessageState::Dead, "it reached its limit");
}

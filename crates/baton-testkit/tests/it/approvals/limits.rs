//! The limit on questions of one turn.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::approval::Verdict;
use baton_testkit::agent_run::within;
use baton_testkit::baton::Setup;
use tokio::sync::mpsc;

use super::{may_i, questions};

fn why_not(verdict: Verdict) -> String {
    match verdict {
        Verdict::Denied { reason } => reason,
        other => panic!("nobody was asked: {other:?}"),
    }
}

/// Asks 501 questions at once, and reports the first verdict.
struct Nag {
    told: mpsc::UnboundedSender<Verdict>,
}

#[async_trait]
impl Agent for Nag {
    async fn run(&self, _: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let ask = |number| Box::pin(io.ask(may_i(&format!("rm {number}"))));
        let mut asks: Vec<_> = (0..=500).map(ask).collect();
        let first = poll_fn(|context| {
            let decided = asks.iter_mut().map(|ask| ask.as_mut().poll(context));
            let mut decided = decided.filter(Poll::is_ready);
            decided.next().unwrap_or(Poll::Pending)
        });
        self.told.send(first.await.unwrap()).unwrap();
        Ok(Reply::default())
    }
}

#[tokio::test]
async fn an_agent_that_asks_for_ever_is_denied() {
    let (told, mut hears) = mpsc::unbounded_channel();
    let baton = Setup::new(Arc::new(Nag { told })).start().await;
    baton.say("room", "clean up").await;
    let first = within("it is told no", hears.recv()).await.unwrap();
    assert!(why_not(first).contains("limit of"));
    assert!(questions(&baton) <= 500);
}

//! A bot in a private chat, on a simulated clock.

use std::sync::Arc;
use std::time::Duration;

use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{Script, ScriptedTurn, scripted};
use baton_testkit::telegram::Draft;

use super::bot::{Bot, texts};

/// The longest sleep that a test lets pass.
const LONGEST: Duration = Duration::from_secs(10);

/// A running bot in a private chat, on a simulated clock.
pub(super) struct Chatting {
    pub(super) clock: Arc<SimClock>,
    pub(super) bot: Bot,
    pub(super) script: Script,
    pub(super) private: i64,
}

impl Chatting {
    pub(super) async fn new() -> Self {
        let clock = SimClock::shared();
        let (agent, script) = scripted();
        let bot = Bot::with_clock(clock.clone(), agent).await;
        let private = bot.private();
        Self {
            clock,
            bot,
            script,
            private,
        }
    }

    pub(super) async fn started() -> Self {
        let mut it = Self::new().await;
        it.bot.start().await;
        it
    }

    pub(super) fn say(&self, text: &str) -> i64 {
        self.bot.telegram.say(self.private, self.bot.ann, text)
    }

    /// A person writes, and the turn begins.
    pub(super) async fn begin_turn(&mut self, text: &str) -> ScriptedTurn {
        self.say(text);
        self.script.next_turn().await
    }

    /// Lets the time of the next draft come, and waits for a draft with this text.
    pub(super) async fn until_drafted(&self, text: &str) -> Draft {
        let drafted = self
            .bot
            .telegram
            .until_draft(self.private, |draft| draft.text == text);
        self.while_time_passes(drafted).await
    }

    /// Lets time pass for as long as somebody sleeps, until the event.
    pub(super) async fn while_time_passes<T>(&self, event: impl Future<Output = T>) -> T {
        self.clock.pass_pauses_until(LONGEST, event).await
    }

    /// Waits until the bot has acknowledged all updates. After much time, the bot may wait before its next request.
    pub(super) async fn until_acknowledged(&self) {
        let acknowledged = self.bot.telegram.until_acknowledged();
        self.while_time_passes(acknowledged).await;
    }

    /// Lets the limit of the chat permit the reply, and waits for the only messages of the bot.
    pub(super) async fn until_said(&self, expected: &[&str]) {
        let said = self
            .bot
            .telegram
            .until_bot_said(self.private, expected.len());
        let said = self.while_time_passes(said).await;
        assert_eq!(texts(&said), expected);
    }

    pub(super) fn count_asked(&self, method: &str) -> usize {
        let asked = self.bot.telegram.asked();
        asked.iter().filter(|asked| asked.method == method).count()
    }
}

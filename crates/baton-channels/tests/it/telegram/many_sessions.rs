//! Many sessions in one group, under Telegram's limit of 20 messages a minute.

use std::sync::Arc;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::Agent;
use baton_core::clock::{Clock, Steady};
use baton_testkit::agent_run::within;
use baton_testkit::quick_clock::QuickClock;
use baton_testkit::scripted_agent::{ScriptedTurn, scripted};
use baton_testkit::telegram::{Asked, Fault, Message};
use tokio::task::JoinSet;

use super::bot::{Bot, echo_agent, texts};

/// The number of sessions, each in a topic of its own.
const SESSIONS: usize = 60;
/// The number of messages in each session.
const ROUNDS: usize = 3;
/// How much faster the time passes.
const SPEED: u32 = 60;
/// The pause that Telegram asks for.
const LIMITED: Duration = Duration::from_secs(40);

/// Topics of one group, each with a session. The fake counts Telegram's limits.
struct Sessions {
    bot: Bot,
    topics: Vec<i64>,
}

impl Sessions {
    async fn new(count: usize, clock: Arc<dyn Clock>, agent: Arc<dyn Agent>) -> Self {
        let bot = Bot::with_clock(clock, agent).await;
        bot.telegram.count_budget();
        let topics = (0..count).map(|number| {
            let name = format!("session {number}");
            bot.telegram.create_topic(bot.group, bot.ann, &name)
        });
        Self {
            topics: topics.collect(),
            bot,
        }
    }

    /// Ann writes in a session.
    fn write(&self, session: usize, round: usize) {
        let (bot, text) = (&self.bot, text_of(session, round));
        let topic = self.topics[session];
        bot.telegram.say_in(bot.group, topic, bot.ann, &text);
    }

    /// Waits until the bot has sent this many messages, and checks that each session has all its answers in order.
    async fn until_answered(&self, rounds: usize) {
        let sessions = self.topics.len();
        // Each wait has a time limit of its own.
        for part in 1..=sessions * rounds / 20 {
            self.bot.said(part * 20).await;
        }
        let said = self.bot.said(sessions * rounds).await;
        for (session, topic) in self.topics.iter().enumerate() {
            let in_topic = said.iter().filter(|it| it.topic == Some(*topic));
            let in_topic: Vec<Message> = in_topic.cloned().collect();
            let expected: Vec<_> = (0..rounds).map(|it| text_of(session, it)).collect();
            assert_eq!(texts(&in_topic), expected, "once each, and in order");
        }
    }

    /// The requests that the limits count, in the order of their arrival.
    fn counted(&self) -> Vec<Asked> {
        let counted = ["sendMessage", "editMessageText", "createForumTopic"];
        let asked = self.bot.telegram.asked().into_iter();
        asked
            .filter(|asked| counted.contains(&asked.method.as_str()))
            .collect()
    }
}

fn text_of(session: usize, round: usize) -> String {
    format!("session {session} message {round}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s45_sixty_sessions_wait_for_a_rate_limit_of_forty_seconds_and_get_all_replies() {
    let mut sessions = Sessions::new(SESSIONS, QuickClock::shared(SPEED), echo_agent()).await;
    sessions.bot.start().await;
    let telegram = &sessions.bot.telegram;
    telegram.fail_next("sendMessage", 1, Fault::Limited(LIMITED.as_secs()));
    sessions.write(0, 0);
    telegram.until_request_answered("sendMessage").await;
    for round in 0..ROUNDS {
        for session in 0..SESSIONS {
            if (session, round) != (0, 0) {
                sessions.write(session, round);
            }
        }
    }
    sessions.until_answered(ROUNDS).await;
    let counted = sessions.counted();
    let limited = counted[0].at;
    for asked in &counted[1..] {
        assert!(
            asked.at.since(limited) >= LIMITED,
            "in the pause: {asked:?}"
        );
    }
    let telegram = &sessions.bot.telegram;
    assert_eq!(
        (telegram.refusals(), telegram.refusals_after_first()),
        (0, 0)
    );
    assert_eq!(
        counted.len(),
        1 + SESSIONS * ROUNDS,
        "nothing is sent twice"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s45_a_new_process_meets_one_refusal_at_most_in_a_group_that_is_at_its_limit() {
    const BEFORE: usize = 20;
    let mut sessions = Sessions::new(BEFORE, QuickClock::shared(SPEED), echo_agent()).await;
    sessions.bot.start().await;
    for session in 0..BEFORE {
        sessions.write(session, 0);
    }
    sessions.bot.said(BEFORE).await;
    sessions.bot.until_settled().await;
    sessions.bot.kill_and_close().await;
    for session in 0..BEFORE {
        sessions.write(session, 1);
    }
    sessions.bot.start().await;
    sessions.until_answered(2).await;
    let telegram = &sessions.bot.telegram;
    assert!(telegram.refusals() <= 1, "{}", telegram.refusals());
    assert_eq!(telegram.refusals_after_first(), 0);
}

/// Shows tools for a while, and then replies.
async fn use_tools(turn: ScriptedTurn, clock: Arc<dyn Clock>, tools: usize) {
    for number in 0..tools {
        for state in [ActivityState::Running, ActivityState::Done] {
            let activity = Activity {
                id: format!("tool {number}"),
                title: format!("Tool {number}"),
                detail: String::new(),
                state,
                within: None,
            };
            turn.show(activity).await;
        }
        let next: Steady = clock.steady().after(Duration::from_secs(3));
        clock.sleep_until(next).await;
    }
    let reply = turn.texts().join("|");
    turn.reply(reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s46_two_hundred_tools_of_five_sessions_share_few_messages_and_all_replies_arrive() {
    const TALKING: usize = 5;
    const TOOLS: usize = 40;
    let clock = QuickClock::shared(SPEED);
    let (agent, mut script) = scripted();
    let mut sessions = Sessions::new(TALKING, Arc::clone(&clock), agent).await;
    sessions.bot.start().await;
    let mut turns = JoinSet::new();
    for session in 0..TALKING {
        sessions.write(session, 0);
        let turn = script.next_turn().await;
        turns.spawn(use_tools(turn, Arc::clone(&clock), TOOLS));
    }
    within("all turns end", turns.join_all()).await;
    let (bot, telegram) = (&sessions.bot, &sessions.bot.telegram);
    // In the end, only the replies are there.
    let replies = |all: &[Message]| {
        let ours = all.iter().filter(|it| it.author == Some(telegram.bot()));
        let ours: Vec<_> = ours.map(|it| it.text.as_str()).collect();
        let is_reply = |text: &&&str| text.starts_with("session ");
        ours.len() == TALKING && ours.iter().filter(is_reply).count() == TALKING
    };
    telegram.until_messages(bot.group, replies).await;
    sessions.until_answered(1).await;
    let counted = sessions.counted().len();
    assert!(
        counted < TALKING * TOOLS / 2,
        "{counted} requests for 200 tools"
    );
    assert_eq!(
        (telegram.refusals(), telegram.refusals_after_first()),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s46_replies_come_before_the_progress_of_other_sessions() {
    const WORKING: usize = 4;
    // More than the limit of a minute. All turns run at the same time.
    const ANSWERED: usize = 25;
    let clock = QuickClock::shared(SPEED);
    let (agent, mut script) = scripted();
    let mut sessions = Sessions::new(WORKING + ANSWERED, Arc::clone(&clock), agent).await;
    sessions.bot.start().await;
    let mut working = JoinSet::new();
    for session in 0..WORKING {
        sessions.write(session, 0);
        let turn = script.next_turn().await;
        working.spawn(use_tools(turn, Arc::clone(&clock), 80));
    }
    let telegram = &sessions.bot.telegram;
    telegram.until_request_answered("editMessageText").await;
    let mut turns = Vec::new();
    for session in WORKING..WORKING + ANSWERED {
        sessions.write(session, 0);
        turns.push(script.next_turn().await);
    }
    for turn in turns {
        let reply = turn.texts().join("|");
        turn.reply(reply);
    }
    let all_answered = |all: &[Message]| {
        let answered = all.iter().filter(|it| it.author == Some(telegram.bot()));
        answered
            .filter(|it| it.text.starts_with("session "))
            .count()
            >= ANSWERED
    };
    telegram
        .until_messages(sessions.bot.group, all_answered)
        .await;
    let counted = sessions.counted();
    let is_reply = |asked: &Asked| {
        let text = asked.body["text"].as_str();
        asked.method == "sendMessage" && text.is_some_and(|it| it.starts_with("session "))
    };
    let first = counted.iter().position(is_reply).unwrap();
    let last = counted.iter().rposition(is_reply).unwrap();
    let others = counted[first..=last].iter().filter(|it| !is_reply(it));
    // Each working session can have an edit on its way when the first replies come.
    let (others, all) = (others.count(), last - first + 1);
    assert!(
        others <= WORKING,
        "{others} of {all}: {:?}",
        &counted[first..=last]
    );
    assert_eq!(
        (telegram.refusals(), telegram.refusals_after_first()),
        (0, 0)
    );
}

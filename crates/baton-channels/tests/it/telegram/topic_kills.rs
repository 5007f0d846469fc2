//! Kills around the creation of a topic: one topic is used, and Baton never writes into an orphan.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_testkit::quick_clock::QuickClock;
use baton_testkit::telegram::{Fault, Held, Message};
use tokio::task::JoinSet;

use super::bot::{Bot, echo_agent};

/// The number of kills, and of bots at the same time.
const SEEDS: u64 = 100;
const AT_ONCE: u64 = 8;
/// How much faster the time passes.
const SPEED: u32 = 50;

/// The mark of a message that may be repeated.
const REPEATED: &str = "↻ Possibly repeated:\n\n";
const CREATE: &str = "createForumTopic";

/// The moment of a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KillMoment {
    /// Soon after the message is stored: before the request, or during it.
    AfterMessage,
    /// The request is on its way, and arrives soon after the restart.
    OnTheWay,
    /// The request is on its way, and arrives after the next process has created another topic.
    LongOnTheWay,
    /// The request was lost on its way.
    Lost,
    /// The topic exists, and the answer is on its way.
    CarriedOut,
    /// The topic exists, and the answer was lost.
    AnswerLost,
    /// Telegram has just answered.
    Answered,
    /// A while after the request.
    Later,
}

/// The progress at a kill, as the fake and the store show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// No request has arrived.
    NotAsked,
    /// A request has arrived, and the topic does not exist.
    NotCreated,
    /// The topic exists, and the bot has no answer.
    NotAnswered,
    /// The bot may have the answer, and the store has no topic.
    NotStored,
    /// The store has the topic.
    Stored,
}

impl KillMoment {
    fn of_seed(seed: u64) -> Self {
        match seed % 8 {
            0 => Self::AfterMessage,
            1 => Self::OnTheWay,
            2 => Self::LongOnTheWay,
            3 => Self::Lost,
            4 => Self::CarriedOut,
            5 => Self::AnswerLost,
            6 => Self::Answered,
            _ => Self::Later,
        }
    }

    /// The fault of the first creation.
    fn fault(self, held: &Held) -> Option<Fault> {
        match self {
            Self::AfterMessage | Self::Answered | Self::Later => None,
            Self::OnTheWay | Self::LongOnTheWay => Some(Fault::Late(held.clone())),
            Self::Lost => Some(Fault::Cut),
            Self::CarriedOut => Some(Fault::Hold(held.clone())),
            Self::AnswerLost => Some(Fault::LoseAnswer),
        }
    }
}

/// A random number below the limit, which depends on the seed only.
fn random(seed: u64, below: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 33) % below
}

/// Lets a random real time pass, so that the kills come at many moments. No result depends on the time.
async fn let_pass(seed: u64, below_millis: u64) {
    let time = Duration::from_micros(random(seed, below_millis * 1_000));
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(REPEATED).unwrap_or(text)
}

/// How far the first creation had come at the kill.
async fn find_reached(bot: &Bot, message: i64) -> Reached {
    let asked = bot.telegram.asked();
    let Some(asked) = asked.iter().find(|asked| asked.method == CREATE) else {
        return Reached::NotAsked;
    };
    if bot.telegram.topics(bot.group).is_empty() {
        return Reached::NotCreated;
    }
    let kept = bot.kept(bot.group, message).await.unwrap();
    let topic = bot.store.topic_of(kept.conversation).await.unwrap();
    let is_stored = topic.is_some_and(|topic| topic.platform_id.is_some());
    match (is_stored, asked.status) {
        (true, _) => Reached::Stored,
        (false, 0) => Reached::NotAnswered,
        (false, _) => Reached::NotStored,
    }
}

/// Kills the bot at one moment, starts it again, and checks the topics.
async fn kill_once(seed: u64) -> Reached {
    let moment = KillMoment::of_seed(seed);
    let mut bot = Bot::with_clock(QuickClock::shared(SPEED), echo_agent()).await;
    bot.answering().thread_per_request = true;
    let held = Held::default();
    if let Some(fault) = moment.fault(&held) {
        bot.telegram.fail_next(CREATE, 1, fault);
    }
    bot.start().await;
    let message = bot.say("hello");
    match moment {
        KillMoment::AfterMessage => {
            bot.until_kept(bot.group, message, "hello").await;
            let_pass(seed / 8, 6).await;
        }
        KillMoment::Answered => bot.telegram.until_request_answered(CREATE).await,
        KillMoment::Later => {
            bot.telegram.until_asked(CREATE, 1).await;
            let_pass(seed / 8, 20).await;
        }
        _ => {
            bot.telegram.until_asked(CREATE, 1).await;
            let_pass(seed / 8, 4).await;
        }
    }
    bot.kill_and_close().await;
    let reached = find_reached(&bot, message).await;
    bot.start().await;
    if moment == KillMoment::OnTheWay {
        // A request is on its way for at most five seconds: 100 milliseconds of real time.
        let_pass(seed / 8, 60).await;
        held.release();
    }
    if seed / 8 % 3 == 2 {
        // The next process is killed too.
        let_pass(seed / 8, 60).await;
        bot.kill_and_close().await;
        bot.start().await;
    }
    check_topics(&bot, moment, &held, seed).await;
    reached
}

async fn check_topics(bot: &Bot, moment: KillMoment, held: &Held, seed: u64) {
    let us = Some(bot.telegram.bot());
    let says =
        |message: &Message, text: &str| message.author == us && without_mark(&message.text) == text;
    let hello = bot.telegram.until_said(bot.group, |it| says(it, "hello"));
    let topic = hello.await.topic.expect("the answer is in a topic");
    if moment == KillMoment::LongOnTheWay {
        held.release();
        let both = |all: &[Message]| {
            all.iter()
                .filter(|it| it.more.contains_key("forum_topic_created"))
                .count()
                == 2
        };
        bot.telegram.until_messages(bot.group, both).await;
    }
    bot.telegram.say_in(bot.group, topic, bot.ann, "end");
    bot.telegram
        .until_said(bot.group, |it| says(it, "end"))
        .await;
    bot.until_settled().await;
    let said = bot.telegram.bot_messages(bot.group);
    for message in &said {
        assert_eq!(
            message.topic,
            Some(topic),
            "seed {seed}, {moment:?}: {message:?}"
        );
    }
    let all: Vec<_> = said.iter().map(|it| it.text.as_str()).collect();
    let times = |text: &str| all.iter().filter(|it| **it == text).count();
    // A repetition has a mark.
    assert!(times("hello") <= 1, "seed {seed}, {moment:?}: {all:?}");
    assert_eq!(times("end"), 1, "seed {seed}, {moment:?}: {all:?}");
    let topics = bot.telegram.topics(bot.group).len();
    let expected = 1 + usize::from(moment == KillMoment::LongOnTheWay);
    assert_eq!(topics, expected, "seed {seed}, {moment:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s44_killed_while_a_topic_is_created_one_topic_is_used_and_orphans_stay_empty() {
    let mut bots = JoinSet::new();
    let mut reached: BTreeMap<Reached, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        if seed >= AT_ONCE {
            *reached
                .entry(bots.join_next().await.unwrap().unwrap())
                .or_default() += 1;
        }
        bots.spawn(kill_once(seed));
    }
    while let Some(ended) = bots.join_next().await {
        *reached.entry(ended.unwrap()).or_default() += 1;
    }
    for moment in [Reached::NotCreated, Reached::NotAnswered, Reached::Stored] {
        assert!(reached.contains_key(&moment), "{moment:?}: {reached:?}");
    }
}

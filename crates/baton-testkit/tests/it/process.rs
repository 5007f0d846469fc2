//! Scenarios E: the process, as far as possible without a real process.

use std::time::Duration;

use baton_core::agent::{AgentError, Reply};
use baton_core::clock::Steady;
use baton_core::message::MessageState;
use baton_core::store::{ClaimNext, LeaseError, Subject};
use baton_testkit::agent_run::within;
use baton_testkit::baton::{BOB, Baton, HAL, HANDS, Setup, ada, update};
use baton_testkit::platform::Fault;
use baton_testkit::scripted_agent::{answering, scripted};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn s81_an_orderly_end_hands_back_what_runs() {
    let (agent, mut script) = scripted();
    let setup = Setup::new(agent).limits(|limits| limits.shutdown_grace = Duration::ZERO);
    let mut baton = setup.start().await;
    baton.say("room", "one").await;
    let turn = script.next_turn().await;
    baton.shut_down().await;
    turn.gone().await;
    baton.restart().await;
    let again = script.next_turn().await;
    // The end of the program does not count as an attempt.
    assert_eq!(again.turn.claim.attempt, 1);
    again.reply("1");
    assert_eq!(baton.platform.until_shown("room", 1).await, ["1"]);
}

#[tokio::test]
async fn s83_a_clock_that_jumps_steals_nothing_and_sticks_nothing() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    for (n, jump) in [HOUR, -2 * HOUR, HOUR].into_iter().enumerate() {
        let lease = Duration::from_mins(1);
        let job = format!("job {n}");
        baton.say_to(HAL, "jobs", &job).await;
        let claim = ClaimNext {
            worker: "worker".into(),
            personas: Vec::new(),
            lease,
            agents: vec![HANDS.into()],
            of: None,
            not_in: Vec::new(),
        };
        let held = baton.store().claim_next(claim.clone()).await.unwrap();
        let held = held.unwrap().claim;
        let asked = format!("asked {n}");
        baton.say("room", &asked).await;
        script.next_turn().await.fail("stumbled");
        // A retry is paused and a lease runs; then the wall clock jumps.
        baton.clock.jump(jump);
        baton.store().expire().await.unwrap();
        assert_eq!(baton.find(&job).await.state, MessageState::Running);
        let none = baton.store().claim_next(claim).await.unwrap();
        assert!(none.is_none(), "the lease is not stolen");
        // Pauses use the steady clock, so the retry starts after one second.
        baton.clock.advance(Duration::from_secs(1));
        script.next_turn().await.reply(asked);
        // Leases use the steady clock too.
        baton.clock.advance(lease);
        baton.store().expire().await.unwrap();
        assert_eq!(baton.find(&job).await.state, MessageState::Waiting);
        let finish = baton_core::store::Finish {
            turn: held.turn,
            fence: held.fence,
            end: baton_core::turn::TurnEnd::Done,
            detail: None,
            taken: held.messages.iter().map(|message| message.id).collect(),
            deliveries: Vec::new(),
            session: baton_core::turn::SessionChange::Keep,
            usage: baton_core::turn::Usage::default(),
            rest: Duration::ZERO,
        };
        let late = baton.store().finish(finish, None).await;
        assert!(matches!(late, Err(LeaseError::Lost(_))), "{late:?}");
        let message = baton.find(&job).await;
        baton.stop(&message).await;
    }
    baton.settled().await;
    let answers = baton.platform.shown_in("room");
    let answers = answers.iter().filter(|shown| shown.kind == "reply");
    assert_eq!(answers.count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s84_many_conversations_and_one_slow_worker() {
    const CONVERSATIONS: usize = 400;
    const MESSAGES: usize = 10;
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut setup = Setup::new(agent).limits(|limits| limits.turns = 8);
    setup.agents[0].2 = 8;
    let baton = setup.start().await;
    // A slow worker claims one message and does not finish during the test.
    baton.say_to(HAL, "slow", "takes for ever").await;
    let claim = ClaimNext {
        worker: "slow".into(),
        personas: Vec::new(),
        lease: Duration::from_hours(1),
        agents: vec![HANDS.into()],
        of: None,
        not_in: Vec::new(),
    };
    baton.store().claim_next(claim).await.unwrap().unwrap();
    let posts = (0..MESSAGES).flat_map(|n| {
        (0..CONVERSATIONS).map(move |c| update(BOB, &format!("room-{c}"), &format!("{c}-{n}")))
    });
    baton.platform.post_all(posts);
    // The slots limit the number of running turns, and so the memory.
    let mut most = 0;
    tokio::select! {
        () = record.until_ended(CONVERSATIONS * MESSAGES) => {}
        () = async {
            loop {
                let counts = baton.store().counts().await.unwrap();
                most = most.max(counts.messages_in(MessageState::Running));
            }
        } => {}
    }
    for c in 0..CONVERSATIONS {
        let shown = baton
            .platform
            .until_shown(&format!("room-{c}"), MESSAGES)
            .await;
        let expected: Vec<_> = (0..MESSAGES).map(|n| format!("{c}-{n}")).collect();
        assert_eq!(shown, expected);
    }
    // The slow worker's message runs beside the eight.
    assert!(most <= 9, "{most} ran at once");
    assert!(record.most_at_once() <= 8, "{}", record.most_at_once());
    assert_eq!(record.overlapped(), []);
    let state = baton.find("takes for ever").await.state;
    assert_eq!(state, MessageState::Running);
}

#[tokio::test]
async fn s86_a_poison_message_is_given_up_and_the_conversation_goes_on() {
    let (agent, mut script) = scripted();
    let mut baton = Setup::new(agent).start().await;
    let poison = baton.say("room", "poison").await;
    baton.say("room", "next").await;
    for attempt in 1..=3 {
        let turn = script.next_turn().await;
        assert_eq!(turn.texts(), ["poison"]);
        assert_eq!(turn.turn.claim.attempt, attempt);
        // The message kills the whole program.
        baton.kill().await;
        baton.restart().await;
    }
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["next"]);
    turn.reply("the next answer");
    let shown = baton.platform.until_shown("room", 2).await;
    assert!(shown[0].contains("3 tries"), "{shown:?}");
    assert_eq!(shown[1], "the next answer");
    let letters = baton.store().dead(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id, poison.id.into());
    assert!(
        !baton
            .store()
            .trace(poison.id.into())
            .await
            .unwrap()
            .is_empty()
    );
    // Once the cause is removed, an operator can replay the dead letter.
    let replayed = baton.inbox().replay(letters[0].id, &ada()).await.unwrap();
    assert_eq!(replayed, Subject::Message);
    script.next_turn().await.reply("no poison any more");
    let shown = baton.platform.until_shown("room", 3).await;
    assert_eq!(shown[2], "no poison any more");
}

#[tokio::test]
async fn s86_an_agent_that_panics_each_time_is_given_up() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "poison").await;
    baton.say("room", "next").await;
    for pause in [1, 2] {
        script.next_turn().await.panic();
        let pause = Duration::from_secs(pause);
        baton.clock.pass_pause(pause).await;
    }
    script.next_turn().await.panic();
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["next"]);
    turn.reply("answer");
    baton.settled().await;
    assert_eq!(baton.find("poison").await.state, MessageState::Dead);
    assert_eq!(baton.platform.texts_in("room").last().unwrap(), "answer");
}

#[tokio::test]
async fn deliveries_survive_a_platform_that_is_away_in_order_and_once() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let baton = Setup::new(agent).start().await;
    baton.platform.set_down(true);
    for text in ["one", "two", "three"] {
        baton.say("room", text).await;
    }
    for calls in 1..=4 {
        baton.platform.until_called(calls).await;
        let pause = Duration::from_secs(1 << (calls - 1));
        baton.clock.pass_pause(pause).await;
    }
    baton.platform.set_down(false);
    // Every kind of connection fault happens as well.
    for fault in [Fault::CutAfter, Fault::CutBefore, Fault::Panic] {
        baton.platform.fail_next(fault);
    }
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["one", "two", "three"]);
}

#[tokio::test]
async fn what_happened_long_ago_is_forgotten_within_a_day_of_a_start() {
    let (agent, _) = answering(|turn| match turn.claim.attempt {
        1 => Err(AgentError::failed("not now")),
        _ => Ok(Reply::text("answer")),
    });
    let mut baton = Setup::new(agent).start().await;
    let message = baton.say("room", "hello").await;
    baton.settled().await;
    let tells = async |baton: &Baton| {
        let lines = baton.store().trace(message.id.into()).await.unwrap();
        lines.iter().any(|line| line.what.contains("not now"))
    };
    let day = Steady(24 * HOUR);
    for (days, kept) in [(28, true), (2, false)] {
        baton.shut_down().await;
        baton.clock.jump(days * 24 * HOUR);
        baton.restart().await;
        // Baton trusts the wall clock only after storing something, so a message comes first.
        baton.say("room", &format!("{days} days later")).await;
        baton.settled().await;
        assert!(tells(&baton).await);
        within("it is slept until the next day", async {
            while baton.clock.earliest() != Some(day) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        baton.clock.advance_to(day);
        let mut progress = baton.world().progress();
        within("old events are looked for", async {
            while tells(&baton).await != kept {
                progress.changed().await.unwrap();
            }
        })
        .await;
    }
    assert_eq!(baton.find("hello").await.state, MessageState::Answered);
}

//! The deciders of a turn with messages by several people.

use baton_core::approval::{Decision, Verdict};
use baton_core::message::{NewMessage, Priority};
use baton_core::place::{Place, QueueMode};
use baton_testkit::baton::{BOB, Baton, Setup, operator, speaker};
use baton_testkit::platform::{account, channel_name};
use baton_testkit::scripted_agent::{Abilities, scripted_with};

use super::{grace, may_i, not_named, open};

async fn grace_says(baton: &Baton, text: &str) {
    let place = Place {
        channel: channel_name(),
        account: account(),
        address: "room".to_owned(),
    };
    let message = NewMessage {
        external_id: text.into(),
        part_ids: Vec::new(),
        route: baton.inbox().route(place, &BOB.into()).unwrap(),
        author: grace(),
        text: text.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    baton.inbox().ingest(message).await.unwrap();
}

#[tokio::test]
async fn whoever_wrote_into_the_turn_decides_what_it_asks_from_then_on() {
    let (agent, mut script) = scripted_with(Abilities {
        can_steer: true,
        ..Abilities::default()
    });
    let setup = Setup::new(agent).bob(|bob| bob.mode = QueueMode::Steer);
    let baton = setup.start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let [asked] = &open(&baton, 1).await[..] else {
        panic!("one question is open");
    };
    let inbox = baton.inbox();
    let decide = |id, by| inbox.decide(id, Decision::Allow, by);
    let refused = decide(asked.id, speaker(grace())).await;
    assert_eq!(refused, not_named(asked.id));
    decide(asked.id, operator(grace())).await.unwrap();
    verdict.await.unwrap();
    grace_says(&baton, "and the cache").await;
    assert_eq!(turn.next_steered().await.text, "and the cache");
    let verdict = turn.ask(may_i("rm -rf cache"));
    let [asked] = &open(&baton, 3).await[..] else {
        panic!("one question is open");
    };
    decide(asked.id, speaker(grace())).await.unwrap();
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    turn.reply("done");
}

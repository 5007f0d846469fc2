//! The history that an agent sees.

use std::sync::Arc;

use baton_agents::{OpenAiAgent, OpenAiSettings};
use baton_core::clock::SystemClock;
use baton_core::commands::Command;
use baton_core::place::Place;
use baton_testkit::baton::{BOB, Setup, speaker};
use baton_testkit::model_server::ModelServer;
use baton_testkit::platform::{account, channel_name, writer};

#[tokio::test]
async fn s18_a_reset_is_a_horizon_for_an_agent_without_sessions() {
    let server = ModelServer::start().await;
    let settings = OpenAiSettings::new(server.base_url().parse().unwrap(), "fake-model");
    let agent = OpenAiAgent::new(settings, SystemClock::shared()).unwrap();
    let baton = Setup::new(Arc::new(agent)).start().await;
    baton.say("room", "one").await;
    baton.platform.until_shown("room", 1).await;
    baton.say("room", "two").await;
    baton.platform.until_shown("room", 2).await;
    let before = server.asked().pop().unwrap();
    assert_eq!(before.messages().len(), 3, "it is shown what was said");

    let place = Place {
        channel: channel_name(),
        account: account(),
        address: "room".to_owned(),
    };
    let inbox = baton.inbox();
    let bob = BOB.into();
    let told = inbox
        .command(&place, &bob, &speaker(writer()), Command::Reset)
        .await;
    let told = told.unwrap();
    assert!(told.contains("does not see the earlier messages"), "{told}");

    baton.say("room", "three").await;
    baton.platform.until_shown("room", 3).await;
    let after = server.asked().pop().unwrap();
    assert_eq!(after.messages(), [("user", "three")]);
    baton.say("room", "four").await;
    baton.platform.until_shown("room", 4).await;
    let after = server.asked().pop().unwrap();
    let since = [
        ("user", "Ada: three"),
        ("assistant", "three"),
        ("user", "four"),
    ];
    assert_eq!(after.messages(), since);
}

//! A conversation continues in its own session.

use std::path::Path;

use baton_agents::AcpSettings;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use baton_testkit::agent_run::{AgentRun, turn};

use super::{Store, agent, next, session, settings, told};

#[tokio::test]
async fn a_second_turn_remembers_the_first_and_says_nothing_of_it_again() {
    for how in ["", "--resume", "--resume-in-name-only"] {
        let store = Store::new();
        let agent = agent(settings(&format!("{} {how}", store.words())));
        let first = AgentRun::start(&agent, turn("my name is Ann")).end().await;
        let first = first.unwrap();
        assert_eq!(first.notes, [""; 0]);

        let mut run = AgentRun::start(&agent, next("/remember\n/say .\n/wait", &first));
        run.said(".").await;
        assert_eq!(run.so_far(), "my name is Ann.", "{how}");
        assert_eq!(run.activities(), [], "{how}");
        assert!(!run.has_effects(), "{how}");
        run.stop();
        let second = run.end().await.unwrap();
        assert_eq!(session(&second), session(&first));
        assert_eq!(second.notes, [""; 0]);
        assert_eq!(store.sessions(), 1);
    }
}

#[tokio::test]
async fn s12_an_unknown_session_is_replaced_and_people_are_told() {
    for how in ["", "--resume"] {
        let store = Store::new();
        let agent = agent(settings(&format!("{} {how}", store.words())));
        let mut turn = turn("hello");
        turn.claim.session = Some("long-gone".into());
        let reply = AgentRun::start(&agent, turn).end().await.unwrap();
        assert_eq!(reply.text, "hello");
        assert_ne!(session(&reply), SessionId::from("long-gone"));
        let [note] = &reply.notes[..] else {
            panic!("{:?}", reply.notes);
        };
        assert!(note.contains("no longer knows the session"), "{note}");
    }
}

#[tokio::test]
async fn s12_an_agent_that_takes_up_no_session_says_so_once() {
    let mut with_session = turn("hello");
    with_session.claim.session = Some("of-another-release".into());
    let agent = agent(settings(""));
    let reply = AgentRun::start(&agent, with_session).end().await.unwrap();
    assert_eq!(reply.text, "hello");
    assert!(
        reply.notes[0].contains("cannot resume"),
        "{:?}",
        reply.notes
    );
    assert_eq!(reply.session, SessionChange::Forget);
    let reply = AgentRun::start(&agent, turn("hello")).end().await.unwrap();
    assert_eq!(reply.notes, [""; 0]);
}

#[tokio::test]
async fn s16_two_conversations_in_one_directory_never_share_a_session() {
    let (store, folder) = (Store::new(), tempfile::tempdir().unwrap());
    let agent = agent(AcpSettings {
        directory: Some(folder.path().to_owned()),
        ..settings(&store.words())
    });
    let both = ["I am Ann", "I am Ben"].map(|text| AgentRun::start(&agent, turn(text)).end());
    let [ann, ben] = both;
    let (ann, ben) = tokio::join!(ann, ben);
    let (ann, ben) = (ann.unwrap(), ben.unwrap());
    assert_ne!(session(&ann), session(&ben));
    for (reply, name) in [(&ann, "I am Ann"), (&ben, "I am Ben")] {
        let again = AgentRun::start(&agent, next("/remember", reply))
            .end()
            .await;
        assert_eq!(again.unwrap().text, name);
    }
}

#[tokio::test]
async fn a_turn_that_fails_has_kept_its_session() {
    let store = Store::new();
    let mut run = told(&store.words(), "/say .\n/error no");
    run.said(".").await;
    let session = run.session().unwrap().clone();
    assert!(store.folder.path().join(session.as_str()).exists());
    run.end().await.unwrap_err();
    // A session that cannot be resumed is not recorded.
    let mut run = told("", "/say .\n/error no");
    run.said(".").await;
    assert_eq!(run.session(), None);
}

#[tokio::test]
async fn a_stopped_turn_keeps_its_session() {
    let store = Store::new();
    let mut run = told(&store.words(), "/say so far\n/wait");
    run.said("so far").await;
    run.stop();
    let reply = run.end().await.unwrap();
    let file = store.folder.path().join(session(&reply).as_str());
    assert!(Path::new(&file).exists());
}

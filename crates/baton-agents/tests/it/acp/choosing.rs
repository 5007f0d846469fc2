//! The choice of model and mode, for agents that offer a choice.

use baton_agents::AcpSettings;
use baton_agents::policy::Otherwise;
use baton_testkit::agent_run::{AgentRun, turn};

use super::{agent, settings};
use crate::{answer, rejected};

fn choosing(words: &str, model: Option<&str>, mode: Option<&str>) -> AcpSettings {
    AcpSettings {
        model: model.map(str::to_owned),
        mode: mode.map(str::to_owned),
        ..settings(words)
    }
}

async fn chosen(settings: AcpSettings) -> String {
    answer(&agent(settings), "/chosen").await.unwrap().text
}

#[tokio::test]
async fn they_are_chosen_by_id_or_by_name() {
    for model in ["large", "The large one"] {
        let settings = choosing("--choices", Some(model), Some("plan"));
        let said = r#"{"mode": "plan", "which-model": "large"}"#;
        assert_eq!(chosen(settings).await, said);
    }
    let settings = choosing("--choices", Some("odd one"), None);
    assert_eq!(
        chosen(settings).await,
        r#"{"which-model": "$runtime|local|odd"}"#
    );
    let settings = choosing("", None, Some("Plan"));
    assert_eq!(chosen(settings).await, r#"{"mode": "plan"}"#);
}

#[tokio::test]
async fn what_is_so_already_is_not_chosen_again() {
    let settings = choosing("--choices", Some("small"), Some("ask"));
    assert_eq!(chosen(settings).await, "{}");
    assert_eq!(chosen(choosing("--choices", None, None)).await, "{}");
}

#[tokio::test]
async fn what_people_chose_goes_before() {
    let mut turn = turn("/chosen");
    turn.claim.model = Some("large".to_owned());
    let agent = agent(choosing("--choices", Some("small"), None));
    let said = AgentRun::start(&agent, turn).end().await.unwrap().text;
    assert_eq!(said, r#"{"which-model": "large"}"#);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_with_what_is() {
    let settings = choosing("--choices", Some("huge"), None);
    let reason = rejected(answer(&agent(settings), "go").await);
    assert!(
        reason.contains(r#"no model "huge" (known: small, large, Odd one)"#),
        "{reason}"
    );
    let settings = choosing("", None, Some("yolo"));
    let reason = rejected(answer(&agent(settings), "go").await);
    assert!(
        reason.contains(r#"no mode "yolo" (known: ask, plan)"#),
        "{reason}"
    );
    for (model, mode) in [(Some("large"), None), (None, Some("plan"))] {
        let reason = rejected(answer(&agent(choosing("--no-modes", model, mode)), "go").await);
        assert!(reason.contains("offers no choice of a mo"), "{reason}");
    }
}

#[tokio::test]
async fn s104_an_agent_that_acts_without_asking_is_put_into_the_mode_that_asks() {
    for (words, mode) in [
        ("--auto", "ask"),
        ("--auto --choices", "ask"),
        ("--says-that-it-asks", "careful"),
    ] {
        let reply = answer(&agent(settings(words)), "/chosen").await.unwrap();
        assert_eq!(reply.text, format!(r#"{{"mode": "{mode}"}}"#), "{words}");
        assert_eq!(reply.notes, [""; 0], "{words}");
    }
    // A configured mode takes precedence.
    let settings = choosing("--auto", None, Some("auto"));
    assert_eq!(chosen(settings).await, "{}");
}

#[tokio::test]
async fn s104_where_none_asks_people_are_told_once() {
    for words in ["--never-asks", "--no-modes", "--auto --stays"] {
        let agent = agent(settings(words));
        let reply = answer(&agent, "go").await.unwrap();
        let [note] = &reply.notes[..] else {
            panic!("{words}: {:?}", reply.notes);
        };
        let told = note.contains("acp_agent has no known mode that asks");
        assert!(told && note.contains("`mode`"), "{words}: {note}");
        let again = answer(&agent, "go").await.unwrap();
        assert_eq!(again.notes, [""; 0], "{words}");
    }
}

#[tokio::test]
async fn s104_nobody_is_told_where_nobody_is_to_be_asked() {
    for words in ["--never-asks", "--auto"] {
        let mut settings = settings(words);
        settings.policy.otherwise = Otherwise::Allow;
        let reply = answer(&agent(settings), "/chosen").await.unwrap();
        assert_eq!((&*reply.text, &*reply.notes), ("{}", &[][..]), "{words}");
    }
}

//! Prompt in, reply out.

use baton_agents::CommandSettings;
use baton_testkit::agent_run::{AgentRun, turn};

use super::{agent, script};
use crate::{answer, failed};

#[tokio::test]
async fn the_prompt_goes_in_and_the_reply_comes_out() {
    let agent = agent(script("tr a-z A-Z"));
    let text = "hello, wörld\n";
    assert_eq!(answer(&agent, text).await.unwrap().text, "HELLO, WöRLD\n");
}

#[tokio::test]
async fn what_it_writes_is_shown_as_it_comes() {
    // The script prints the rest only after SIGTERM.
    let agent = agent(script(
        "trap 'echo last; exit' TERM; echo first; sleep 1000 & wait",
    ));
    let mut run = AgentRun::start(&agent, turn("go"));
    run.said("first\n").await;
    assert!(
        run.has_effects(),
        "a program may act, and that is stored first"
    );
    run.stop();
    assert_eq!(run.end().await.unwrap().text, "first\nlast\n");
}

#[tokio::test]
async fn a_long_prompt_and_a_long_reply_do_not_wait_for_each_other() {
    let long = "0123456789".repeat(60_000);
    let echoed = answer(&agent(script("cat")), &long).await.unwrap().text;
    assert!(echoed == long, "{} bytes of {}", echoed.len(), long.len());

    let deaf = agent(script("echo I do not listen"));
    assert_eq!(
        answer(&deaf, &long).await.unwrap().text,
        "I do not listen\n"
    );

    let closed = agent(script("exec 0<&-; echo nor do I; exit 0"));
    assert_eq!(answer(&closed, &long).await.unwrap().text, "nor do I\n");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced() {
    let agent = agent(script(r"printf 'a\377b\303\251\342\202'"));
    let text = answer(&agent, "go").await.unwrap().text;
    assert_eq!(text, "a\u{fffd}bé\u{fffd}");
}

#[tokio::test]
async fn a_reply_has_a_limit() {
    let settings = |limit| CommandSettings {
        output_limit: limit,
        ..script("cat")
    };
    assert_eq!(
        answer(&agent(settings(5)), "12345").await.unwrap().text,
        "12345"
    );
    let reason = failed(answer(&agent(settings(4)), "12345").await);
    assert_eq!(
        reason,
        "the program sh wrote more than 4 bytes and was ended"
    );

    let endless = CommandSettings {
        output_limit: 100_000,
        ..CommandSettings::new("yes")
    };
    failed(answer(&agent(endless), "go").await);
}

#[tokio::test]
async fn it_runs_where_it_is_configured_to() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().canonicalize().unwrap();
    let settings = CommandSettings {
        directory: Some(here.clone()),
        ..script("pwd -P")
    };
    let text = answer(&agent(settings), "where?").await.unwrap().text;
    assert_eq!(text.trim_end(), here.to_str().unwrap());
}

#[tokio::test]
async fn the_folder_of_a_persona_goes_before() {
    let [own, folder] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let project = folder.path().canonicalize().unwrap();
    let settings = CommandSettings {
        directory: Some(own.path().to_owned()),
        ..script("pwd -P")
    };
    let mut turn = turn("where?");
    turn.persona.directory = Some(project.clone());
    let run = AgentRun::start(&agent(settings), turn);
    let text = run.end().await.unwrap().text;
    assert_eq!(text.trim_end(), project.to_str().unwrap());
}

#[tokio::test]
async fn nothing_is_run_when_that_it_may_act_cannot_be_stored() {
    let directory = tempfile::tempdir().unwrap();
    let settings = CommandSettings {
        directory: Some(directory.path().to_owned()),
        ..script("touch acted")
    };
    let run = AgentRun::start(&agent(settings), turn("go"));
    run.end_unheard().await.unwrap_err();
    assert!(!directory.path().join("acted").exists());
}

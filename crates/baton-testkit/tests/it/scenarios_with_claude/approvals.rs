//! Scenarios C: Claude asks people before an action without permission.

use std::path::Path;
use std::time::Duration;

use baton_core::approval::{Approval, ApprovalState, Decision};
use baton_core::message::Author;
use baton_core::store::{ApprovalsQuery, DecideError};
use baton_testkit::agent_run::within;
use baton_testkit::baton::{Baton, operator, speaker};
use baton_testkit::messages_api::Answer;
use baton_testkit::platform::writer;
use serde_json::{Value, json};

use super::Bed;

/// The time limit of a question.
const OPEN: Duration = Duration::from_mins(5);

fn write(file: &Path) -> Answer {
    Answer::tool("Write", json!({"file_path": file, "content": "written"}))
}

/// The only open approval, read once people see `shown` posts in the room.
async fn open(baton: &Baton, shown: usize) -> Approval {
    baton.platform.until_shown("room", shown).await;
    let query = ApprovalsQuery {
        only_open: true,
        limit: 10,
        bytes: usize::MAX,
        ..ApprovalsQuery::default()
    };
    let mut open = baton.store().approvals(query).await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

async fn kept(baton: &Baton, asked: &Approval) -> Approval {
    baton.store().approval(asked.id).await.unwrap().unwrap()
}

/// The author of the message decides.
async fn decide(
    baton: &Baton,
    asked: &Approval,
    decision: Decision,
) -> Result<Approval, DecideError> {
    let inbox = baton.inbox();
    inbox.decide(asked.id, decision, speaker(writer())).await
}

fn over(asked: &Approval, outcome: &str) -> Result<Approval, DecideError> {
    Err(DecideError::Over {
        id: asked.id,
        outcome: outcome.to_owned(),
    })
}

const DENY: Decision = Decision::Deny { reason: None };

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s52_the_first_decision_counts_and_the_second_person_is_told_who_decided() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let file = bed.file("note");
    bed.api.next(write(&file));
    bed.api.next(Answer::text("done"));
    baton.say("room", "write a note").await;
    let asked = open(&baton, 1).await;
    let grace = Author {
        id: "person-2".into(),
        name: "Grace".to_owned(),
    };
    let inbox = baton.inbox();
    // Of two simultaneous decisions only one counts.
    let (first, second) = tokio::join!(
        decide(&baton, &asked, Decision::Allow),
        inbox.decide(asked.id, DENY, operator(grace)),
    );
    let (won, lost) = match (first, second) {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        both => panic!("one of two decisions counts: {both:?}"),
    };
    assert_eq!(Err(lost), over(&asked, &won.outcome().unwrap()));
    // A second press is refused.
    let twice = decide(&baton, &asked, Decision::Allow).await;
    assert_eq!(twice, over(&asked, &won.outcome().unwrap()));
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room").last().unwrap(), "done");
    assert_eq!(file.exists(), won.state == ApprovalState::Allowed);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s53_what_is_decided_after_the_end_allows_nothing() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let file = bed.file("note");
    bed.api.next(write(&file));
    bed.api.next(Answer::text("not done"));
    baton.say("room", "write a note").await;
    let asked = open(&baton, 1).await;
    baton.clock.someone_sleeps(OPEN).await;
    baton.clock.advance(OPEN);
    let reason = "Expired: nobody decided within 5 min";
    let shown = baton.platform.until_shown("room", 2).await;
    assert!(shown[1].contains(reason), "{shown:?}");
    let late = decide(&baton, &asked, Decision::Allow).await;
    assert_eq!(late, over(&asked, reason));
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room")[2], "not done");
    assert!(!file.exists());
    let (_, told, _) = bed.api.asked()[1].tool_results().remove(0);
    assert!(told.contains(reason), "{told}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s54_a_question_outlives_a_restart_and_is_not_asked_again() {
    let bed = Bed::new().await;
    let mut baton = bed.start().await;
    let file = bed.file("note");
    bed.api.next(write(&file));
    baton.say("room", "write a note").await;
    let asked = open(&baton, 1).await;
    baton.kill().await;
    // The repeated turn asks for the same action.
    bed.api.next(write(&file));
    bed.api.next(Answer::text("done"));
    baton.restart().await;
    let mut progress = baton.world().progress();
    within("the question is asked again", async {
        while kept(&baton, &asked).await.turn == asked.turn {
            let _ = progress.changed().await;
        }
    })
    .await;
    decide(&baton, &asked, Decision::Allow).await.unwrap();
    baton.settled().await;
    assert_eq!(std::fs::read_to_string(file).unwrap(), "written");
    let shown = baton.platform.shown_in("room");
    let questions = shown.iter().filter(|shown| shown.kind == "question");
    assert_eq!(questions.count(), 1, "people are not asked twice");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s55_an_answer_to_an_earlier_question_never_decides_the_next() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (one, two) = (bed.file("one"), bed.file("two"));
    bed.api.next(write(&one));
    bed.api.next(write(&two));
    bed.api.next(Answer::text("done"));
    baton.say("room", "write notes").await;
    let first = open(&baton, 1).await;
    decide(&baton, &first, Decision::Allow).await.unwrap();
    let second = open(&baton, 3).await;
    // A late press for the first question arrives now.
    let late = decide(&baton, &first, Decision::Allow).await;
    assert_eq!(late, over(&first, "Allowed by Ada"));
    assert_eq!(kept(&baton, &second).await.state, ApprovalState::Open);
    assert!(one.exists() && !two.exists());
    decide(&baton, &second, DENY).await.unwrap();
    baton.settled().await;
    assert!(!two.exists());
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s59_only_a_command_that_is_wholly_read_only_is_let_through() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    for name in ["x", "y"] {
        std::fs::write(bed.file(name), format!("this is {name}")).unwrap();
    }
    let run = |command: &str| Answer::tool("Bash", json!({"command": command}));
    let asked_for = [
        "cat x; rm -rf y",
        "find . -delete",
        "cat $(rm y)",
        "cat x | tee y",
        "cat x >y",
    ];
    for command in asked_for {
        bed.api.next(run(command));
    }
    bed.api.next(run("cat x"));
    bed.api.next(Answer::text("I have seen it"));
    baton.say("room", "look around").await;
    for (at, command) in asked_for.into_iter().enumerate() {
        let asked = kept(&baton, &open(&baton, 2 * at + 1).await).await;
        let Value::Object(input) = &asked.question.input else {
            panic!("{asked:?}");
        };
        assert_eq!(input["command"], command);
        decide(&baton, &asked, DENY).await.unwrap();
    }
    baton.settled().await;
    let shown = baton.platform.texts_in("room");
    assert_eq!(shown.last().unwrap(), "I have seen it");
    assert_eq!(shown.len(), 2 * asked_for.len() + 1, "{shown:?}");
    for name in ["x", "y"] {
        let kept = std::fs::read_to_string(bed.file(name)).unwrap();
        assert_eq!(kept, format!("this is {name}"));
    }
    let results = bed.api.asked().pop().unwrap().tool_results();
    let (last, denied) = results.split_last().unwrap();
    assert!(denied.iter().all(|(_, _, error)| *error), "{denied:?}");
    assert_eq!((&*last.1, last.2), ("this is x", false));
}

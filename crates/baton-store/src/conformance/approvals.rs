//! Approvals wait for people, and the first decision counts.

use std::sync::Arc;

use baton_core::activity::{Activity, ActivityState};
use baton_core::approval::{Approval, ApprovalState, Choice, Decision, Question, Verdict, Wants};
use baton_core::authority::{Forbidden, PersonRole, Principal};
use baton_core::delivery::Operation;
use baton_core::id::ApprovalId;
use baton_core::message::{Attachment, Author};
use baton_core::store::{
    ApprovalsQuery, Ask, Asked, Decide, DecideError, Outgoing, PostKind, Started, TurnEffect,
};
use baton_core::turn::Claim;

use super::case_context::{
    CaseContext, LEASE, TestProcess, WithChange, default_account, finish_with_reply,
    ingest_message, new_message, timeline_of, web_channel,
};

impl WithChange for Ask {}

pub(super) fn ask_permission(claim: &Claim) -> Ask {
    Ask {
        turn: claim.turn,
        fence: claim.fence,
        question: Question {
            tool: "shell".to_owned(),
            title: "Removing `build`".to_owned(),
            input: serde_json::json!({"command": "rm -rf build"}),
            wants: Wants::Permission {
                grant: Some("shell(rm -rf build)".to_owned()),
            },
        },
        deciders: vec!["ada".into(), "grace".into()],
        within: LEASE,
    }
}

fn text_choice(text: &str) -> Choice {
    Choice {
        header: text.to_owned(),
        text: text.to_owned(),
        options: Vec::new(),
        several: false,
    }
}

/// Starts a turn in this process.
pub(super) async fn start_turn(process: &mut TestProcess, id: &str) -> Started {
    ingest_message(&*process.store, new_message("a", id)).await;
    loop {
        if let TurnEffect::Start(started) = process.next_effect().await {
            return started;
        }
    }
}

pub(super) async fn ask_people(process: &TestProcess, ask: Ask) -> ApprovalId {
    match process.store.ask(ask).await.unwrap() {
        Asked::Open(id) => id,
        Asked::Decided(verdict) => panic!("it should be asked, not {verdict:?}"),
    }
}

fn author_named(name: &str) -> Author {
    Author {
        id: name.into(),
        name: name.to_owned(),
    }
}

pub(super) fn decide_as(approval: ApprovalId, decision: Decision, name: &str) -> Decide {
    Decide {
        approval,
        decision,
        by: Principal::new(author_named(name), [PersonRole::Identified]),
    }
}

fn operator(name: &str) -> Principal {
    Principal::new(author_named(name), [PersonRole::Operator])
}

pub(super) fn deny_because(reason: &str) -> Decision {
    Decision::Deny {
        reason: Some(reason.to_owned()),
    }
}

/// The next verdict for the turn.
pub(super) async fn next_verdict(process: &mut TestProcess) -> (ApprovalId, Verdict) {
    match process.next_effect().await {
        TurnEffect::Decided(_, approval, verdict) => (approval, verdict),
        other => panic!("a decision should be told, not {other:?}"),
    }
}

/// Marks the next delivery as sent, and returns its operation.
pub(super) async fn send_next_operation(process: &mut TestProcess) -> Operation {
    let outgoing = process.next_outgoing().await;
    let attempt = outgoing.attempt();
    let Outgoing { delivery, slot, .. } = outgoing;
    let sent = process.store.delivery_sent(attempt, None, Some(slot));
    sent.await.unwrap();
    delivery.operation
}

pub(super) async fn read_approval(process: &TestProcess, id: ApprovalId) -> Approval {
    process.store.approval(id).await.unwrap().unwrap()
}

pub(super) async fn the_first_decision_counts(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = Arc::clone(&process.store);
        let decision = match n % 2 {
            0 => Decision::Allow,
            _ => deny_because("no"),
        };
        let person = format!("person-{n}");
        let decide = decide_as(asked, decision, &person)
            .with_change(|decide| decide.by = operator(&person));
        tries.spawn(async move { store.decide(decide).await });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tries.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    let winner = won.into_iter().next().unwrap().unwrap();
    for outcome in lost {
        // The other deciders learn the name of the first.
        let outcome = outcome.unwrap_err();
        let expected = DecideError::Over {
            id: asked,
            outcome: winner.outcome().unwrap(),
        };
        assert_eq!(outcome, expected);
    }
    assert_eq!(
        next_verdict(&mut process).await,
        (asked, winner.verdict().unwrap()),
        "the turn is told, once"
    );
    process.answer_turn(started, "answer").await;
}

pub(super) async fn only_who_may_decides(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let first = ask_people(&process, ask_permission(&started.claim)).await;
    let store = Arc::clone(&process.store);
    let refused = store
        .decide(decide_as(first, Decision::Allow, "mallory"))
        .await;
    let not_yours = |why| Err(DecideError::NotYours { id: first, why });
    assert_eq!(refused, not_yours(Forbidden::NotNamed));
    // A guest can have the id of the author, and where a place has its own deciders, only these count.
    let bystander = [PersonRole::Identified, PersonRole::Bystander];
    for (roles, why) in [
        (&[][..], Forbidden::Guest),
        (&bystander, Forbidden::NotDecider),
    ] {
        let by = Principal::new(author_named("ada"), roles.iter().copied());
        let decide = decide_as(first, Decision::Allow, "ada").with_change(|decide| decide.by = by);
        let refused = store.decide(decide).await;
        assert_eq!(refused, not_yours(why));
    }
    let grace = store
        .decide(decide_as(first, deny_because("not here"), "grace"))
        .await;
    assert_eq!(grace.unwrap().state, ApprovalState::Denied);
    let reason = "Denied by grace: not here".to_owned();
    assert_eq!(
        next_verdict(&mut process).await,
        (first, Verdict::Denied { reason })
    );
    // A decision about this approval never decides another one.
    let next = ask_people(&process, ask_permission(&started.claim)).await;
    assert_ne!(next, first);
    let late = store.decide(decide_as(first, Decision::Allow, "ada")).await;
    assert!(matches!(late, Err(DecideError::Over { .. })), "{late:?}");
    assert_eq!(
        read_approval(&process, next).await.state,
        ApprovalState::Open
    );
    let by_operator = decide_as(next, Decision::Allow, "root")
        .with_change(|decide| decide.by = operator("root"));
    store.decide(by_operator).await.unwrap();
    assert_eq!(next_verdict(&mut process).await, (next, Verdict::Allowed));
    let nothing = ApprovalId(i64::from(i32::MAX));
    let unknown = store
        .decide(decide_as(nothing, Decision::Allow, "ada"))
        .await;
    assert_eq!(unknown, Err(DecideError::Unknown(nothing)));
}

impl WithChange for Decide {}

pub(super) async fn nobody_in_time_is_no(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    send_next_operation(&mut process).await;
    context.advance_clocks(LEASE);
    // The approval is over even before `expire` has run.
    let late = decide_as(asked, Decision::Allow, "ada");
    let refused = process.store.decide(late.clone()).await;
    assert!(
        matches!(refused, Err(DecideError::Over { .. })),
        "{refused:?}"
    );
    process.store.expire().await.unwrap();
    let refused = process.store.decide(late).await;
    assert!(
        matches!(refused, Err(DecideError::Over { .. })),
        "{refused:?}"
    );
    let expired = read_approval(&process, asked).await;
    assert_eq!(expired.state, ApprovalState::Expired);
    assert_eq!(expired.decided_by, None);
    let (approval, verdict) = next_verdict(&mut process).await;
    assert_eq!(approval, asked);
    assert!(matches!(verdict, Verdict::Denied { .. }), "{verdict:?}");
}

pub(super) async fn people_are_asked_and_told(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let asked = ask_people(&process, ask_permission(&started.claim)).await;
    match send_next_operation(&mut process).await {
        Operation::Question {
            approval,
            title,
            text,
        } => {
            assert_eq!(approval, asked);
            assert!(title.contains("Removing `build`"), "{title}");
            assert!(!title.contains("rm -rf"), "{title}");
            assert!(text.contains("Removing `build`"), "{text}");
            assert!(text.contains("rm -rf build"), "{text}");
        }
        other => panic!("people should be asked, not told {other:?}"),
    }
    let open = ApprovalsQuery {
        of: Some((web_channel(), default_account())),
        only_open: true,
        limit: 10,
        bytes: usize::MAX,
        ..ApprovalsQuery::default()
    };
    let place = read_approval(&process, asked).await.place;
    let here = ApprovalsQuery {
        addresses: Some(vec![place.address.clone()]),
        ..open.clone()
    };
    for query in [open.clone(), here] {
        let listed = process.store.approvals(query).await.unwrap();
        assert_eq!(
            listed.iter().map(|asked| asked.id).collect::<Vec<_>>(),
            [asked]
        );
    }
    let elsewhere = ApprovalsQuery {
        addresses: Some(vec!["elsewhere".to_owned()]),
        ..open.clone()
    };
    let not_here = ApprovalsQuery {
        not_in: vec![place],
        ..open.clone()
    };
    for query in [elsewhere, not_here] {
        assert_eq!(process.store.approvals(query).await.unwrap(), []);
    }
    let decide = decide_as(asked, Decision::Allow, "ada");
    process.store.decide(decide).await.unwrap();
    match send_next_operation(&mut process).await {
        Operation::Verdict { approval, text } => {
            assert_eq!(approval, asked);
            assert!(text.contains("Allowed by ada"), "{text}");
        }
        other => panic!("people should be told, not {other:?}"),
    }
    assert_eq!(process.store.approvals(open).await.unwrap(), []);
    // The question is a post, which also shows the outcome.
    let posts = timeline_of(&*process.store, "a").await;
    let shown: Vec<_> = posts
        .iter()
        .map(|post| (post.kind, post.approval))
        .collect();
    assert_eq!(
        shown,
        [(PostKind::Message, None), (PostKind::Question, Some(asked))]
    );
    // All readers of the place see and search only the title.
    assert!(posts[1].text.contains("Removing `build`"));
    assert!(!posts[1].text.contains("rm -rf"));
}

pub(super) async fn what_was_done_is_kept_with_the_reply(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let activity = Activity {
        id: "tool-1".to_owned(),
        title: "Running tests: `cargo test`".to_owned(),
        detail: "ok".to_owned(),
        state: ActivityState::Done,
        within: None,
    };
    let file = Attachment {
        name: "report.pdf".to_owned(),
        location: "a/kept/1-report.pdf".to_owned(),
        size: 7,
        transcript: None,
    };
    let mut finish = finish_with_reply(&started.claim, "answer");
    finish.deliveries[0].operation = Operation::Reply {
        text: "answer".to_owned(),
        activities: vec![activity.clone()],
        files: vec![file.clone()],
    };
    process
        .store
        .finish(finish, Some(started.slot))
        .await
        .unwrap();
    let expected = Operation::Reply {
        text: "answer".to_owned(),
        activities: vec![activity.clone()],
        files: vec![file.clone()],
    };
    assert_eq!(send_next_operation(&mut process).await, expected);
    let posts = timeline_of(&*process.store, "a").await;
    assert_eq!(posts[1].files, [file]);
    // A page only shows whether details exist.
    let listed = &posts[1].activities[0];
    assert_eq!(
        (&listed.title, listed.state),
        (&activity.title, activity.state)
    );
    assert!(!listed.detail.is_empty());
    let store = &process.store;
    let whole = store
        .post(&web_channel(), &default_account(), &posts[1].id)
        .await
        .unwrap();
    assert_eq!(whole.unwrap().activities, [activity]);
}

pub(super) async fn allowed_for_the_session_is_not_asked_again(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let once = ask_people(&process, ask_permission(&started.claim)).await;
    let allow = decide_as(once, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    next_verdict(&mut process).await;
    let again = ask_people(&process, ask_permission(&started.claim)).await;
    let always = decide_as(again, Decision::AllowForSession, "ada");
    process.store.decide(always).await.unwrap();
    next_verdict(&mut process).await;
    process.answer_turn(started, "answer").await;
    let started = start_turn(&mut process, "2").await;
    let known = process
        .store
        .ask(ask_permission(&started.claim))
        .await
        .unwrap();
    assert_eq!(known, Asked::Decided(Verdict::Allowed));
    let other = ask_permission(&started.claim).with_change(|ask| {
        ask.question.wants = Wants::Permission {
            grant: Some("shell(rm -rf /)".to_owned()),
        };
    });
    ask_people(&process, other).await;
    // Another session has no permission.
    let conversation = started.claim.conversation;
    process.store.reset(conversation).await.unwrap();
    process.answer_turn(started, "answer").await;
    let started = start_turn(&mut process, "3").await;
    ask_people(&process, ask_permission(&started.claim)).await;
}

pub(super) async fn what_is_no_answer_changes_nothing(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let only_once = ask_permission(&started.claim).with_change(|ask| {
        ask.question.wants = Wants::Permission { grant: None };
    });
    let permission = ask_people(&process, only_once).await;
    let choices = ask_permission(&started.claim).with_change(|ask| {
        ask.question.wants = Wants::Answers {
            choices: vec![text_choice("colour"), text_choice("size")],
        };
    });
    let answers = ask_people(&process, choices).await;
    let answer = |answers: &[&str]| Decision::Answer {
        answers: answers.iter().map(|&answer| answer.to_owned()).collect(),
    };
    for (id, decision) in [
        (permission, Decision::AllowForSession),
        (permission, answer(&["red", "small"])),
        (answers, Decision::Allow),
        (answers, answer(&["red"])),
        (answers, answer(&["red", "  "])),
    ] {
        let refused = process.store.decide(decide_as(id, decision, "ada")).await;
        assert!(
            matches!(refused, Err(DecideError::NotAnAnswer { .. })),
            "{refused:?}"
        );
        assert_eq!(read_approval(&process, id).await.state, ApprovalState::Open);
    }
    let given = decide_as(answers, answer(&["red", "small"]), "ada");
    process.store.decide(given).await.unwrap();
    let verdict = Verdict::Answered(vec!["red".to_owned(), "small".to_owned()]);
    assert_eq!(next_verdict(&mut process).await, (answers, verdict));
}

pub(super) async fn what_was_allowed_for_one_message_allows_no_other(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let left = ask_people(&process, ask_permission(&started.claim)).await;
    drop((process, started));
    let mut process = context.start_idle().await;
    let kept = process.store.approval(left).await.unwrap().unwrap();
    let allow = decide_as(left, Decision::Allow, "ada");
    process.store.decide(allow).await.unwrap();
    // The message is withdrawn, so no turn takes the verdict.
    let ada = "ada".into();
    process.store.stop(kept.message, &ada).await.unwrap();
    drop(process);
    process = context.start_process().await;
    let other = start_turn(&mut process, "2").await;
    assert_ne!(
        ask_people(&process, ask_permission(&other.claim)).await,
        left
    );
}

pub(super) async fn a_reset_takes_what_was_allowed_with_it(context: CaseContext) {
    let mut process = context.start_process().await;
    let during = start_turn(&mut process, "1").await;
    let conversation = during.claim.conversation;
    process.store.reset(conversation).await.unwrap();
    let asked_by_the_old = ask_people(&process, ask_permission(&during.claim)).await;
    let always = decide_as(asked_by_the_old, Decision::AllowForSession, "ada");
    process.store.decide(always).await.unwrap();
    next_verdict(&mut process).await;
    process.answer_turn(during, "answer").await;
    let after = start_turn(&mut process, "2").await;
    ask_people(&process, ask_permission(&after.claim)).await;
}

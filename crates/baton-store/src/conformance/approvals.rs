//! A question waits for a person, and the first decision counts.

use std::sync::Arc;

use baton_core::approval::ApprovalState;
use baton_core::id::ApprovalId;
use baton_core::name::PersonId;
use baton_core::store::{Ask, Decide, DecideError, Store};
use baton_core::turn::Claim;

use super::bed::{Bed, LEASE, claim, ended, is_lost, job, say};

fn question(claim: &Claim, deciders: &[&str]) -> Ask {
    Ask {
        turn: claim.turn,
        fence: claim.fence,
        tool: "shell".to_owned(),
        input: serde_json::json!({"command": "rm -rf build"}),
        deciders: deciders.iter().map(|name| PersonId::from(*name)).collect(),
        within: LEASE,
    }
}

async fn held(store: &dyn Store) -> Claim {
    let kept = say(store, job("a", "1")).await;
    claim(store, &kept, "worker").await
}

fn decide(approval: ApprovalId, decision: ApprovalState, by: &str) -> Decide {
    Decide {
        approval,
        decision,
        by: by.into(),
        reason: None,
    }
}

fn over(id: ApprovalId, state: ApprovalState, by: Option<&str>) -> DecideError {
    DecideError::Over {
        id,
        state: state.as_str(),
        by: by.map(PersonId::from),
    }
}

pub(super) async fn the_first_decision_counts(bed: Bed) {
    let process = bed.start_idle().await;
    let held = held(&*process.store).await;
    let asked = process.store.ask(question(&held, &[])).await.unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = Arc::clone(&process.store);
        let decision = match n % 2 {
            0 => ApprovalState::Allowed,
            _ => ApprovalState::Denied,
        };
        let decide = decide(asked, decision, &format!("person-{n}"));
        tries.spawn(async move { (decide.clone(), store.decide(decide).await) });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tries
        .join_all()
        .await
        .into_iter()
        .partition(|(_, outcome)| outcome.is_ok());
    assert_eq!((won.len(), lost.len()), (1, 19));
    let (winner, _) = &won[0];
    for (_, outcome) in lost {
        // The others are told who it was.
        let expected = over(asked, winner.decision, Some(winner.by.as_str()));
        assert_eq!(outcome, Err(expected));
    }
}

pub(super) async fn only_who_may_decides(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let held = held(store).await;
    let asked = store.ask(question(&held, &["ada", "grace"])).await.unwrap();
    let refused = store
        .decide(decide(asked, ApprovalState::Allowed, "mallory"))
        .await;
    let expected = DecideError::NotYours {
        id: asked,
        by: "mallory".into(),
    };
    assert_eq!(refused, Err(expected));
    store
        .decide(decide(asked, ApprovalState::Denied, "grace"))
        .await
        .unwrap();
    // An answer that was meant for this one never decides another.
    let next = store.ask(question(&held, &["ada", "grace"])).await.unwrap();
    assert_ne!(next, asked);
    let late = store
        .decide(decide(asked, ApprovalState::Allowed, "ada"))
        .await;
    assert_eq!(late, Err(over(asked, ApprovalState::Denied, Some("grace"))));
    store
        .decide(decide(next, ApprovalState::AnsweredAtTerminal, "ada"))
        .await
        .unwrap();
    let nothing = ApprovalId(i64::from(i32::MAX));
    let unknown = store
        .decide(decide(nothing, ApprovalState::Allowed, "ada"))
        .await;
    assert_eq!(unknown, Err(DecideError::Unknown(nothing)));
}

pub(super) async fn nobody_in_time_is_no(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let held = held(store).await;
    let asked = store.ask(question(&held, &[])).await.unwrap();
    bed.advance(LEASE);
    store.expire().await.unwrap();
    let late = store
        .decide(decide(asked, ApprovalState::Allowed, "ada"))
        .await;
    assert_eq!(late, Err(over(asked, ApprovalState::Expired, None)));
    let kept = store.approval(asked).await.unwrap().unwrap();
    assert_eq!(kept.state, ApprovalState::Expired);
    assert_eq!(kept.decided_by, None);
}

pub(super) async fn survives_a_restart(bed: Bed) {
    let process = bed.start_idle().await;
    let held = held(&*process.store).await;
    let open = process.store.ask(question(&held, &[])).await.unwrap();
    let decided = process.store.ask(question(&held, &[])).await.unwrap();
    process
        .store
        .decide(decide(decided, ApprovalState::Denied, "ada"))
        .await
        .unwrap();
    bed.advance(LEASE / 2);
    drop(process);
    let process = bed.start_idle().await;
    // What was left of its time begins anew, in full: the time without us was nobody's to use.
    bed.advance(LEASE * 3 / 4);
    process.store.renew(held.messages[0].id, &"worker".into()).await.unwrap();
    process.store.expire().await.unwrap();
    let kept = process.store.approval(open).await.unwrap().unwrap();
    assert_eq!(kept.state, ApprovalState::Open);
    assert_eq!((kept.turn, kept.tool.as_str()), (held.turn, "shell"));
    assert_eq!(kept.input, question(&held, &[]).input);
    let allow = |id| decide(id, ApprovalState::Allowed, "grace");
    process.store.decide(allow(open)).await.unwrap();
    let late = process.store.decide(allow(decided)).await;
    assert_eq!(
        late,
        Err(over(decided, ApprovalState::Denied, Some("ada")))
    );
}

pub(super) async fn an_outdated_claim_may_not_ask(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let first = held(store).await;
    let end = ended(&first, baton_core::turn::TurnEnd::Interrupted);
    store.finish(end, None).await.unwrap();
    let asked = store.ask(question(&first, &[])).await.map(|_| ());
    assert!(is_lost(&asked), "{asked:?}");
}

pub(super) async fn open_is_not_a_decision(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let held = held(store).await;
    let asked = store.ask(question(&held, &[])).await.unwrap();
    for not in [ApprovalState::Open, ApprovalState::Expired] {
        let refused = store.decide(decide(asked, not, "ada")).await;
        assert_eq!(refused, Err(DecideError::NotADecision));
    }
    store
        .decide(decide(asked, ApprovalState::Allowed, "ada"))
        .await
        .unwrap();
}

//! The platform's id of the post that asks for an approval.

use baton_core::id::ApprovalId;

use super::approvals::{ask_people, ask_permission, start_turn};
use super::case_context::{CaseContext, TestProcess};

async fn read_card(process: &TestProcess, id: ApprovalId) -> Option<String> {
    process.store.sent_card(id).await.unwrap()
}

pub(super) async fn the_platforms_id_of_a_question_outlives_the_process(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let id = ask_people(&process, ask_permission(&started.claim)).await;
    assert_eq!(read_card(&process, id).await, None);
    let outgoing = process.next_outgoing().await;
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    let card = Some("77".to_owned());
    let sent = process.store.delivery_sent(attempt, card.clone(), slot);
    sent.await.unwrap();
    assert_eq!(read_card(&process, id).await, card);
    assert_eq!(read_card(&process, ApprovalId(id.0 + 1_000)).await, None);
    drop((process, started));
    let process = context.start_idle().await;
    assert_eq!(read_card(&process, id).await, card);
}

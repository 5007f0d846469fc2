//! Claims ready work at the end of every transaction, within the transaction.

use baton_core::name::AgentName;
use baton_core::store::{Change, Outgoing, Started, TurnEffect};

use super::conversation_rows::ConversationRow;
use super::turn_rows::TurnHolder;
use super::write_transaction::WriteTransaction;

/// Claims turns and deliveries for the attached process, while slots are free.
pub(super) fn claim_ready(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let Some(attached) = tx.memory.attached_process() else {
        return Ok(());
    };
    let (epoch, turns, deliveries) = (
        attached.epoch,
        attached.can.turns.clone(),
        attached.can.deliveries.clone(),
    );
    while let Some(conversation) = choose_ready_conversation(tx, &turns.free_kinds())? {
        // Only this thread takes slots for new work. A turn that gave back its slot may have taken this one.
        let Some(slot) = turns.take(&conversation.agent) else {
            continue;
        };
        let claim = tx.begin_turn(&conversation, &TurnHolder::Process(epoch))?;
        debug_assert!(
            claim.is_some(),
            "the queue is right: a conversation in line has a waiting message, and runs no turn"
        );
        let Some(claim) = claim else {
            break;
        };
        debug_assert!(
            tx.runs_alone(claim.conversation, claim.turn)?,
            "one turn per conversation: no other turn runs beside the new one"
        );
        tx.effects
            .add_turn_effect(TurnEffect::Start(Started { claim, slot }));
    }
    for channel in deliveries.free_kinds() {
        while let Some(slot) = deliveries.take(&channel) {
            let Some(delivery) = tx.claim_next_delivery(&channel)? else {
                break;
            };
            tx.effects.add_delivery(Outgoing { delivery, slot });
        }
    }
    Ok(())
}

/// Announces claimable messages to outside workers: messages without a turn in this process. Each
/// conversation announces only its next message, because the later ones must wait.
pub(super) fn publish_claimable(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let mut conversations = tx.effects.take_claimable();
    conversations.sort_unstable();
    conversations.dedup();
    for conversation in conversations {
        let Some(conversation) = tx.read_conversation(conversation)? else {
            continue;
        };
        let ready = conversation.head.is_some()
            && conversation.running.is_none()
            && conversation.held_until.is_none();
        if ready {
            tx.effects.add_change(Change::Claimable {
                place: conversation.place,
                persona: conversation.persona,
                agent: conversation.agent,
            });
        }
    }
    Ok(())
}

impl WriteTransaction<'_> {
    /// Notes that the conversation may have become claimable. [`publish_claimable`] checks this at the end
    /// of the transaction.
    pub(super) fn queue_claimable_check(&mut self, conversation: &ConversationRow) {
        if !self.memory.runs_agent(&conversation.agent) {
            self.effects.add_claimable(conversation.id);
        }
    }
}

/// The next conversation of all agents: the greatest priority, then the longest time in line.
fn choose_ready_conversation(
    tx: &WriteTransaction<'_>,
    agents: &[AgentName],
) -> rusqlite::Result<Option<ConversationRow>> {
    let mut best: Option<ConversationRow> = None;
    for agent in agents {
        let ready = tx.read_ready_conversation(agent)?;
        let order = |conversation: &ConversationRow| {
            (
                conversation.head_priority,
                conversation.in_line_since.map(std::cmp::Reverse),
            )
        };
        if let Some(ready) = ready
            && best.as_ref().is_none_or(|best| order(&ready) > order(best))
        {
            best = Some(ready);
        }
    }
    Ok(best)
}

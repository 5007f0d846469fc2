//! Claims ready work at the end of every transaction, within the transaction.

use baton_core::name::AgentName;
use baton_core::store::{Change, Outgoing, Started, TurnEffect};

use super::lanes::Lane;
use super::turns::Holder;
use super::tx::Tx;

/// Claims turns and deliveries for the attached process, while slots are free.
pub(super) fn hand_out(tx: &mut Tx<'_>) -> rusqlite::Result<()> {
    let Some(attached) = tx.memory.holder() else {
        return Ok(());
    };
    let (epoch, turns, deliveries) = (
        attached.epoch,
        attached.can.turns.clone(),
        attached.can.deliveries.clone(),
    );
    while let Some(lane) = first_ready(tx, &turns.free_kinds())? {
        // Only this thread takes slots, so a free slot stays free until here.
        let Some(slot) = turns.take(&lane.agent) else {
            break;
        };
        let Some(claim) = tx.begin_turn(&lane, &Holder::Process(epoch))? else {
            break;
        };
        tx.effects.turn(TurnEffect::Start(Started { claim, slot }));
    }
    for channel in deliveries.free_kinds() {
        while let Some(slot) = deliveries.take(&channel) {
            let Some(delivery) = tx.next_delivery(&channel)? else {
                break;
            };
            tx.effects.delivery(Outgoing { delivery, slot });
        }
    }
    Ok(())
}

/// Announces claimable messages to outside workers: messages without a turn in this process. Each
/// conversation announces only its next message, because the later ones must wait.
pub(super) fn tell_claimable(tx: &mut Tx<'_>) -> rusqlite::Result<()> {
    let mut conversations = tx.effects.take_claimable();
    conversations.sort_unstable();
    conversations.dedup();
    for conversation in conversations {
        let Some(lane) = tx.lane(conversation)? else {
            continue;
        };
        let ready = lane.head.is_some() && lane.running.is_none() && lane.held_until.is_none();
        if ready {
            tx.effects.changed(Change::Claimable {
                place: lane.place,
                persona: lane.persona,
                agent: lane.agent,
            });
        }
    }
    Ok(())
}

impl Tx<'_> {
    /// Notes that the conversation may have become claimable. [`tell_claimable`] checks this at the end
    /// of the transaction.
    pub(super) fn may_be_claimable(&mut self, lane: &Lane) {
        if !self.memory.runs(&lane.agent) {
            self.effects.may_be_claimable(lane.id);
        }
    }
}

/// The next conversation of all agents: the greatest priority, then the longest time in line.
fn first_ready(tx: &Tx<'_>, agents: &[AgentName]) -> rusqlite::Result<Option<Lane>> {
    let mut best: Option<Lane> = None;
    for agent in agents {
        let ready = tx.first_ready(agent)?;
        let order = |lane: &Lane| {
            (
                lane.head_priority,
                lane.in_line_since.map(std::cmp::Reverse),
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

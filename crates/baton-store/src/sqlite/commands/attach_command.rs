//! Attaches this process to the store. The new epoch invalidates the claims of earlier processes.

use baton_core::clock::Steady;
use baton_core::delivery::DeliveryState;
use baton_core::id::{ApprovalId, ConversationId, Epoch, TurnId};
use baton_core::name::ChannelName;
use baton_core::notice;
use baton_core::store::{Attach, StoreError, Work};
use rusqlite::{Params, params};
use tokio::sync::mpsc;

use crate::sqlite::conversation_rows::queue_mode_columns;
use crate::sqlite::database_file;
use crate::sqlite::row_values::{read_delivery_state, read_text};
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::{AttachedProcess, WriteTransaction};
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct AttachCommand(pub(in crate::sqlite) Attach);

impl WriteCommand for AttachCommand {
    type Answer = Work;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Work, WriteFailure<StoreError>> {
        let epoch = Epoch(tx.memory.epoch.0 + 1);
        tx.run("UPDATE epoch SET epoch = ?1", [epoch.0])?;
        let (turns, turn_effects) = mpsc::unbounded_channel();
        let (deliveries, outgoing) = mpsc::unbounded_channel();
        tx.memory.attach_process(AttachedProcess {
            can: self.0.clone(),
            epoch,
            turns,
            deliveries,
        });

        let cut_off = tx.read_all(
            "SELECT id, conversation FROM turn WHERE state = 'running' AND epoch IS NOT NULL ORDER BY +id",
            (),
            |row| Ok((TurnId(row.get(0)?), ConversationId(row.get(1)?))),
        )?;
        for (turn, conversation) in cut_off {
            tx.take_back_turn(turn, conversation, "the program stopped during the turn")?;
        }
        follow_configuration(tx)?;
        // It is unknown whether the platform has the deliveries in the state `sending`.
        count_moved_deliveries(
            tx,
            "SELECT place, state, count(*) FROM delivery WHERE state = 'sending' GROUP BY place",
            (),
            DeliveryState::Unknown,
        )?;
        tx.run(
            "UPDATE delivery SET state = 'unknown', maybe_repeated = 1 WHERE state = 'sending'",
            (),
        )?;
        give_up_deliveries(tx)?;
        database_file::release_page_cache(tx.connection)?;
        // From now on, this process watches the leases of earlier processes.
        let steady = tx.steady;
        tx.add_deadline(Steady(steady.0));
        Ok(Work {
            turns: turn_effects,
            deliveries: outgoing,
        })
    }
}

/// Updates the conversations to the current configuration. Messages without a configured agent would wait for
/// ever. They are given up, and people are told.
fn follow_configuration(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let personas = match tx.memory.attached_process() {
        Some(attached) => attached.can.personas.clone(),
        None => return Ok(()),
    };
    for persona in personas.all() {
        let (mode, window) = queue_mode_columns(persona.mode);
        let (persona, agent) = (&persona.name, &persona.agent);
        let changed = tx.read_all(
            "SELECT id FROM conversation WHERE persona = ?1 AND agent <> ?2",
            params![persona.as_str(), agent.as_str()],
            |row| row.get(0).map(ConversationId),
        )?;
        for conversation in changed {
            tx.forget_agent(conversation)?;
        }
        tx.run(
            "UPDATE conversation SET agent = ?2, mode = ?3, window_ms = ?4
             WHERE persona = ?1 AND (agent <> ?2 OR mode <> ?3 OR window_ms <> ?4)",
            params![persona.as_str(), agent.as_str(), mode, window],
        )?;
    }
    let waiting = tx.read_all(
        "SELECT DISTINCT conversation FROM message WHERE state = 'waiting'",
        (),
        |row| row.get(0).map(ConversationId),
    )?;
    for conversation in waiting {
        let Some(conversation) = tx.read_conversation(conversation)? else {
            continue;
        };
        tx.give_up_unanswerable(&conversation)?;
    }
    Ok(())
}

/// Counts the deliveries that are about to move to the state `to`. The statement returns place, state and
/// number.
fn count_moved_deliveries(
    tx: &mut WriteTransaction<'_>,
    sql: &str,
    params: impl Params,
    to: DeliveryState,
) -> rusqlite::Result<()> {
    let moved = tx.read_all(sql, params, |row| {
        Ok((row.get(0)?, read_delivery_state(row, 1)?, row.get(2)?))
    })?;
    for (place, from, number) in moved {
        tx.count_deliveries(place, Some(from), Some(to), number);
    }
    Ok(())
}

/// Gives up the deliveries of removed channels, which would otherwise wait for ever. No delivery is in the
/// state `sending` now. The statements still list all three states, so that the index `delivery_line`
/// applies.
fn give_up_deliveries(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let channels = tx.read_all("SELECT DISTINCT channel FROM account", (), |row| {
        Ok(ChannelName::from(read_text(row, 0)?))
    })?;
    for channel in channels {
        if tx.memory.has_channel(&channel) {
            continue;
        }
        let reason = notice::nobody_carries(&channel);
        let asked = tx.read_all(
            "SELECT extra ->> 'approval' FROM delivery
             WHERE channel = ?1 AND state IN ('waiting', 'sending', 'unknown')
               AND operation = 'question' ORDER BY +id",
            [channel.as_str()],
            |row| row.get(0).map(ApprovalId),
        )?;
        count_moved_deliveries(
            tx,
            "SELECT place, state, count(*) FROM delivery
             WHERE channel = ?1 AND state IN ('waiting', 'sending', 'unknown')
             GROUP BY place, state",
            [channel.as_str()],
            DeliveryState::Dead,
        )?;
        tx.run(
            "UPDATE delivery SET state = 'dead', first = 0, held_until = NULL, reason = ?2
             WHERE channel = ?1 AND state IN ('waiting', 'sending', 'unknown')",
            [channel.as_str(), &reason],
        )?;
        for question in asked {
            tx.expire_if_open(question, &notice::not_asked(&reason))?;
        }
    }
    Ok(())
}

//! Takes the store over for this process: a new epoch outdates what earlier ones held.

use baton_core::clock::Steady;
use baton_core::id::{ConversationId, Epoch, MessageId, TurnId};
use baton_core::message::MessageState;
use baton_core::name::PersonaName;
use baton_core::notice;
use baton_core::store::{Attach, StoreError, Work};
use rusqlite::params;
use tokio::sync::mpsc;

use crate::sqlite::failure::Failure;
use crate::sqlite::lanes::spell;
use crate::sqlite::rows::text;
use crate::sqlite::tx::{Attached, Tx};
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) Attach);

impl writer::Command for Command {
    type Answer = Work;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Work, Failure<StoreError>> {
        let epoch = Epoch(tx.memory.epoch.0 + 1);
        tx.run("UPDATE epoch SET epoch = ?1", [epoch.0])?;
        let (turns, turn_effects) = mpsc::unbounded_channel();
        let (deliveries, outgoing) = mpsc::unbounded_channel();
        tx.memory.attach(Attached {
            can: self.0.clone(),
            epoch,
            turns,
            deliveries,
        });

        let cut_off = tx.all(
            "SELECT id, conversation FROM turn WHERE state = 'running' AND epoch IS NOT NULL",
            (),
            |row| Ok((TurnId(row.get(0)?), ConversationId(row.get(1)?))),
        )?;
        for (turn, conversation) in cut_off {
            tx.take_back(turn, conversation, "the program stopped while it ran")?;
        }
        follow_configuration(tx)?;
        // Whether the platform has what was being sent, nobody knows.
        tx.run(
            "UPDATE delivery SET state = 'unknown', maybe_repeated = 1 WHERE state = 'sending'",
            (),
        )?;
        // Leases that began before this process are watched by it from now on.
        let steady = tx.steady;
        tx.deadline(Steady(steady.0));
        Ok(Work {
            turns: turn_effects,
            deliveries: outgoing,
        })
    }
}

/// Brings the conversations to what is configured now. Nobody would ever claim what waits for an
/// agent that is gone, so it is given up, and its people are told.
fn follow_configuration(tx: &mut Tx<'_>) -> rusqlite::Result<()> {
    let personas = match tx.memory.holder() {
        Some(attached) => attached.can.personas.clone(),
        None => return Ok(()),
    };
    for persona in personas.all() {
        let (mode, window) = spell(persona.mode);
        let (persona, agent) = (&persona.name, &persona.agent);
        let changed = tx.all(
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
    let waiting = tx.all(
        "SELECT id, persona FROM conversation WHERE head IS NOT NULL",
        (),
        |row| {
            Ok((
                ConversationId(row.get(0)?),
                PersonaName::from(text(row, 1)?),
            ))
        },
    )?;
    for (conversation, persona) in waiting {
        if !personas.contains(&persona) {
            give_up(tx, conversation, &notice::nobody_answers(&persona))?;
        }
    }
    Ok(())
}

/// All that waits in a conversation is dead.
fn give_up(tx: &mut Tx<'_>, conversation: ConversationId, reason: &str) -> rusqlite::Result<()> {
    let Some(lane) = tx.lane(conversation)? else {
        return Ok(());
    };
    let messages = tx.all(
        "SELECT id, attempts FROM message WHERE conversation = ?1 AND state = 'waiting'
         ORDER BY id",
        [conversation.0],
        |row| Ok((MessageId(row.get(0)?), row.get::<_, u32>(1)?)),
    )?;
    for (message, tried) in messages {
        tx.set_state(&lane, message, MessageState::Dead, Some(reason))?;
        tx.put_out(&lane, None, &notice::gave_up(message, tried, reason))?;
    }
    tx.refresh_head(conversation)
}

//! Records an approval for which a turn waits, and adds its question to the outbox.

use baton_core::approval::{Approval, ApprovalState, Verdict, Wants};
use baton_core::clock::millis;
use baton_core::id::{ApprovalId, Generation, MessageId, TurnId};
use baton_core::name::PersonId;
use baton_core::notice;
use baton_core::store::{Ask, Asked, LeaseError};
use rusqlite::params;

use crate::sqlite::conversation_rows::ConversationRow;
use crate::sqlite::queries::read_approval;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct AskCommand(pub(in crate::sqlite) Ask);

impl WriteCommand for AskCommand {
    type Answer = Asked;
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Asked, WriteFailure<LeaseError>> {
        let ask = &self.0;
        let mut conversation = tx.read_held_conversation(ask.turn, ask.fence)?.conversation;
        // The turn asks for the session with which the turn began. A reset since then has started another
        // session.
        conversation.generation = read_generation(tx, ask.turn)?;
        if is_granted(tx, &conversation, ask)? {
            return Ok(Asked::Decided(Verdict::Allowed));
        }
        let answering = tx.read_turn_messages(ask.turn)?;
        let (message, ..) = *answering
            .last()
            .ok_or(WriteFailure::Refused(LeaseError::Lost(ask.turn)))?;
        let question = serde_json::to_string(&ask.question)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        if let Some(left) = find_left_approval(tx, &conversation, message, &question)? {
            return take_over_approval(tx, &left, ask, message).map_err(Into::into);
        }
        let id = insert_approval(tx, &conversation, ask, message, &question)?;
        let asked =
            read_approval(tx.connection, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        tx.add_to_outbox(&conversation, Some(ask.turn), &notice::question(&asked))?;
        tx.publish_approval(&asked);
        Ok(Asked::Open(id))
    }
}

/// The generation of the session at the beginning of a turn.
fn read_generation(tx: &WriteTransaction<'_>, turn: TurnId) -> rusqlite::Result<Generation> {
    let generation = tx.read_first(
        "SELECT generation FROM turn WHERE id = ?1",
        [turn.0],
        |row| row.get(0).map(Generation),
    )?;
    generation.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// Whether a person allowed the same grant for this session.
fn is_granted(
    tx: &WriteTransaction<'_>,
    conversation: &ConversationRow,
    ask: &Ask,
) -> rusqlite::Result<bool> {
    let Wants::Permission { grant: Some(grant) } = &ask.question.wants else {
        return Ok(false);
    };
    let granted = tx.read_first(
        "SELECT 1 FROM approval WHERE conversation = ?1 AND generation = ?2 AND granted = ?3",
        params![conversation.id.0, conversation.generation.0, grant],
        |_| Ok(()),
    )?;
    Ok(granted.is_some())
}

/// The same question of an interrupted turn for the same message. The approval is still open, or no turn has
/// received its verdict.
fn find_left_approval(
    tx: &WriteTransaction<'_>,
    conversation: &ConversationRow,
    message: MessageId,
    question: &str,
) -> rusqlite::Result<Option<Approval>> {
    let id = tx.read_first(
        "SELECT p.id FROM approval p JOIN turn t ON t.id = p.turn
         WHERE p.conversation = ?1 AND (p.state = 'open' OR p.untaken = 1)
           AND p.generation = ?2 AND p.question = ?3 AND t.state = 'interrupted'
           AND p.message = ?4
         ORDER BY p.id DESC LIMIT 1",
        params![
            conversation.id.0,
            conversation.generation.0,
            question,
            message.0
        ],
        |row| row.get(0).map(ApprovalId),
    )?;
    match id {
        Some(id) => read_approval(tx.connection, id),
        None => Ok(None),
    }
}

fn take_over_approval(
    tx: &mut WriteTransaction<'_>,
    left: &Approval,
    ask: &Ask,
    message: MessageId,
) -> rusqlite::Result<Asked> {
    tx.run(
        "UPDATE approval SET turn = ?2, message = ?3, untaken = 0 WHERE id = ?1",
        [left.id.0, ask.turn.0, message.0],
    )?;
    Ok(left.verdict().map_or(Asked::Open(left.id), Asked::Decided))
}

fn insert_approval(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    ask: &Ask,
    message: MessageId,
    question: &str,
) -> rusqlite::Result<ApprovalId> {
    let id = ApprovalId(tx.next_seq().0);
    let deciders: Vec<&str> = ask.deciders.iter().map(PersonId::as_str).collect();
    tx.run(
        "INSERT INTO approval (id, conversation, generation, turn, message, question, deciders,
                               state, within_ms, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id.0,
            conversation.id.0,
            conversation.generation.0,
            ask.turn.0,
            message.0,
            question,
            serde_json::Value::from(deciders).to_string(),
            ApprovalState::Open.as_str(),
            millis(ask.within),
            tx.wall.0
        ],
    )?;
    Ok(id)
}

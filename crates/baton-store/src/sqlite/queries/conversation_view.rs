//! The view of a conversation for people.

use baton_core::id::{ConversationId, Generation, MessageId, TurnId};
use baton_core::name::{AgentName, PersonaName, SessionId};
use baton_core::place::Place;
use baton_core::store::ConversationView;
use baton_core::turn::Usage;
use rusqlite::{Connection, OptionalExtension, params};

use super::turn_view::read_turn;
use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::moved_places::find_place;
use crate::sqlite::row_values::read_text;

pub(in crate::sqlite) fn read_conversation_view(
    connection: &Connection,
    place: &Place,
    persona: &PersonaName,
) -> rusqlite::Result<Option<ConversationView>> {
    let found = connection
        .prepare_statement(
            "SELECT c.id, c.agent, c.session, c.model, c.running, c.waiting,
                    c.input_tokens, c.output_tokens, c.cost_micros, c.duration_ms, c.muted, c.generation
             FROM conversation c WHERE c.place = ?1 AND c.persona = ?2",
        )?
        .query_row(
            params![find_place(connection, place)?, persona.as_str()],
            |row| {
                let running = row.get::<_, Option<i64>>(4)?.map(TurnId);
                let used = |at| {
                    let used = row.get::<_, Option<i64>>(at)?;
                    Ok::<_, rusqlite::Error>(used.map(i64::unsigned_abs))
                };
                let view = ConversationView {
                    id: ConversationId(row.get(0)?),
                    agent: AgentName::from(read_text(row, 1)?),
                    session: row.get::<_, Option<String>>(2)?.map(SessionId::from),
                    generation: Generation(row.get(11)?),
                    model: row.get(3)?,
                    running: None,
                    waiting: row.get(5)?,
                    is_muted: row.get(10)?,
                    usage: Usage {
                        input_tokens: used(6)?,
                        output_tokens: used(7)?,
                        cost_micros: used(8)?,
                        duration_ms: used(9)?,
                    },
                    retry: None,
                };
                Ok((view, running))
            },
        )
        .optional()?;
    let Some((mut view, running)) = found else {
        return Ok(None);
    };
    if let Some(turn) = running {
        view.running = read_turn(connection, turn)?;
    }
    view.retry = read_last_given_up(connection, view.id)?;
    Ok(Some(view))
}

/// The last finished message, if a person can retry this message: dead, withdrawn or refused.
fn read_last_given_up(
    connection: &Connection,
    id: ConversationId,
) -> rusqlite::Result<Option<MessageId>> {
    let last = connection
        .prepare_statement(
            "SELECT id, state IN ('dead', 'withdrawn', 'refused') FROM message
             WHERE place = (SELECT place FROM conversation WHERE id = ?1) AND conversation = ?1
               AND state NOT IN ('waiting', 'running')
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| {
            Ok((MessageId(row.get(0)?), row.get::<_, bool>(1)?))
        })
        .optional()?;
    Ok(last.and_then(|(message, given_up)| given_up.then_some(message)))
}

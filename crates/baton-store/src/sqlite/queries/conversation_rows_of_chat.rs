//! Lists the conversations of a chat.

use baton_core::id::MessageId;
use baton_core::store::{ConversationsQuery, ListedConversation};
use rusqlite::{Connection, Row, params};

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::moved_places::{find_account, read_moved_address};
use crate::sqlite::row_values::{read_place, read_text};

/// Lists the conversations of a chat and of the chats within. The work grows with the number of these conversations, and
/// not with the number of their messages.
pub(in crate::sqlite) fn list_conversations(
    connection: &Connection,
    query: &ConversationsQuery,
) -> rusqlite::Result<Vec<ListedConversation>> {
    let account = find_account(connection, query.channel.as_str(), query.account.as_str())?;
    let Some(account) = account else {
        return Ok(Vec::new());
    };
    let moved = read_moved_address(connection, account, &query.chat)?;
    let chat = moved.as_deref().unwrap_or(&query.chat);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    connection
        .prepare_statement(
            "SELECT a.channel, a.name, p.address, t.platform_id, c.persona, c.agent, c.model,
                    c.running IS NOT NULL AS is_running, c.waiting, c.muted, m.id,
                    substr(m.text, 1, 400)
             FROM place p JOIN account a ON a.id = p.account
             JOIN conversation c ON c.place = p.id
             LEFT JOIN topic t ON t.conversation = c.id
             LEFT JOIN message m ON m.id = (
                 SELECT id FROM message WHERE place = c.place AND conversation = c.id
                 ORDER BY id DESC LIMIT 1)
             WHERE p.account = ?1 AND p.aside = 0
               AND (p.address = ?2 OR p.address >= ?2 || '/' AND p.address < ?2 || '0')
             ORDER BY c.running IS NULL AND c.waiting = 0, m.id DESC LIMIT ?3",
        )?
        .query_map(params![account, chat, limit], read_listed)?
        .collect()
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<ListedConversation> {
    let newest = row.get::<_, Option<i64>>(10)?.map(MessageId);
    let text: Option<String> = row.get(11)?;
    Ok(ListedConversation {
        place: read_place(row, 0)?,
        topic: row.get(3)?,
        persona: read_text(row, 4)?.into(),
        agent: read_text(row, 5)?.into(),
        model: row.get(6)?,
        is_running: row.get(7)?,
        waiting: row.get(8)?,
        is_muted: row.get(9)?,
        newest: newest.zip(text),
    })
}

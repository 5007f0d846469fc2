//! Reads topics.

use baton_core::id::ConversationId;
use baton_core::name::{AccountName, ChannelName};
use baton_core::place::Place;
use baton_core::store::StoredTopic;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::read_place;

/// Reads the topic of a conversation.
pub(in crate::sqlite) fn read_topic(
    connection: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<Option<StoredTopic>> {
    connection
        .prepare_statement(
            "SELECT a.channel, a.name, p.address, t.platform_id, t.title
             FROM topic t JOIN conversation c ON c.id = t.conversation
             JOIN place p ON p.id = c.place JOIN account a ON a.id = p.account
             WHERE t.conversation = ?1",
        )?
        .query_row([conversation.0], |row| {
            Ok(StoredTopic {
                place: read_place(row, 0)?,
                platform_id: row.get(3)?,
                title: row.get(4)?,
            })
        })
        .optional()
}

/// Reads the place of the conversation that has this topic.
pub(in crate::sqlite) fn read_topic_place(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    platform_id: &str,
) -> rusqlite::Result<Option<Place>> {
    connection
        .prepare_statement(
            "SELECT a.channel, a.name, p.address
             FROM topic t CROSS JOIN conversation c ON c.id = t.conversation
             CROSS JOIN place p ON p.id = c.place CROSS JOIN account a ON a.id = p.account
             WHERE t.platform_id = ?1 AND a.channel = ?2 AND a.name = ?3
             ORDER BY t.conversation LIMIT 1",
        )?
        .query_row(
            params![platform_id, channel.as_str(), account.as_str()],
            |row| read_place(row, 0),
        )
        .optional()
}

//! Reads the list of all topics, with the work in each.

use baton_core::clock::Wall;
use baton_core::id::ConversationId;
use baton_core::store::ListedTopic;
use baton_core::topic::TopicState;
use rusqlite::{Connection, Row};

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{column_error, read_place, read_text};

/// The work of conversation `c` in place `p`.
macro_rules! work_columns {
    () => {
        "c.persona, coalesce(c.waiting, 0), c.running IS NOT NULL,
         (SELECT count(*) FROM delivery d WHERE d.conversation = c.id
            AND d.state IN ('waiting', 'sending', 'unknown')),
         (SELECT m.at FROM message m WHERE m.place = p.id ORDER BY m.id DESC LIMIT 1),
         (SELECT d.posted_at FROM delivery d WHERE d.place = p.id AND d.posted IS NOT NULL
          ORDER BY d.posted DESC LIMIT 1)"
    };
}

/// The topics of Baton.
macro_rules! own_topics {
    () => {
        concat!(
            "SELECT a.channel, a.name, p.address, t.platform_id, coalesce(r.name, t.title),
                iif(t.platform_id IS NOT NULL AND coalesce(r.closed, 0), 'closed', t.state),
                c.id, 1, ",
            work_columns!(),
            " FROM topic t CROSS JOIN conversation c ON c.id = t.conversation
              CROSS JOIN place p ON p.id = c.place CROSS JOIN account a ON a.id = p.account
              LEFT JOIN reported_topic r ON r.account = a.id AND r.address = t.platform_id"
        )
    };
}

/// The topics of people.
macro_rules! other_topics {
    () => {
        concat!(
            "SELECT a.channel, a.name, r.address, r.address, r.name, iif(r.closed, 'closed', 'ready'),
                c.id, 0, ",
            work_columns!(),
            " FROM reported_topic r CROSS JOIN account a ON a.id = r.account
              LEFT JOIN place p ON p.account = r.account AND p.address = r.address AND p.aside = 0
              LEFT JOIN conversation c ON c.place = p.id
              WHERE NOT EXISTS (
                  SELECT 1 FROM topic t JOIN conversation tc ON tc.id = t.conversation
                  JOIN place tp ON tp.id = tc.place
                  WHERE t.platform_id = r.address AND tp.account = r.account)"
        )
    };
}

/// Reads all topics: first those of Baton, then those of people.
pub(in crate::sqlite) fn read_topics(
    connection: &Connection,
) -> rusqlite::Result<Vec<ListedTopic>> {
    const OWN: &str = concat!(own_topics!(), " ORDER BY t.conversation");
    const OTHERS: &str = concat!(other_topics!(), " ORDER BY r.account, r.address, c.id");
    let mut topics = read_rows(connection, OWN, None)?;
    topics.extend(read_rows(connection, OTHERS, None)?);
    Ok(topics)
}

/// Reads the topics of one conversation, as [`read_topics`], with all conversations of the same place.
pub(in crate::sqlite) fn read_topics_of(
    connection: &Connection,
    conversation: ConversationId,
) -> rusqlite::Result<Vec<ListedTopic>> {
    const OWN: &str = concat!(own_topics!(), " WHERE t.conversation = ?1");
    const OTHERS: &str = concat!(
        other_topics!(),
        " AND (r.account, r.address) IN
              (SELECT cp.account, cp.address FROM conversation cc JOIN place cp ON cp.id = cc.place
               WHERE cc.id = ?1)"
    );
    let mut topics = read_rows(connection, OWN, Some(conversation))?;
    topics.extend(read_rows(connection, OTHERS, Some(conversation))?);
    Ok(topics)
}

fn read_rows(
    connection: &Connection,
    sql: &'static str,
    conversation: Option<ConversationId>,
) -> rusqlite::Result<Vec<ListedTopic>> {
    let mut statement = connection.prepare_statement(sql)?;
    let values = rusqlite::params_from_iter(conversation.map(|id| id.0));
    statement.query_map(values, read_topic_row)?.collect()
}

fn read_topic_row(row: &Row<'_>) -> rusqlite::Result<ListedTopic> {
    let conversation: Option<i64> = row.get(6)?;
    let conversation = match conversation {
        Some(id) => Some((ConversationId(id), read_text(row, 8)?.into())),
        None => None,
    };
    let state = TopicState::parse(read_text(row, 5)?);
    let (message, delivery): (Option<i64>, Option<i64>) = (row.get(12)?, row.get(13)?);
    Ok(ListedTopic {
        place: read_place(row, 0)?,
        id: row.get(3)?,
        name: row.get(4)?,
        is_ours: row.get(7)?,
        state: state.ok_or_else(|| column_error(5, "no such state"))?,
        conversation,
        last_at: message.max(delivery).map(Wall),
        is_running: row.get(10)?,
        waiting: row.get(9)?,
        unsent: row.get(11)?,
    })
}

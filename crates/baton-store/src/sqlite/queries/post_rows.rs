//! Posts: messages, and sent deliveries.

use baton_core::clock::Wall;
use baton_core::id::{ConversationId, MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::{AccountName, ChannelName, ExternalId, PersonId};
use baton_core::store::{Post, PostKind};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::operation_columns::{parse_activities, parse_approval, parse_files};
use crate::sqlite::row_values::{column_error, read_json, read_place, read_text};

/// The columns of a message for [`read_whole_post`].
pub(super) const OF_MESSAGE: &str = "m.id AS seq, m.external_id AS public_id, 'message' AS kind, a.channel,
    a.name, p.address, m.conversation, c.persona, m.author, m.author_name, m.text, m.reply_to,
    m.at AS at, m.priority, m.state, m.reason, m.attempts, m.id AS message, m.extra, m.attachments AS files";

/// The tables for [`OF_MESSAGE`], with the message as `m`.
pub(super) const MESSAGES: &str = "message m
    JOIN conversation c ON c.id = m.conversation
    JOIN place p ON p.id = c.place
    JOIN account a ON a.id = p.account";

/// The columns of a delivery for [`read_whole_post`].
pub(super) const OF_DELIVERY: &str = "coalesce(d.posted, d.id) AS seq,
    coalesce(d.external_id, 'reply-' || d.id) AS public_id, d.operation AS kind, a.channel, a.name,
    p.address, d.conversation, c.persona, NULL AS author, c.persona AS author_name, d.text,
    (SELECT external_id FROM message WHERE id = d.message) AS reply_to,
    coalesce(d.posted_at, d.at) AS at, NULL AS priority, NULL AS state, d.reason, d.attempts,
    NULL AS message, d.extra, d.extra ->> 'files' AS files";

/// The tables for [`OF_DELIVERY`], with the delivery as `d`.
pub(super) const DELIVERIES: &str = "delivery d
    JOIN conversation c ON c.id = d.conversation
    JOIN place p ON p.id = c.place
    JOIN account a ON a.id = p.account";

/// Reads one post by its public id.
pub(in crate::sqlite) fn read_post_by_id(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    id: &str,
) -> rusqlite::Result<Option<Post>> {
    let account: Option<i64> = connection
        .prepare_statement("SELECT id FROM account WHERE channel = ?1 AND name = ?2")?
        .query_row(params![channel.as_str(), account.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    let message = connection
        .prepare_statement(&format!(
            "SELECT {OF_MESSAGE} FROM {MESSAGES} WHERE m.account = ?1 AND m.id_space = '' AND m.external_id = ?2"
        ))?
        .query_row(params![account, id], read_whole_post)
        .optional()?;
    if message.is_some() {
        return Ok(message);
    }
    let number: Option<i64> = id
        .strip_prefix("reply-")
        .and_then(|number| number.parse().ok());
    connection
        .prepare_statement(&format!(
            "SELECT {OF_DELIVERY} FROM {DELIVERIES}
             WHERE d.posted IS NOT NULL AND d.account = ?1
               AND (d.external_id = ?2 OR (d.id = ?3 AND d.external_id IS NULL))"
        ))?
        .query_row(params![account, id, number], read_whole_post)
        .optional()
}

/// Reads a reply as a post, before or after its delivery.
pub(in crate::sqlite) fn read_reply(connection: &Connection, id: i64) -> rusqlite::Result<Post> {
    connection
        .prepare_statement(&format!(
            "SELECT {OF_DELIVERY} FROM {DELIVERIES} WHERE d.id = ?1"
        ))?
        .query_row([id], read_whole_post)
}

/// How much of each post a page may contain.
#[derive(Clone, Copy)]
pub(super) enum PostExtent {
    /// The whole post.
    Whole,
    /// The given number of bytes of a longer text. Details of activities become "…".
    Bytes(usize),
}

/// Reads one post with its whole text.
pub(super) fn read_whole_post(row: &Row<'_>) -> rusqlite::Result<Post> {
    read_post(row, PostExtent::Whole)
}

/// Reads one post.
pub(super) fn read_post(row: &Row<'_>, extent: PostExtent) -> rusqlite::Result<Post> {
    let state: Option<String> = row.get(14)?;
    let mut extra = read_json(row, 18)?;
    let mut activities = parse_activities(&extra);
    let approval = parse_approval(&extra);
    let whole = read_text(row, 10)?;
    let said = match extent {
        PostExtent::Whole => whole,
        PostExtent::Bytes(longest) => {
            for activity in &mut activities {
                if !activity.detail.is_empty() {
                    "…".clone_into(&mut activity.detail);
                }
            }
            if let Some(fields) = extra.as_object_mut() {
                // The post has its own field for activities, and the whole text is long.
                fields.remove("activities");
                fields.remove("whole");
            }
            cut_text(whole, longest)
        }
    };
    Ok(Post {
        seq: Seq(row.get(0)?),
        id: row.get(1)?,
        kind: match read_text(row, 2)? {
            "message" => PostKind::Message,
            "reply" => PostKind::Reply,
            "question" => PostKind::Question,
            _ => PostKind::Notice,
        },
        place: read_place(row, 3)?,
        conversation: ConversationId(row.get(6)?),
        persona: read_text(row, 7)?.into(),
        author: row.get::<_, Option<String>>(8)?.map(PersonId::from),
        author_name: row.get(9)?,
        text: said.to_owned(),
        shortened: said.len() < whole.len(),
        reply_to: row.get::<_, Option<String>>(11)?.map(ExternalId::from),
        at: Wall(row.get(12)?),
        priority: row.get(13)?,
        state: match &state {
            None => None,
            Some(word) => Some(
                MessageState::parse(word)
                    .ok_or_else(|| column_error(14, format!("no such state: {word}")))?,
            ),
        },
        reason: row.get(15)?,
        attempts: row.get(16)?,
        message: row.get::<_, Option<i64>>(17)?.map(MessageId),
        approval,
        activities,
        files: parse_files(&read_json(row, 19)?),
        extra,
    })
}

/// At most so many bytes of a text, up to the end of a line if one is in the second half.
fn cut_text(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let beginning = &text[..text.floor_char_boundary(bytes)];
    match beginning.rfind('\n') {
        Some(end) if end >= bytes / 2 => &beginning[..end],
        _ => beginning,
    }
}

/// The approximate memory of a post, in bytes.
pub(super) fn post_size(post: &Post) -> usize {
    /// Names, ids and other fields of every post.
    const EVERY: usize = 512;
    let activities = post.activities.iter();
    let activities = activities.map(|it| EVERY + it.title.len() + it.detail.len());
    let files = post.files.iter().map(|file| {
        let transcript = file.transcript.as_ref().map_or(0, String::len);
        EVERY + file.name.len() + transcript
    });
    EVERY
        + post.text.len()
        + activities.sum::<usize>()
        + files.sum::<usize>()
        + json_size(&post.extra)
}

/// The approximate number of bytes of the texts in a value.
fn json_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(json_size).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() + json_size(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_never_too_long_and_ends_with_a_line_where_it_can() {
        assert_eq!(cut_text("short", 5), "short");
        assert_eq!(cut_text("longer", 5), "longe");
        assert_eq!(cut_text("one two\nthree", 10), "one two");
        assert_eq!(cut_text("a\nand no more lines", 10), "a\nand no m");
        // The cut is never within a character.
        assert_eq!(cut_text("🦀🦀", 7), "🦀");
        assert_eq!(cut_text("🦀", 3), "");
    }
}

//! The dead letters, newest first.

use baton_core::clock::Wall;
use baton_core::id::Seq;
use baton_core::store::{DeadLetter, Subject};
use rusqlite::{Connection, Row};

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{read_place, read_text};

/// The most bytes of a list.
const BYTES: usize = 1024 * 1024;
/// The approximate size of names, numbers and other short fields of a dead letter, in bytes.
const EVERY: usize = 512;

/// The last dead letters, as many as fit, and at least one.
pub(in crate::sqlite) fn read_dead_letters(
    connection: &Connection,
    limit: usize,
) -> rusqlite::Result<Vec<DeadLetter>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut letters = Vec::new();
    let mut left = BYTES;
    // SQLite reads each table in the order of its index, so rows beyond the limit are not read.
    let mut statement = connection.prepare_statement(
        "SELECT 'message', m.id AS id, a.channel, a.name, p.address, c.persona, m.text,
                m.reason, m.at, m.attempts
         FROM message m
         JOIN conversation c ON c.id = m.conversation
         JOIN place p ON p.id = c.place
         JOIN account a ON a.id = p.account
         WHERE m.state = 'dead'
         UNION ALL
         SELECT 'delivery', d.id, a.channel, a.name, p.address, c.persona, d.text,
                d.reason, d.at, d.attempts
         FROM delivery d
         JOIN conversation c ON c.id = d.conversation
         JOIN place p ON p.id = c.place
         JOIN account a ON a.id = p.account
         WHERE d.state = 'dead'
         ORDER BY id DESC LIMIT ?1",
    )?;
    for letter in statement.query_map([limit], read_dead_letter)? {
        let letter = letter?;
        match left.checked_sub(EVERY + letter.text.len()) {
            Some(rest) => left = rest,
            None if letters.is_empty() => left = 0,
            None => break,
        }
        letters.push(letter);
    }
    Ok(letters)
}

fn read_dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        subject: match read_text(row, 0)? {
            "message" => Subject::Message,
            _ => Subject::Delivery,
        },
        id: Seq(row.get(1)?),
        place: read_place(row, 2)?,
        persona: read_text(row, 5)?.into(),
        text: row.get(6)?,
        reason: row.get(7)?,
        at: Wall(row.get(8)?),
        attempts: row.get(9)?,
    })
}

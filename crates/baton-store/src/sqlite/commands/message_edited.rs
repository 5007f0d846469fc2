//! Gives a message that waits its new words.

use baton_core::id::Seq;
use baton_core::message::MessageState;
use baton_core::store::{Edited, MessageEdited, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::rows::message_by_external_id;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

/// What the trace says of an edit that came in time. What was said before is its author's to take back, and is not
/// kept.
const TAKEN: &str = "edited by its author while it waited: it is answered in its new words";

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) MessageEdited);

impl writer::Command for Command {
    type Answer = Edited;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Edited, Failure<StoreError>> {
        let MessageEdited {
            channel,
            account,
            external_id,
            text,
        } = &self.0;
        let known = message_by_external_id(tx.connection, channel, account, external_id)?;
        let Some(known) = known else {
            return Ok(Edited::Unknown);
        };
        let id = known.id;
        if known.text == *text {
            return Ok(Edited::Same(id));
        }
        if known.state != MessageState::Waiting {
            let what = format!(
                "edited by its author when it was {}: its first words count",
                known.state.as_str()
            );
            note_once(tx, id.into(), &what)?;
            return Ok(Edited::Late(id, known.state));
        }
        tx.run(
            "UPDATE message SET text = ?2 WHERE id = ?1",
            params![id.0, text],
        )?;
        tx.event(id.into(), TAKEN)?;
        // Whoever shows it shows its new words.
        tx.moved(&known.place, &known.persona, id, known.state);
        Ok(Edited::Taken(id))
    }
}

/// Keeps that something happened, unless it is what happened last: a platform tells the same again.
pub(super) fn note_once(tx: &Tx<'_>, subject: Seq, what: &str) -> rusqlite::Result<()> {
    let last: Option<String> = tx.first(
        "SELECT what FROM event WHERE subject = ?1 ORDER BY id DESC LIMIT 1",
        [subject.0],
        |row| row.get(0),
    )?;
    if last.as_deref() == Some(what) {
        return Ok(());
    }
    tx.event(subject, what)
}

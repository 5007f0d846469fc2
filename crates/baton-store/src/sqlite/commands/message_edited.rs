//! Replaces the text of a waiting message.

use baton_core::id::Seq;
use baton_core::message::MessageState;
use baton_core::store::{Edited, MessageEdited, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::rows::message_by_external_id;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

/// The trace entry for an edit in time. The old text is not stored, because the author has replaced the text.
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
        // Pages that show the message must show the new text.
        tx.moved(&known.place, &known.persona, id, known.state);
        Ok(Edited::Taken(id))
    }
}

/// Adds an event, unless the last event is the same, because platforms repeat themselves.
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

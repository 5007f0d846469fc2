//! Replaces the text of a waiting message.

use baton_core::id::Seq;
use baton_core::message::{MessageState, whole_text};
use baton_core::store::{Edited, MessageEdited, StoreError};
use rusqlite::params;

use crate::sqlite::row_values::read_message_by_external_id;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

/// The trace entry for an edit in time. The old text is not stored, because the author has replaced the text.
const TAKEN: &str = "edited by its author while it waited: the new text is answered";

pub(in crate::sqlite) struct MessageEditedCommand(pub(in crate::sqlite) MessageEdited);

impl WriteCommand for MessageEditedCommand {
    type Answer = Edited;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Edited, WriteFailure<StoreError>> {
        let MessageEdited {
            channel,
            account,
            external_id,
            text,
        } = &self.0;
        let known = read_message_by_external_id(tx.connection, channel, account, external_id)?;
        let Some(known) = known else {
            return Ok(Edited::Unknown);
        };
        let id = known.id;
        // An edit does not change the words of the recordings.
        let text = whole_text(text, &known.attachments);
        if known.text == text {
            return Ok(Edited::Same(id));
        }
        if known.state != MessageState::Waiting {
            let what = format!(
                "edited by its author when it was {}: the first text counts",
                known.state.as_str()
            );
            record_event_once(tx, id.into(), &what)?;
            return Ok(Edited::Late(id, known.state));
        }
        tx.run(
            "UPDATE message SET text = ?2 WHERE id = ?1",
            params![id.0, text],
        )?;
        tx.record_event(id.into(), TAKEN)?;
        // Pages that show the message must show the new text.
        tx.publish_message_state(&known.place, &known.persona, id, known.state);
        Ok(Edited::Taken(id))
    }
}

/// Adds an event, unless the last event is the same, because platforms repeat themselves.
pub(super) fn record_event_once(
    tx: &WriteTransaction<'_>,
    subject: Seq,
    what: &str,
) -> rusqlite::Result<()> {
    let last: Option<String> = tx.read_first(
        "SELECT what FROM event WHERE subject = ?1 ORDER BY id DESC LIMIT 1",
        [subject.0],
        |row| row.get(0),
    )?;
    if last.as_deref() == Some(what) {
        return Ok(());
    }
    tx.record_event(subject, what)
}

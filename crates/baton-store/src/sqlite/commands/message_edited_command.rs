//! Replaces the text of a waiting message.

use baton_core::delivery::NewDelivery;
use baton_core::id::Seq;
use baton_core::message::{Message, MessageState, whole_text};
use baton_core::notice;
use baton_core::store::{Edited, MessageEdited, StoreError};
use rusqlite::params;

use crate::sqlite::row_values::read_message_of_part;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

/// The trace entry for an edit in time. The old text is not stored, because the author has replaced the text.
const TAKEN: &str = "edited by its author while it waited: the new text is answered";

/// The beginning of the trace entry for an edit after the turn had begun.
const LATE: &str = "edited by its author when it was";

/// The trace entry for an edit of one of several parts.
const OF_PART: &str = "edited by its author in one of several parts: the first text counts";

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
            is_of_part,
        } = &self.0;
        let known = read_message_of_part(tx.connection, channel, account, external_id)?;
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
            let what = format!("{LATE} {}: the first text counts", known.state.as_str());
            tell_once(tx, &known, &what, notice::late_edit(id, known.state))?;
            return Ok(Edited::Late(id, known.state));
        }
        if *is_of_part || known.external_id != *external_id {
            tell_once(tx, &known, OF_PART, Some(notice::edit_of_part(id)))?;
            return Ok(Edited::OfPart(id));
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

/// Records an edit without an effect. At the first one of a message, people get the notice.
fn tell_once(
    tx: &mut WriteTransaction<'_>,
    edited: &Message,
    what: &str,
    notice: Option<NewDelivery>,
) -> rusqlite::Result<()> {
    let told = tx.read_first(
        "SELECT 1 FROM event WHERE subject = ?1 AND (what = ?2 OR what LIKE ?3 || '%') LIMIT 1",
        params![edited.id.0, OF_PART, LATE],
        |_| Ok(()),
    )?;
    record_event_once(tx, edited.id.into(), what)?;
    if let Some(notice) = notice.filter(|_| told.is_none())
        && let Some(conversation) = tx.read_conversation(edited.conversation)?
    {
        tx.add_to_outbox(&conversation, None, &notice)?;
    }
    Ok(())
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

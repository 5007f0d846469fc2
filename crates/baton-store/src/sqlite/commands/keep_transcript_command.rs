//! Records the words of a recording.

use baton_core::message::whole_text;
use baton_core::store::{KeepTranscript, LeaseError};
use rusqlite::params;

use super::ingest_command::attachments_json;
use crate::sqlite::row_values::read_message;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct KeepTranscriptCommand(pub(in crate::sqlite) KeepTranscript);

impl WriteCommand for KeepTranscriptCommand {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<LeaseError>> {
        let KeepTranscript {
            turn,
            fence,
            message,
            location,
            text,
        } = &self.0;
        let held = tx.read_held_conversation(*turn, *fence)?;
        let known = read_message(tx.connection, *message)?;
        let known = known.filter(|known| known.conversation == held.conversation.id);
        let Some(known) = known else {
            return Ok(());
        };
        let mut attachments = known.attachments.clone();
        let recording = attachments.iter_mut();
        let recording = recording.filter(|file| file.transcript.is_none());
        let Some(recording) = recording
            .into_iter()
            .find(|file| file.location == *location)
        else {
            return Ok(());
        };
        recording.transcript = Some(text.clone());
        let event = format!("the words of {} were written down", recording.name);
        tx.run(
            "UPDATE message SET text = ?2, attachments = ?3 WHERE id = ?1",
            params![
                message.0,
                whole_text(known.written_text(), &attachments),
                attachments_json(&attachments)?
            ],
        )?;
        tx.record_event((*message).into(), &event)?;
        // Pages that show the message must show its words.
        tx.publish_message_state(&known.place, &known.persona, *message, known.state);
        Ok(())
    }
}

//! The end of an approval, and its announcement.

use std::time::Duration;

use baton_core::approval::{Approval, ApprovalState, Decision, Verdict, Wants};
use baton_core::id::{ApprovalId, ConversationId, MessageId, TurnId};
use baton_core::message::Author;
use baton_core::notice;
use baton_core::store::{Change, TurnEffect};
use rusqlite::params;

use super::conversation_rows::ConversationRow;
use super::queries::read_approval;
use super::row_values::is_column_error;
use super::write_transaction::WriteTransaction;

impl WriteTransaction<'_> {
    /// Records the decision of a person.
    pub(super) fn record_decision(
        &mut self,
        asked: &Approval,
        decision: &Decision,
        by: &Author,
    ) -> rusqlite::Result<Approval> {
        let granted = match (decision, &asked.question.wants) {
            (Decision::AllowForSession, Wants::Permission { grant }) => grant.as_deref(),
            _ => None,
        };
        let answers = match decision {
            Decision::Answer { answers } => Some(serde_json::Value::from(answers.clone())),
            _ => None,
        };
        let reason = match decision {
            Decision::Deny { reason } => reason.as_deref(),
            _ => None,
        };
        self.run(
            "UPDATE approval SET state = ?2, granted = ?3, answers = ?4, reason = ?5,
                 decided_by = ?6, decided_by_name = ?7, untaken = 1
             WHERE id = ?1",
            params![
                asked.id.0,
                decision.state().as_str(),
                granted,
                answers.map(|answers| answers.to_string()),
                reason,
                by.id.as_str(),
                by.name
            ],
        )?;
        self.send_outcome(asked.id)
    }

    /// Ends an approval without a decision.
    pub(super) fn expire_approval(&mut self, id: ApprovalId, reason: &str) -> rusqlite::Result<()> {
        self.run(
            "UPDATE approval SET state = ?2, reason = ?3 WHERE id = ?1",
            params![id.0, ApprovalState::Expired.as_str(), reason],
        )?;
        match self.send_outcome(id) {
            Ok(_) => Ok(()),
            Err(error) if is_column_error(&error) => self.end_damaged_approval(id, &error),
            Err(error) => Err(error),
        }
    }

    /// Ends an approval with a damaged row, so that the row does not stop other work.
    fn end_damaged_approval(
        &mut self,
        id: ApprovalId,
        error: &rusqlite::Error,
    ) -> rusqlite::Result<()> {
        tracing::error!(approval = %id, %error, "an approval cannot be read, and is ended");
        self.run(
            "UPDATE approval SET reason = ?2 WHERE id = ?1",
            params![id.0, notice::UNREADABLE],
        )?;
        let of = self.read_first(
            "SELECT turn, conversation, message FROM approval WHERE id = ?1",
            [id.0],
            |row| {
                Ok((
                    TurnId(row.get(0)?),
                    ConversationId(row.get(1)?),
                    MessageId(row.get(2)?),
                ))
            },
        )?;
        let Some((turn, conversation, message)) = of else {
            return Ok(());
        };
        let reason = format!("Expired: {}", notice::UNREADABLE);
        let delivery = notice::outcome(id, message, &reason);
        let verdict = Verdict::Denied { reason };
        self.effects
            .add_turn_effect(TurnEffect::Decided(turn, id, verdict));
        match self.read_conversation(conversation)? {
            Some(conversation) => self.add_to_outbox(&conversation, None, &delivery),
            None => Ok(()),
        }
    }

    /// Ends an approval without a decision, if the approval is still open.
    pub(super) fn expire_if_open(&mut self, id: ApprovalId, reason: &str) -> rusqlite::Result<()> {
        let open = self.read_first(
            "SELECT 1 FROM approval WHERE id = ?1 AND state = 'open'",
            [id.0],
            |_| Ok(()),
        )?;
        match open {
            Some(()) => self.expire_approval(id, reason),
            None => Ok(()),
        }
    }

    /// Starts the time limit of an approval, because people can now see it.
    pub(super) fn start_time_limit(&mut self, id: ApprovalId) -> rusqlite::Result<()> {
        let within = self.read_first(
            "SELECT within_ms FROM approval WHERE id = ?1 AND state = 'open' AND until IS NULL",
            [id.0],
            |row| row.get::<_, i64>(0),
        )?;
        let Some(within) = within else {
            return Ok(());
        };
        let until = self
            .steady
            .after(Duration::from_millis(within.unsigned_abs()));
        self.run(
            "UPDATE approval SET until = ?2, expires_at = ?3 WHERE id = ?1",
            [id.0, until.0, self.wall.0.saturating_add(within)],
        )?;
        self.add_deadline(until);
        Ok(())
    }

    /// Ends the open approvals of a turn, because the turn is over.
    pub(super) fn expire_turn_approvals(&mut self, turn: TurnId) -> rusqlite::Result<()> {
        let open = self.read_all(
            "SELECT id FROM approval WHERE turn = ?1 AND state = 'open' ORDER BY id",
            [turn.0],
            |row| row.get(0).map(ApprovalId),
        )?;
        self.expire_approvals(&open)
    }

    /// Ends the open approvals of a message, because no turn will answer the message.
    pub(super) fn expire_message_approvals(
        &mut self,
        conversation: &ConversationRow,
        message: MessageId,
    ) -> rusqlite::Result<()> {
        let open = self.read_all(
            "SELECT id FROM approval WHERE conversation = ?1 AND message = ?2 AND state = 'open'
             ORDER BY id",
            [conversation.id.0, message.0],
            |row| row.get(0).map(ApprovalId),
        )?;
        self.expire_approvals(&open)
    }

    fn expire_approvals(&mut self, open: &[ApprovalId]) -> rusqlite::Result<()> {
        for id in open {
            self.expire_approval(*id, notice::NO_LONGER_ASKED)?;
        }
        Ok(())
    }

    /// Sends the outcome to the turn, to the people, and to listeners for changes.
    fn send_outcome(&mut self, id: ApprovalId) -> rusqlite::Result<Approval> {
        let now =
            read_approval(self.connection, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        if let Some(verdict) = now.verdict() {
            self.effects
                .add_turn_effect(TurnEffect::Decided(now.turn, id, verdict));
        }
        if let (Some(delivery), Some(conversation)) = (
            notice::verdict(&now),
            self.read_conversation(now.conversation)?,
        ) {
            self.add_to_outbox(&conversation, None, &delivery)?;
        }
        self.publish_approval(&now);
        Ok(now)
    }

    /// Announces a new state of an approval.
    pub(super) fn publish_approval(&mut self, approval: &Approval) {
        self.effects.add_change(Change::Asked {
            place: approval.place.clone(),
            approval: approval.id,
        });
    }
}

//! The end of an approval, and its announcement.

use std::time::Duration;

use baton_core::approval::{Approval, ApprovalState, Decision, Verdict, Wants};
use baton_core::id::{ApprovalId, ConversationId, MessageId, TurnId};
use baton_core::message::Author;
use baton_core::notice;
use baton_core::store::{Change, TurnEffect};
use rusqlite::params;

use super::lanes::Lane;
use super::rows::is_broken;
use super::tx::Tx;
use super::views::approval;

impl Tx<'_> {
    /// Records the decision of a person.
    pub(super) fn decided(
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
        self.tell(asked.id)
    }

    /// Ends an approval without a decision.
    pub(super) fn lapse(&mut self, id: ApprovalId, reason: &str) -> rusqlite::Result<()> {
        self.run(
            "UPDATE approval SET state = ?2, reason = ?3 WHERE id = ?1",
            params![id.0, ApprovalState::Expired.as_str(), reason],
        )?;
        match self.tell(id) {
            Ok(_) => Ok(()),
            Err(error) if is_broken(&error) => self.give_up(id, &error),
            Err(error) => Err(error),
        }
    }

    /// Ends an approval with a damaged row, so that the row does not stop other work.
    fn give_up(&mut self, id: ApprovalId, error: &rusqlite::Error) -> rusqlite::Result<()> {
        tracing::error!(approval = %id, %error, "a question is ended that cannot be read");
        self.run(
            "UPDATE approval SET reason = ?2 WHERE id = ?1",
            params![id.0, notice::UNREADABLE],
        )?;
        let of = self.first(
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
        self.effects.turn(TurnEffect::Decided(turn, id, verdict));
        match self.lane(conversation)? {
            Some(lane) => self.put_out(&lane, None, &delivery),
            None => Ok(()),
        }
    }

    /// Ends an approval without a decision, if the approval is still open.
    pub(super) fn lapse_open(&mut self, id: ApprovalId, reason: &str) -> rusqlite::Result<()> {
        let open = self.first(
            "SELECT 1 FROM approval WHERE id = ?1 AND state = 'open'",
            [id.0],
            |_| Ok(()),
        )?;
        match open {
            Some(()) => self.lapse(id, reason),
            None => Ok(()),
        }
    }

    /// Starts the time limit of an approval, because people can now see it.
    pub(super) fn begin_to_expire(&mut self, id: ApprovalId) -> rusqlite::Result<()> {
        let within = self.first(
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
        self.deadline(until);
        Ok(())
    }

    /// Ends the open approvals of a turn, because the turn is over.
    pub(super) fn no_longer_asked(&mut self, turn: TurnId) -> rusqlite::Result<()> {
        let open = self.all(
            "SELECT id FROM approval WHERE turn = ?1 AND state = 'open' ORDER BY id",
            [turn.0],
            |row| row.get(0).map(ApprovalId),
        )?;
        self.lapse_all(&open)
    }

    /// Ends the open approvals of a message, because no turn will answer the message.
    pub(super) fn no_longer_asked_for(
        &mut self,
        lane: &Lane,
        message: MessageId,
    ) -> rusqlite::Result<()> {
        let open = self.all(
            "SELECT id FROM approval WHERE conversation = ?1 AND message = ?2 AND state = 'open'
             ORDER BY id",
            [lane.id.0, message.0],
            |row| row.get(0).map(ApprovalId),
        )?;
        self.lapse_all(&open)
    }

    fn lapse_all(&mut self, open: &[ApprovalId]) -> rusqlite::Result<()> {
        for id in open {
            self.lapse(*id, notice::NO_LONGER_ASKED)?;
        }
        Ok(())
    }

    /// Sends the outcome to the turn, to the people, and to listeners for changes.
    fn tell(&mut self, id: ApprovalId) -> rusqlite::Result<Approval> {
        let now =
            approval::read(self.connection, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        if let Some(verdict) = now.verdict() {
            self.effects
                .turn(TurnEffect::Decided(now.turn, id, verdict));
        }
        if let (Some(delivery), Some(lane)) = (notice::verdict(&now), self.lane(now.conversation)?)
        {
            self.put_out(&lane, None, &delivery)?;
        }
        self.asked(&now);
        Ok(now)
    }

    /// Announces a new state of an approval.
    pub(super) fn asked(&mut self, approval: &Approval) {
        self.effects.changed(Change::Asked {
            place: approval.place.clone(),
            approval: approval.id,
        });
    }
}

//! One transaction of the writer: statements, numbers, and the effects after the commit.

use std::path::Path;

use baton_core::clock::{Steady, Wall};
use baton_core::id::{ConversationId, Epoch, Seq};
use baton_core::name::{AgentName, ChannelName, PersonaName};
use baton_core::store::{Attach, Change, Outgoing, TurnEffect};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use tokio::sync::{broadcast, mpsc};

use super::cached_statements::CachedStatements;
use super::tally::TallyChange;

/// The context of a command.
pub(super) struct WriteTransaction<'a> {
    pub(super) connection: &'a Connection,
    pub(super) path: &'a Path,
    /// The same time for every command of a commit.
    pub(super) wall: Wall,
    pub(super) steady: Steady,
    pub(super) memory: &'a mut WriterState,
    pub(super) effects: CommitEffects,
}

impl WriteTransaction<'_> {
    /// Runs a statement without result rows.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        self.connection
            .prepare_statement(sql)?
            .execute(params)
            .map(|_| ())
    }

    /// Runs a statement without result rows, and returns the number of changed rows.
    pub(super) fn change_rows(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_statement(sql)?.execute(params)
    }

    /// Reads the first row, if present.
    pub(super) fn read_first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.connection
            .prepare_statement(sql)?
            .query_row(params, read)
            .optional()
    }

    /// Reads all rows.
    pub(super) fn read_all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.connection
            .prepare_statement(sql)?
            .query_map(params, read)?
            .collect()
    }

    /// The next number of the store's order.
    pub(super) fn next_seq(&mut self) -> Seq {
        self.memory.last_seq += 1;
        Seq(self.memory.last_seq)
    }

    /// Records an event for `trace`.
    pub(super) fn record_event(&self, subject: Seq, what: &str) -> rusqlite::Result<()> {
        self.record_event_with_detail(subject, what, None)
    }

    /// Records an event with a detail that only operators may read.
    pub(super) fn record_event_with_detail(
        &self,
        subject: Seq,
        what: &str,
        detail: Option<&str>,
    ) -> rusqlite::Result<()> {
        self.run(
            "INSERT INTO event (subject, at, what, detail) VALUES (?1, ?2, ?3, ?4)",
            (subject.0, self.wall.0, what, detail),
        )
    }

    /// Ensures that `expire` runs at this time at the latest.
    pub(super) fn add_deadline(&mut self, at: Steady) {
        self.memory.add_deadline(at);
    }
}

/// The state of the writer between commits. The file contains this state as well, or the state ends with this
/// process.
pub(super) struct WriterState {
    last_seq: i64,
    pub(super) epoch: Epoch,
    pub(super) attached: Option<AttachedProcess>,
    attaching: Option<AttachedProcess>,
    next_deadline: Option<Steady>,
}

/// The process that gets claimed work.
pub(super) struct AttachedProcess {
    pub(super) can: Attach,
    pub(super) epoch: Epoch,
    pub(super) turns: mpsc::UnboundedSender<TurnEffect>,
    pub(super) deliveries: mpsc::UnboundedSender<Outgoing>,
}

impl WriterState {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let last_seq = connection
            .prepare_statement(
                "SELECT max(
                 (SELECT coalesce(max(id), 0) FROM message),
                 (SELECT coalesce(max(id), 0) FROM turn),
                 (SELECT coalesce(max(id), 0) FROM delivery),
                 (SELECT coalesce(max(posted), 0) FROM delivery WHERE posted IS NOT NULL),
                 (SELECT coalesce(max(subject), 0) FROM event),
                 (SELECT coalesce(max(id), 0) FROM approval),
                 (SELECT coalesce(max(in_line_since), 0) FROM conversation WHERE id IN
                      (SELECT conversation FROM message WHERE state = 'waiting')))",
            )?
            .query_row((), |row| row.get(0))?;
        let epoch = connection.query_row("SELECT epoch FROM epoch", [], |row| row.get(0))?;
        Ok(Self {
            last_seq,
            epoch: Epoch(epoch),
            attached: None,
            attaching: None,
            // Leases of the previous run are checked at once.
            next_deadline: Some(Steady(0)),
        })
    }

    /// Attaches a process. The change takes effect with the commit.
    pub(super) fn attach_process(&mut self, attached: AttachedProcess) {
        self.attaching = Some(attached);
    }

    /// The process that was attached last, in this transaction or an earlier one.
    pub(super) fn attached_process(&self) -> Option<&AttachedProcess> {
        self.attaching.as_ref().or(self.attached.as_ref())
    }

    /// The epoch of the process that was attached last, in this transaction or an earlier one.
    pub(super) fn current_epoch(&self) -> Epoch {
        self.attaching
            .as_ref()
            .map_or(self.epoch, |attaching| attaching.epoch)
    }

    /// Whether this process runs the turns of the agent. If so, outside workers do not.
    pub(super) fn runs_agent(&self, agent: &AgentName) -> bool {
        self.attached_process()
            .is_some_and(|attached| attached.can.turns.has_kind(agent))
    }

    /// Whether the persona is configured. Without an attached process, every persona counts as configured.
    pub(super) fn has_persona(&self, persona: &PersonaName) -> bool {
        self.attached_process()
            .is_none_or(|attached| attached.can.personas.contains(persona))
    }

    /// Whether the channel is configured. Without an attached process, every channel counts as configured.
    pub(super) fn has_channel(&self, channel: &ChannelName) -> bool {
        self.attached_process()
            .is_none_or(|attached| attached.can.deliveries.has_kind(channel))
    }

    pub(super) fn add_deadline(&mut self, at: Steady) {
        self.next_deadline = Some(self.next_deadline.map_or(at, |known| known.min(at)));
    }

    pub(super) fn set_deadline(&mut self, at: Option<Steady>) {
        self.next_deadline = at;
    }

    pub(super) fn next_deadline(&self) -> Option<Steady> {
        self.next_deadline
    }

    /// Sends the effects of a successful commit.
    pub(super) fn send_effects(
        &mut self,
        effects: CommitEffects,
        changes: &broadcast::Sender<Change>,
    ) {
        if let Some(attaching) = self.attaching.take() {
            self.epoch = attaching.epoch;
            self.attached = Some(attaching);
        }
        let CommitEffects {
            turns,
            deliveries,
            changes: news,
            ..
        } = effects;
        let mut gone = false;
        if let Some(attached) = &self.attached {
            for effect in turns {
                gone |= attached.turns.send(effect).is_err();
            }
            for outgoing in deliveries {
                gone |= attached.deliveries.send(outgoing).is_err();
            }
        }
        if gone {
            // The process takes no more work. Its claims are released at the next attach.
            self.attached = None;
        }
        for change in news {
            let _ = changes.send(change);
        }
    }

    pub(super) fn discard_attach(&mut self) {
        self.attaching = None;
    }
}

/// Effects that happen after the commit, and only after a successful commit.
#[derive(Default)]
pub(super) struct CommitEffects {
    turns: Vec<TurnEffect>,
    deliveries: Vec<Outgoing>,
    changes: Vec<Change>,
    /// Written within the commit, not sent after the commit.
    tally_changes: Vec<TallyChange>,
    /// Conversations that outside workers may be able to claim from now.
    claimable: Vec<ConversationId>,
}

/// The numbers of effects at some point.
pub(super) struct EffectsMark {
    turns: usize,
    deliveries: usize,
    changes: usize,
    tally_changes: usize,
    claimable: usize,
}

impl CommitEffects {
    pub(super) fn add_turn_effect(&mut self, effect: TurnEffect) {
        debug_assert!(
            match &effect {
                TurnEffect::Start(started) => started.slot.is_of(&started.claim.agent),
                _ => true,
            },
            "slots balance: a turn holds a slot of its own agent"
        );
        self.turns.push(effect);
    }

    pub(super) fn add_delivery(&mut self, outgoing: Outgoing) {
        debug_assert!(
            outgoing.slot.is_of(&outgoing.delivery.place.channel),
            "slots balance: a delivery holds a slot of its own channel"
        );
        self.deliveries.push(outgoing);
    }

    /// Changes are kept even without a listener, because a listener may come before the commit.
    pub(super) fn add_change(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn add_tally_change(&mut self, change: TallyChange) {
        self.tally_changes.push(change);
    }

    pub(super) fn take_tally_changes(&mut self) -> Vec<TallyChange> {
        std::mem::take(&mut self.tally_changes)
    }

    pub(super) fn add_claimable(&mut self, conversation: ConversationId) {
        self.claimable.push(conversation);
    }

    pub(super) fn take_claimable(&mut self) -> Vec<ConversationId> {
        std::mem::take(&mut self.claimable)
    }

    pub(super) fn mark_end(&self) -> EffectsMark {
        EffectsMark {
            turns: self.turns.len(),
            deliveries: self.deliveries.len(),
            changes: self.changes.len(),
            tally_changes: self.tally_changes.len(),
            claimable: self.claimable.len(),
        }
    }

    pub(super) fn truncate_to(&mut self, mark: &EffectsMark) {
        self.turns.truncate(mark.turns);
        self.deliveries.truncate(mark.deliveries);
        self.changes.truncate(mark.changes);
        self.tally_changes.truncate(mark.tally_changes);
        self.claimable.truncate(mark.claimable);
    }
}

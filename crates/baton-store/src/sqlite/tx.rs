//! One transaction of the writer: statements, numbers, and what is to happen after the commit.

use std::path::Path;

use baton_core::clock::{Steady, Wall};
use baton_core::id::{ConversationId, Epoch, Seq};
use baton_core::name::{AgentName, ChannelName, PersonaName};
use baton_core::store::{Attach, Change, Outgoing, TurnEffect};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use tokio::sync::{broadcast, mpsc};

use super::statements::Statements;
use super::tally::Step;

/// What a command works with.
pub(super) struct Tx<'a> {
    pub(super) connection: &'a Connection,
    pub(super) path: &'a Path,
    /// The same for every command of a commit.
    pub(super) wall: Wall,
    pub(super) steady: Steady,
    pub(super) memory: &'a mut Memory,
    pub(super) effects: Effects,
}

impl Tx<'_> {
    /// Runs a statement that gives no rows.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        self.connection.statement(sql)?.execute(params).map(|_| ())
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    pub(super) fn change(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection.statement(sql)?.execute(params)
    }

    /// The first row, where there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.connection
            .statement(sql)?
            .query_row(params, read)
            .optional()
    }

    /// All rows.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.connection
            .statement(sql)?
            .query_map(params, read)?
            .collect()
    }

    /// The next number of the store's order.
    pub(super) fn next_seq(&mut self) -> Seq {
        self.memory.last_seq += 1;
        Seq(self.memory.last_seq)
    }

    /// Keeps something that happened, for `trace`.
    pub(super) fn event(&self, subject: Seq, what: &str) -> rusqlite::Result<()> {
        self.event_with_detail(subject, what, None)
    }

    /// The same, with what only operators may read of it.
    pub(super) fn event_with_detail(
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

    /// `expire` must run then at the latest.
    pub(super) fn deadline(&mut self, at: Steady) {
        self.memory.deadline(at);
    }
}

/// What the writer remembers between commits: nothing that the file does not also say, or that
/// does not end with this process.
pub(super) struct Memory {
    last_seq: i64,
    pub(super) epoch: Epoch,
    pub(super) attached: Option<Attached>,
    attaching: Option<Attached>,
    next_deadline: Option<Steady>,
}

/// The process that is handed work.
pub(super) struct Attached {
    pub(super) can: Attach,
    pub(super) epoch: Epoch,
    pub(super) turns: mpsc::UnboundedSender<TurnEffect>,
    pub(super) deliveries: mpsc::UnboundedSender<Outgoing>,
}

impl Memory {
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let last_seq = connection
            .statement(
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
            // Leases of the run before are looked at once.
            next_deadline: Some(Steady(0)),
        })
    }

    /// Takes effect with the commit.
    pub(super) fn attach(&mut self, attached: Attached) {
        self.attaching = Some(attached);
    }

    /// Who is handed work: whoever attached last, in this transaction or an earlier one.
    pub(super) fn holder(&self) -> Option<&Attached> {
        self.attaching.as_ref().or(self.attached.as_ref())
    }

    /// Whether this process runs the turns of that agent, so that no outside worker does.
    pub(super) fn runs(&self, agent: &AgentName) -> bool {
        self.holder()
            .is_some_and(|attached| attached.can.turns.has_kind(agent))
    }

    /// Whether that persona is configured, as far as anybody has said.
    pub(super) fn can_answer(&self, persona: &PersonaName) -> bool {
        self.holder()
            .is_none_or(|attached| attached.can.personas.contains(persona))
    }

    /// Whether that channel is configured, as far as anybody has said.
    pub(super) fn can_carry(&self, channel: &ChannelName) -> bool {
        self.holder()
            .is_none_or(|attached| attached.can.deliveries.has_kind(channel))
    }

    pub(super) fn deadline(&mut self, at: Steady) {
        self.next_deadline = Some(self.next_deadline.map_or(at, |known| known.min(at)));
    }

    pub(super) fn set_deadline(&mut self, at: Option<Steady>) {
        self.next_deadline = at;
    }

    pub(super) fn next_deadline(&self) -> Option<Steady> {
        self.next_deadline
    }

    /// Lets the effects of a commit out, now that they are true.
    pub(super) fn committed(&mut self, effects: Effects, changes: &broadcast::Sender<Change>) {
        if let Some(attaching) = self.attaching.take() {
            self.epoch = attaching.epoch;
            self.attached = Some(attaching);
        }
        let Effects {
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
            // Nobody takes work any more; what was claimed is handed out again at the next attach.
            self.attached = None;
        }
        for change in news {
            let _ = changes.send(change);
        }
    }

    pub(super) fn rolled_back(&mut self) {
        self.attaching = None;
    }
}

/// What is to happen after the commit, and does not happen without it.
#[derive(Default)]
pub(super) struct Effects {
    turns: Vec<TurnEffect>,
    deliveries: Vec<Outgoing>,
    changes: Vec<Change>,
    /// Kept with the commit, not let out after it.
    steps: Vec<Step>,
    /// Conversations that outside workers may be able to claim from now.
    claimable: Vec<ConversationId>,
}

/// How many effects there were at some point.
pub(super) struct Mark {
    turns: usize,
    deliveries: usize,
    changes: usize,
    steps: usize,
    claimable: usize,
}

impl Effects {
    pub(super) fn turn(&mut self, effect: TurnEffect) {
        self.turns.push(effect);
    }

    pub(super) fn delivery(&mut self, outgoing: Outgoing) {
        self.deliveries.push(outgoing);
    }

    /// Kept whoever listens: somebody may begin to between now and the commit.
    pub(super) fn changed(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn counted(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub(super) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    pub(super) fn may_be_claimable(&mut self, conversation: ConversationId) {
        self.claimable.push(conversation);
    }

    pub(super) fn take_claimable(&mut self) -> Vec<ConversationId> {
        std::mem::take(&mut self.claimable)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            turns: self.turns.len(),
            deliveries: self.deliveries.len(),
            changes: self.changes.len(),
            steps: self.steps.len(),
            claimable: self.claimable.len(),
        }
    }

    pub(super) fn forget_after(&mut self, mark: &Mark) {
        self.turns.truncate(mark.turns);
        self.deliveries.truncate(mark.deliveries);
        self.changes.truncate(mark.changes);
        self.steps.truncate(mark.steps);
        self.claimable.truncate(mark.claimable);
    }
}

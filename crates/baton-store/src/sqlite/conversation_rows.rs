//! The rows of conversations. A conversation runs one turn at a time.

use baton_core::clock::{Steady, millis};
use baton_core::id::{ConversationId, Fence, Generation, TurnId};
use baton_core::name::{AgentName, PersonaName};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::store::LeaseError;
use rusqlite::{Row, params};

use super::moved_places::{find_account, read_moved_address};
use super::row_values::{column_error, read_place, read_text};
use super::write_failure::WriteFailure;
use super::write_transaction::WriteTransaction;

/// A conversation's row.
#[derive(Clone, Debug)]
pub(super) struct ConversationRow {
    pub(super) id: ConversationId,
    pub(super) place_id: i64,
    pub(super) account_id: i64,
    pub(super) place: Place,
    pub(super) persona: PersonaName,
    pub(super) agent: AgentName,
    pub(super) mode: QueueMode,
    pub(super) session: Option<String>,
    pub(super) model: Option<String>,
    pub(super) is_muted: bool,
    pub(super) generation: Generation,
    pub(super) fence: Fence,
    pub(super) running: Option<TurnId>,
    pub(super) waiting: u32,
    pub(super) head: Option<i64>,
    pub(super) head_priority: Option<u8>,
    /// The position in the line of conversations waiting for a turn; the smallest goes first.
    pub(super) in_line_since: Option<i64>,
    pub(super) held_until: Option<Steady>,
    pub(super) held_since: Option<Steady>,
}

/// The columns for [`read_conversation_row`]. The columns and the joins are macros, so that every statement is a
/// constant.
macro_rules! conversation_columns {
    () => {
        "c.id, c.place, p.account, a.channel, a.name, p.address, c.persona, c.agent, c.mode,
         c.window_ms, c.session, c.generation, c.fence, c.running, c.waiting, c.head,
         c.head_priority, c.held_until, c.held_since, c.model, c.in_line_since, c.muted"
    };
}

/// The joins for [`conversation_columns!`], after `conversation c`.
macro_rules! conversation_joins {
    () => {
        " JOIN place p ON p.id = c.place JOIN account a ON a.id = p.account "
    };
}

fn read_conversation_row(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    let window = std::time::Duration::from_millis(row.get::<_, i64>(9)?.unsigned_abs());
    Ok(ConversationRow {
        id: ConversationId(row.get(0)?),
        place_id: row.get(1)?,
        account_id: row.get(2)?,
        place: read_place(row, 3)?,
        persona: read_text(row, 6)?.into(),
        agent: read_text(row, 7)?.into(),
        mode: QueueMode::parse(read_text(row, 8)?, window)
            .ok_or_else(|| column_error(8, "no such mode"))?,
        session: row.get(10)?,
        generation: Generation(row.get(11)?),
        fence: Fence(row.get(12)?),
        running: row.get::<_, Option<i64>>(13)?.map(TurnId),
        waiting: row.get(14)?,
        head: row.get(15)?,
        head_priority: row.get(16)?,
        held_until: row.get::<_, Option<i64>>(17)?.map(Steady),
        held_since: row.get::<_, Option<i64>>(18)?.map(Steady),
        model: row.get(19)?,
        in_line_since: row.get(20)?,
        is_muted: row.get(21)?,
    })
}

/// A conversation whose turn the caller holds.
#[derive(Clone, Debug)]
pub(super) struct HeldConversation {
    pub(super) conversation: ConversationRow,
    /// Whether an outside worker holds the turn.
    pub(super) by_worker: bool,
    /// Whether the outbox of the conversation is empty.
    pub(super) outbox_is_empty: bool,
    /// Whether the turn waits for the decision of an approval.
    pub(super) asks: bool,
}

impl WriteTransaction<'_> {
    /// Reads the conversation with this number.
    pub(super) fn read_conversation(
        &self,
        id: ConversationId,
    ) -> rusqlite::Result<Option<ConversationRow>> {
        self.read_first(
            concat!(
                "SELECT ",
                conversation_columns!(),
                " FROM conversation c",
                conversation_joins!(),
                "WHERE c.id = ?1"
            ),
            [id.0],
            read_conversation_row,
        )
    }

    /// Reads the conversation of a valid claim. An outdated claim is refused.
    pub(super) fn read_held_conversation(
        &self,
        turn: TurnId,
        fence: Fence,
    ) -> Result<HeldConversation, WriteFailure<LeaseError>> {
        let held = self.read_first(
            concat!(
                "SELECT ",
                conversation_columns!(),
                ", t.worker IS NOT NULL AS by_worker,
                 NOT EXISTS (SELECT 1 FROM delivery d WHERE d.conversation = c.id
                             AND d.state IN ('waiting', 'sending', 'unknown')) AS outbox_is_empty,
                 EXISTS (SELECT 1 FROM approval q WHERE q.turn = t.id AND q.state = 'open') AS asks
                 FROM turn t JOIN conversation c ON c.id = t.conversation",
                conversation_joins!(),
                "WHERE t.id = ?1 AND t.fence = ?2 AND t.state = 'running'"
            ),
            [turn.0, fence.0],
            |row| {
                Ok(HeldConversation {
                    conversation: read_conversation_row(row)?,
                    by_worker: row.get("by_worker")?,
                    outbox_is_empty: row.get("outbox_is_empty")?,
                    asks: row.get("asks")?,
                })
            },
        )?;
        held.ok_or(WriteFailure::Refused(LeaseError::Lost(turn)))
    }

    /// The next conversation for this agent: the greatest priority, then the longest time in line.
    pub(super) fn read_ready_conversation(
        &self,
        agent: &AgentName,
    ) -> rusqlite::Result<Option<ConversationRow>> {
        self.read_first(
            concat!(
                "SELECT ",
                conversation_columns!(),
                " FROM conversation c",
                conversation_joins!(),
                "WHERE c.agent = ?1 AND c.head IS NOT NULL AND c.running IS NULL
                   AND c.held_until IS NULL
                 ORDER BY c.head_priority DESC, c.in_line_since LIMIT 1"
            ),
            [agent.as_str()],
            read_conversation_row,
        )
    }

    /// The conversation of this route. Creates a missing conversation, and updates the agent and mode of an existing
    /// one. The address of the route may be from before a move.
    pub(super) fn ensure_conversation(
        &mut self,
        route: &Route,
    ) -> rusqlite::Result<ConversationRow> {
        if let Some(conversation) = self.read_by_route(route)? {
            return self.adapt_conversation(conversation, route);
        }
        // A moved address has no place, so only a missing conversation needs this look.
        let moved = self.moved_route(route)?;
        let route = moved.as_ref().unwrap_or(route);
        if moved.is_some()
            && let Some(conversation) = self.read_by_route(route)?
        {
            return self.adapt_conversation(conversation, route);
        }
        self.insert_conversation(route)?;
        let conversation = self
            .read_by_route(route)?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.count_conversation(conversation.place_id);
        Ok(conversation)
    }

    /// The route with the new address of a moved chat; `None` if the chat has not moved.
    fn moved_route(&self, route: &Route) -> rusqlite::Result<Option<Route>> {
        let place = &route.place;
        let (channel, name) = (place.channel.as_str(), place.account.as_str());
        let Some(account) = find_account(self.connection, channel, name)? else {
            return Ok(None);
        };
        let moved = read_moved_address(self.connection, account, &place.address)?;
        Ok(moved.map(|address| Route {
            place: Place {
                address,
                ..place.clone()
            },
            ..route.clone()
        }))
    }

    fn read_by_route(&self, route: &Route) -> rusqlite::Result<Option<ConversationRow>> {
        self.read_first(
            concat!(
                "SELECT ",
                conversation_columns!(),
                " FROM account a
                 JOIN place p ON p.account = a.id AND p.address = ?3 AND p.aside = 0
                 JOIN conversation c ON c.place = p.id AND c.persona = ?4
                 WHERE a.channel = ?1 AND a.name = ?2"
            ),
            params![
                route.place.channel.as_str(),
                route.place.account.as_str(),
                route.place.address,
                route.persona.as_str()
            ],
            read_conversation_row,
        )
    }

    /// Gives a conversation the agent and the mode of the route, if they changed.
    fn adapt_conversation(
        &self,
        mut conversation: ConversationRow,
        route: &Route,
    ) -> rusqlite::Result<ConversationRow> {
        if conversation.agent == route.agent && conversation.mode == route.mode {
            return Ok(conversation);
        }
        if conversation.agent != route.agent {
            self.forget_agent(conversation.id)?;
            conversation.session = None;
            conversation.model = None;
            conversation.generation = Generation(conversation.generation.0 + 1);
        }
        let (mode, window) = queue_mode_columns(route.mode);
        self.run(
            "UPDATE conversation SET agent = ?2, mode = ?3, window_ms = ?4 WHERE id = ?1",
            params![conversation.id.0, route.agent.as_str(), mode, window],
        )?;
        conversation.agent = route.agent.clone();
        conversation.mode = route.mode;
        Ok(conversation)
    }

    /// Inserts the rows of a new conversation, and of a new account or place.
    fn insert_conversation(&self, route: &Route) -> rusqlite::Result<()> {
        let Place {
            channel,
            account,
            address,
        } = &route.place;
        let (mode, window) = queue_mode_columns(route.mode);
        self.run(
            "INSERT INTO account (channel, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![channel.as_str(), account.as_str()],
        )?;
        self.run(
            "INSERT INTO place (account, address)
             SELECT id, ?3 FROM account WHERE channel = ?1 AND name = ?2 ON CONFLICT DO NOTHING",
            params![channel.as_str(), account.as_str(), address],
        )?;
        self.run(
            "INSERT INTO conversation (place, persona, agent, mode, window_ms)
             SELECT p.id, ?4, ?5, ?6, ?7 FROM place p JOIN account a ON a.id = p.account
             WHERE a.channel = ?1 AND a.name = ?2 AND p.address = ?3 AND p.aside = 0",
            params![
                channel.as_str(),
                account.as_str(),
                address,
                route.persona.as_str(),
                route.agent.as_str(),
                mode,
                window
            ],
        )
    }

    /// Forgets the session and the model of the previous agent, because another agent knows neither.
    pub(super) fn forget_agent(&self, id: ConversationId) -> rusqlite::Result<()> {
        self.run("UPDATE conversation SET model = NULL WHERE id = ?1", [id.0])?;
        self.forget_session(id)
    }

    /// Forgets the session. A turn that began with this session cannot write the session back.
    pub(super) fn forget_session(&self, id: ConversationId) -> rusqlite::Result<()> {
        self.run(
            "UPDATE conversation SET session = NULL, generation = generation + 1,
                 input_tokens = NULL, output_tokens = NULL, cost_micros = NULL, duration_ms = NULL
             WHERE id = ?1",
            [id.0],
        )
    }

    /// After a turn of the conversation: if messages still wait, the conversation moves to the end of
    /// the line, so that others go first.
    pub(super) fn requeue_conversation(&mut self, id: ConversationId) -> rusqlite::Result<()> {
        let end = self.next_seq();
        self.run(
            "UPDATE conversation SET in_line_since = ?2 WHERE id = ?1 AND head IS NOT NULL",
            [id.0, end.0],
        )
    }

    /// Updates the head of the conversation, after the set or the order of the waiting messages changed.
    pub(super) fn refresh_head(&mut self, id: ConversationId) -> rusqlite::Result<()> {
        let head: Option<(i64, u8)> = self.read_first(
            "SELECT id, priority FROM message WHERE conversation = ?1 AND state = 'waiting'
             ORDER BY priority DESC, id LIMIT 1",
            [id.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let since = head.is_some().then(|| self.next_seq().0);
        let (head, priority) = head.unzip();
        self.run(
            "UPDATE conversation SET head = ?2, head_priority = ?3,
                 in_line_since = iif(?2 IS NULL, NULL, coalesce(in_line_since, ?4)),
                 waiting = (SELECT count(*) FROM message
                            WHERE conversation = ?1 AND state = 'waiting')
             WHERE id = ?1",
            params![id.0, head, priority, since],
        )
    }
}

/// The stored form of a queue mode: its name, and its window in milliseconds.
pub(super) fn queue_mode_columns(mode: QueueMode) -> (&'static str, i64) {
    (mode.as_str(), millis(mode.window()))
}

//! The abilities of only some platforms, as optional traits.

use super::{
    ChatHistory, Connector, Downloads, NamedThreads, OwnRevisions, Reactions, Roles, Threads,
    TurnDrafts, Typing,
};

/// The optional traits of a connector; `None` for each ability that the platform lacks.
#[derive(Clone, Copy, Default)]
pub struct ConnectorAbilities<'a> {
    /// Reads the messages that Baton has missed, and single messages.
    pub history: Option<&'a dyn ChatHistory>,
    /// Edits and deletes Baton's own messages.
    pub revisions: Option<&'a dyn OwnRevisions>,
    /// Creates and opens threads with known ids.
    pub threads: Option<&'a dyn Threads>,
    /// Creates and opens threads whose ids the platform chooses. A connector has at most one of the two kinds.
    pub named_threads: Option<&'a dyn NamedThreads>,
    /// Reacts to messages.
    pub reactions: Option<&'a dyn Reactions>,
    /// Shows that Baton is typing.
    pub typing: Option<&'a dyn Typing>,
    /// Shows the answer of a running turn as a draft.
    pub drafts: Option<&'a dyn TurnDrafts>,
    /// Downloads the files of messages.
    pub downloads: Option<&'a dyn Downloads>,
    /// Tells the roles of people.
    pub roles: Option<&'a dyn Roles>,
}

impl dyn Connector + '_ {
    /// Reads the messages that Baton has missed, and single messages.
    pub fn history(&self) -> Option<&dyn ChatHistory> {
        self.abilities().history
    }

    /// Edits and deletes Baton's own messages.
    pub fn revisions(&self) -> Option<&dyn OwnRevisions> {
        self.abilities().revisions
    }

    /// Creates and opens threads with known ids.
    pub fn threads(&self) -> Option<&dyn Threads> {
        self.abilities().threads
    }

    /// Creates and opens threads whose ids the platform chooses.
    pub fn named_threads(&self) -> Option<&dyn NamedThreads> {
        self.abilities().named_threads
    }

    /// Reacts to messages.
    pub fn reactions(&self) -> Option<&dyn Reactions> {
        self.abilities().reactions
    }

    /// Shows that Baton is typing.
    pub fn typing(&self) -> Option<&dyn Typing> {
        self.abilities().typing
    }

    /// Shows the answer of a running turn as a draft.
    pub fn drafts(&self) -> Option<&dyn TurnDrafts> {
        self.abilities().drafts
    }

    /// Downloads the files of messages.
    pub fn downloads(&self) -> Option<&dyn Downloads> {
        self.abilities().downloads
    }

    /// Tells the roles of people.
    pub fn roles(&self) -> Option<&dyn Roles> {
        self.abilities().roles
    }
}

//! The settings that all chat platforms share.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::clock::Clock;
use baton_core::name::{PersonId, PersonaName};

use crate::connector::{ChatId, RoleId, WorkspaceId};
use crate::projects::AddsProjects;

/// The default of [`ChatSettings::messages`].
const MESSAGES: usize = 5;

/// The settings of one account of a chat platform.
#[derive(Clone)]
pub struct ChatSettings {
    /// The chats and workspaces where Baton listens.
    pub places: Vec<PlaceSettings>,
    /// The settings for direct messages; `None` means that Baton ignores direct messages.
    pub direct: Option<Answering>,
    /// The maximum number of messages of one reply. A longer reply is sent as a file. On a platform without files, the
    /// rest of the reply is left out, and the last message says so.
    pub messages: usize,
    /// The implementation of `/add-project`; `None` means no such command.
    pub projects: Option<Arc<dyn AddsProjects>>,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
}

impl ChatSettings {
    /// Settings without any place, with at most five messages for one reply.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            places: Vec::new(),
            direct: None,
            messages: MESSAGES,
            projects: None,
            clock,
        }
    }
}

/// A set of chats, with the settings for answers there.
#[derive(Clone, Debug)]
pub struct PlaceSettings {
    /// The chats.
    pub scope: PlaceScope,
    /// The settings.
    pub answering: Answering,
}

/// A set of chats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceScope {
    /// This chat and its threads.
    Chat(ChatId),
    /// The chats of this workspace that have no settings of their own.
    Workspace(WorkspaceId),
}

/// The settings for answers.
#[derive(Clone, Debug)]
pub struct Answering {
    /// The persona that answers.
    pub persona: PersonaName,
    /// The messages that get an answer.
    pub trigger: Trigger,
    /// Whether the answer to a message outside threads goes into a new thread.
    pub thread_per_request: bool,
    /// The people who may talk to Baton; `None` means everybody.
    pub speakers: Option<People>,
    /// The people who decide approvals; `None` means the author of the answered message.
    pub deciders: Option<People>,
    /// Whether other programs may talk to Baton.
    pub allow_bots: bool,
    /// Whether the reactions ⏹ and 🔁 on a message stop and retry the message.
    pub reactions: bool,
}

impl Answering {
    /// The defaults: `persona` answers messages that mention Baton.
    pub fn by(persona: impl Into<PersonaName>) -> Self {
        Self {
            persona: persona.into(),
            trigger: Trigger::Mention,
            thread_per_request: false,
            speakers: None,
            deciders: None,
            allow_bots: false,
            reactions: false,
        }
    }
}

/// The messages that get an answer, besides direct messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// Messages that mention Baton.
    #[default]
    Mention,
    /// Every message.
    Every,
    /// Every message in threads that Baton created; elsewhere, messages that mention Baton.
    Threads,
}

/// A set of people, by ids and roles. People cannot change these themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The ids of people.
    pub users: BTreeSet<PersonId>,
    /// The ids of roles; every member with one of the roles belongs to the set.
    pub roles: BTreeSet<RoleId>,
}

impl People {
    /// Whether the set contains the person with this id and these roles.
    pub fn contains_person(&self, user: &PersonId, roles: &[RoleId]) -> bool {
        self.users.contains(user) || roles.iter().any(|role| self.roles.contains(role))
    }
}

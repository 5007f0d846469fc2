//! The known chats, and the settings for answers in each chat.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings};
use crate::connector::{ChatId, ChatInfo, ChatKind, WorkspaceId};
use crate::moved_chats::MovedChats;

/// The maximum number of remembered chats. Forgotten chats are fetched again.
pub(crate) const REMEMBERED: usize = 50_000;

/// The configured places, and the chats that the platform has shown.
#[derive(Debug)]
pub(crate) struct PlaceDirectory {
    /// The settings of places. Places are only added, and their number is small.
    answering: RwLock<Vec<(PlaceScope, Arc<Answering>)>>,
    /// The settings of direct messages.
    direct: Option<Arc<Answering>>,
    known: Mutex<HashMap<ChatId, ChatInfo>>,
    /// The workspaces of the configured chats. These entries are never forgotten.
    workspaces: Mutex<HashMap<ChatId, WorkspaceId>>,
    /// The chats that have another id now.
    pub(crate) moved: MovedChats,
}

impl PlaceDirectory {
    pub(crate) fn new(settings: &ChatSettings) -> Self {
        let places = settings.places.iter();
        let answering =
            places.map(|place| (place.scope.clone(), Arc::new(place.answering.clone())));
        Self {
            answering: RwLock::new(answering.collect()),
            direct: settings.direct.clone().map(Arc::new),
            known: Mutex::default(),
            workspaces: Mutex::default(),
            moved: MovedChats::default(),
        }
    }

    /// Adds a place while Baton runs.
    pub(crate) fn add_place(&self, place: PlaceSettings) {
        let mut all = self
            .answering
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        all.push((place.scope.clone(), Arc::new(place.answering)));
        drop(all);
        if let PlaceScope::Chat(chat) = &place.scope
            && let Some(known) = self.known_chat(chat)
        {
            self.remember_workspace(chat, &known);
        }
    }

    fn remember_workspace(&self, chat: &ChatId, known: &ChatInfo) {
        if let Some(workspace) = &known.workspace
            && self.settings_of_chat(chat).is_some()
        {
            let mut workspaces = self
                .workspaces
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            workspaces.insert(chat.clone(), workspace.clone());
        }
    }

    /// The settings for a chat; `None` if Baton does not listen there. The settings of a chat take precedence
    /// over those of its workspace.
    pub(crate) fn answer_settings(
        &self,
        chat: &ChatId,
        known: &ChatInfo,
    ) -> Option<Arc<Answering>> {
        if known.kind == ChatKind::Direct {
            return self.direct.clone();
        }
        let parent = known.parent();
        let workspace = known.workspace.as_ref();
        self.settings_of_chat(chat)
            .or_else(|| parent.and_then(|parent| self.settings_of_chat(parent)))
            .or_else(|| workspace.and_then(|workspace| self.settings_of_workspace(workspace)))
    }

    /// The probable settings for a chat that is unknown, except perhaps for its workspace.
    pub(crate) fn likely_settings(
        &self,
        chat: &ChatId,
        workspace: Option<&WorkspaceId>,
    ) -> Option<Arc<Answering>> {
        if workspace.is_some_and(|workspace| !self.is_ours(workspace)) {
            return None;
        }
        let of_workspace = || workspace.and_then(|workspace| self.settings_of_workspace(workspace));
        // Some platforms tell the workspace of each new message, but not of a fetched message.
        let direct = || self.direct.clone().filter(|_| workspace.is_none());
        let any = || {
            let all = self.answering.read();
            let all = all.unwrap_or_else(PoisonError::into_inner);
            all.first().map(|(_, answering)| Arc::clone(answering))
        };
        let own = self.settings_of_chat(chat);
        own.or_else(of_workspace).or_else(direct).or_else(any)
    }

    fn settings_of_chat(&self, chat: &ChatId) -> Option<Arc<Answering>> {
        self.settings_of_scope(&PlaceScope::Chat(chat.clone()))
    }

    fn settings_of_workspace(&self, workspace: &WorkspaceId) -> Option<Arc<Answering>> {
        self.settings_of_scope(&PlaceScope::Workspace(workspace.clone()))
    }

    /// The settings of the place with exactly this scope. A moved chat has the settings of its earlier id, unless the
    /// new id has settings of its own.
    pub(crate) fn settings_of_scope(&self, scope: &PlaceScope) -> Option<Arc<Answering>> {
        let all = self
            .answering
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let exact = all.iter().find(|(place, _)| place == scope);
        let place = exact.or_else(|| {
            let present = self.present_scope(scope);
            let mut all = all.iter();
            all.find(|(place, _)| self.present_scope(place) == present)
        });
        place.map(|(_, answering)| Arc::clone(answering))
    }

    /// The scope after the moves of its chat.
    fn present_scope(&self, scope: &PlaceScope) -> PlaceScope {
        match scope {
            PlaceScope::Chat(chat) => PlaceScope::Chat(self.moved.current_chat(chat)),
            PlaceScope::Workspace(_) => scope.clone(),
        }
    }

    /// Whether the configuration names the chat by this id.
    pub(crate) fn is_configured(&self, chat: &ChatId) -> bool {
        let all = self
            .answering
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .any(|(scope, _)| matches!(scope, PlaceScope::Chat(id) if id == chat))
    }

    /// Whether the configuration names this workspace, or a chat of this workspace.
    pub(crate) fn is_ours(&self, workspace: &WorkspaceId) -> bool {
        let all = self
            .answering
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let workspaces = self
            .workspaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(scope, _)| match scope {
            PlaceScope::Workspace(id) => id == workspace,
            PlaceScope::Chat(id) => {
                let ids = [id, &self.moved.current_chat(id)];
                ids.iter().any(|id| workspaces.get(*id) == Some(workspace))
            }
        })
    }

    /// Remembers the facts about a chat.
    pub(crate) fn remember_chat(&self, chat: &ChatId, known: ChatInfo) {
        self.remember_workspace(chat, &known);
        self.with_chats(|all| {
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(chat.clone(), known);
        });
    }

    pub(crate) fn forget_chat(&self, chat: &ChatId) {
        self.with_chats(|all| all.remove(chat));
    }

    /// Forgets a chat that has moved, and its topics.
    pub(crate) fn forget_chats_in(&self, moved: &ChatId) {
        let is_in = |chat: &ChatId| {
            let rest = chat.as_str().strip_prefix(moved.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.with_chats(|all| all.retain(|chat, _| !is_in(chat)));
    }

    /// The facts about the chat, if remembered.
    pub(crate) fn known_chat(&self, chat: &ChatId) -> Option<ChatInfo> {
        self.with_chats(|all| all.get(chat).cloned())
    }

    fn with_chats<T>(&self, work: impl FnOnce(&mut HashMap<ChatId, ChatInfo>) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;

    use super::*;

    #[test]
    fn the_workspace_of_a_place_is_known_however_many_chats_there_are() {
        let place = ChatId::from("1");
        let settings = ChatSettings {
            places: vec![PlaceSettings {
                scope: PlaceScope::Chat(place.clone()),
                answering: Answering::by("bob"),
            }],
            direct: None,
            messages: 1,
            projects: None,
            clock: SystemClock::shared(),
        };
        let places = PlaceDirectory::new(&settings);
        let info = ChatInfo {
            workspace: Some("7".into()),
            kind: ChatKind::Channel,
        };
        for id in 1..=REMEMBERED + 1 {
            places.remember_chat(&id.to_string().into(), info.clone());
        }
        assert_eq!(places.known_chat(&place), None, "forgotten");
        assert!(places.is_ours(&"7".into()));
        assert!(!places.is_ours(&"8".into()));
    }
}

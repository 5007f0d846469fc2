//! The named threads of the toy platform. The platform chooses their ids, and reports each new thread as an update.

use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    ChatId, ChatInfo, ChatKind, ConnectorError, CreatedThread, NamedThreads, Refusal,
    RequestFailure,
};

use super::toy_platform::{ToyPlatform, ToyState, ToyUpdate};
use super::{ToyConnector, refused};
use crate::connector_contract::ThreadFault;

/// The length of the longest name, in characters.
const LONGEST_NAME: usize = 60;

/// A thread of Baton. Its id is the chat around it, `/`, and a number.
#[derive(Clone, Debug)]
pub struct ToyThread {
    /// The id.
    pub id: ChatId,
    /// The present name.
    pub name: String,
    /// Whether somebody deleted the thread.
    pub is_gone: bool,
    /// Whether somebody closed the thread.
    pub is_closed: bool,
}

impl ToyPlatform {
    /// Lets the next creation of a thread fail. Several faults come one after the other.
    pub fn fail_next_thread(&self, fault: ThreadFault) {
        self.modify(|state| state.thread_faults.push_back(fault));
    }

    /// All threads that Baton ever created, also the deleted ones.
    pub fn threads(&self) -> Vec<ToyThread> {
        self.state.borrow().threads.clone()
    }

    /// Waits until the platform has got this number of requests to create a thread.
    pub async fn until_thread_requests(&self, count: usize) {
        let what = format!("{count} threads are requested");
        self.until(&what, |state| state.thread_requests >= count)
            .await;
    }

    /// Waits until Baton has created this number of threads, and returns all threads.
    pub async fn until_threads(&self, count: usize) -> Vec<ToyThread> {
        let what = format!("{count} threads are created");
        self.until(&what, |state| state.threads.len() >= count)
            .await;
        self.threads()
    }

    /// Waits until a thread has this name.
    pub async fn until_named(&self, thread: &ChatId, name: &str) {
        let what = format!("{thread} is called {name:?}");
        self.until(&what, |state| {
            let mut threads = state.threads.iter();
            threads.any(|known| known.id == *thread && known.name == name)
        })
        .await;
    }

    /// Deletes a thread. The platform reports no deletion.
    pub fn delete_thread(&self, thread: &ChatId) {
        self.modify(|state| {
            if let Some(thread) = state.thread(thread) {
                thread.is_gone = true;
            }
        });
    }

    /// Closes a thread.
    pub fn close_thread(&self, thread: &ChatId) {
        self.modify(|state| {
            if let Some(thread) = state.thread(thread) {
                thread.is_closed = true;
            }
        });
    }
}

impl ToyState {
    fn thread(&mut self, thread: &ChatId) -> Option<&mut ToyThread> {
        self.threads.iter_mut().find(|known| known.id == *thread)
    }

    /// Creates a thread, and reports it.
    fn create_thread(&mut self, chat: &ChatId, name: &str) -> ChatId {
        let number = self.threads.len() + 1;
        let id = ChatId::from(format!("{chat}/{number}"));
        self.threads.push(ToyThread {
            id: id.clone(),
            name: name.to_owned(),
            is_gone: false,
            is_closed: false,
        });
        self.updates.push(ToyUpdate::Thread(CreatedThread {
            thread: id.clone(),
            name: name.to_owned(),
        }));
        id
    }

    /// Refuses a request to a thread that is deleted or closed. Other chats are always there.
    pub(super) fn check_thread(&mut self, chat: &ChatId) -> Result<(), ConnectorError> {
        if !chat.as_str().contains('/') {
            return Ok(());
        }
        match self.thread(chat) {
            Some(thread) if thread.is_gone => Err(refused(Refusal::ThreadGone)),
            Some(thread) if thread.is_closed => Err(refused(Refusal::ThreadClosed)),
            Some(_) => Ok(()),
            None => Err(refused(Refusal::ThreadGone)),
        }
    }
}

/// The facts about a chat.
pub(super) fn chat_info(chat: &ChatId) -> ChatInfo {
    let kind = match chat.as_str().rsplit_once('/') {
        Some((parent, _)) => ChatKind::Thread {
            parent: Some(parent.into()),
            is_ours: false,
        },
        None => ChatKind::Channel,
    };
    ChatInfo {
        workspace: None,
        kind,
    }
}

fn lost() -> ConnectorError {
    let lost = "the answer of the toy platform about a thread was lost";
    ConnectorError::new(RequestFailure::Unknown, lost)
}

#[async_trait]
impl NamedThreads for ToyConnector {
    fn longest_name(&self) -> usize {
        LONGEST_NAME
    }

    async fn create(&self, chat: &ChatId, name: &str) -> Result<ChatId, ConnectorError> {
        let platform = self.platform.clone();
        let fault = platform.modify(|state| {
            state.thread_requests += 1;
            state.thread_faults.pop_front()
        });
        if name.chars().count() > LONGEST_NAME {
            return Err(refused(Refusal::TooLarge));
        }
        let (chat, name) = (chat.clone(), name.to_owned());
        let create = move || platform.modify(|state| state.create_thread(&chat, &name));
        match fault {
            None => Ok(create()),
            Some(ThreadFault::LostAnswer) => {
                create();
                Err(lost())
            }
            Some(ThreadFault::NoAnswer) => {
                create();
                std::future::pending().await
            }
            Some(ThreadFault::LostRequest) => Err(lost()),
            Some(ThreadFault::NoRequest) => std::future::pending().await,
            Some(ThreadFault::Late(delay)) => {
                // The platform goes on, even if the program ends meanwhile.
                tokio::spawn(async move {
                    pause(delay).await;
                    create();
                });
                std::future::pending().await
            }
        }
    }

    async fn rename(&self, thread: &ChatId, name: &str) -> Result<(), ConnectorError> {
        self.platform.modify(|state| {
            let found = state.thread(thread);
            let found = found.filter(|thread| !thread.is_gone);
            let found = found.ok_or_else(|| refused(Refusal::ThreadGone))?;
            name.clone_into(&mut found.name);
            Ok(())
        })
    }

    async fn reopen(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        self.platform.modify(|state| {
            let found = state.thread(thread);
            let found = found.filter(|thread| !thread.is_gone);
            found.ok_or_else(|| refused(Refusal::ThreadGone))?.is_closed = false;
            Ok(())
        })
    }

    async fn close(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        self.platform.modify(|state| {
            let found = state.thread(thread);
            let found = found.filter(|thread| !thread.is_gone);
            found.ok_or_else(|| refused(Refusal::ThreadGone))?.is_closed = true;
            Ok(())
        })
    }

    async fn delete(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        self.platform.modify(|state| {
            let found = state.thread(thread);
            let found = found.filter(|thread| !thread.is_gone);
            found.ok_or_else(|| refused(Refusal::ThreadGone))?.is_gone = true;
            Ok(())
        })
    }
}

async fn pause(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

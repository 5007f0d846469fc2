//! Finds the processes that an agent started. Every child process of an agent gets the variable
//! `BATON_CONVERSATION`, and passes it on to its own children. Without `/proc`, no process is found.

use std::fs;

use baton_core::id::ConversationId;

use crate::agent_run::within;

/// Processes, by their ids.
#[derive(Debug, Default)]
pub(super) struct Processes(Vec<u32>);

impl Processes {
    /// The running processes of a conversation.
    pub(super) fn of(conversation: ConversationId) -> Self {
        let mark = format!("BATON_CONVERSATION={conversation}");
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Self(ids.filter(|id| is_marked(*id, mark.as_bytes())).collect())
    }

    /// Waits until no process of the conversation runs, and none of `were` is a zombie of this process.
    pub(super) async fn none_left(conversation: ConversationId, were: Self) {
        let gone = async {
            while !Self::of(conversation).0.is_empty() || were.0.iter().any(|id| is_our_zombie(*id))
            {
                tokio::task::yield_now().await;
            }
        };
        within("no process is left of the turn", gone).await;
    }
}

fn is_marked(id: u32, mark: &[u8]) -> bool {
    // The environment of a dead process, a zombie, or another user's process cannot be read.
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == mark)
}

/// Whether the process is a zombie whose parent is this process. Orphaned zombies are reaped by init.
fn is_our_zombie(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The fields after the name are the state and the parent. The name is in parentheses and may contain any
    // character.
    let Some((_, rest)) = stat.rsplit_once(") ") else {
        return false;
    };
    let mut fields = rest.split(' ');
    let state = fields.next();
    let parent = fields.next().and_then(|parent| parent.parse().ok());
    state == Some("Z") && parent == Some(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent_run::turn;

    #[test]
    fn a_child_is_found_until_it_is_reaped() {
        let conversation = turn("hello").claim.conversation;
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .env("BATON_CONVERSATION", conversation.to_string())
            .spawn()
            .expect("every machine has sleep");
        // `spawn` may return just before the child's environment can be read.
        while Processes::of(conversation).0.is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(Processes::of(conversation).0, [child.id()]);
        child.kill().expect("it is ours");
        while !is_our_zombie(child.id()) {
            std::thread::yield_now();
        }
        assert!(Processes::of(conversation).0.is_empty());
        child.wait().expect("it is ours");
        assert!(!is_our_zombie(child.id()));
    }
}

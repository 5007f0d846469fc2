//! The actions that depend on the permissions of a person on the platform. Only for these actions, a connector must
//! find out the permissions. An action such as `/stop` must not wait for the platform.

use super::reset_confirmation::is_reset_button;
use crate::command_specs::{CommandAudience, all_commands};
use crate::connector::ActionKind;
use crate::conversation_specs::conversation_commands;

/// Whether the effect of an action depends on
/// [`Actor::is_moderator`](crate::connector::Actor::is_moderator) or
/// [`Actor::is_administrator`](crate::connector::Actor::is_administrator).
pub fn needs_permissions(kind: &ActionKind) -> bool {
    match kind {
        ActionKind::Command { name, .. } => {
            let commands = all_commands().into_iter().chain(conversation_commands());
            let mut named = commands.filter(|command| command.name == name);
            named.any(|command| command.audience != CommandAudience::Everybody)
        }
        ActionKind::Press(name) => is_reset_button(name),
        ActionKind::Form { .. } | ActionKind::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn command(name: &str) -> ActionKind {
        ActionKind::Command {
            name: name.to_owned(),
            options: BTreeMap::new(),
        }
    }

    #[test]
    fn stopping_and_deciding_need_no_permissions() {
        for name in ["reset", "rename", "add-project"] {
            assert!(needs_permissions(&command(name)), "{name}");
        }
        assert!(needs_permissions(&ActionKind::Press("reset:7".to_owned())));
        for name in [
            "stop", "status", "queue", "retry", "trace", "mute", "sessions", "start",
        ] {
            assert!(!needs_permissions(&command(name)), "{name}");
        }
        for name in ["q:1.2:allow", "q:1.2:stop", "reset"] {
            assert!(
                !needs_permissions(&ActionKind::Press(name.to_owned())),
                "{name}"
            );
        }
    }
}

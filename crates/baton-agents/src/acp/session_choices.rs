//! The models and modes that an agent offers for a session, and the choice of a mode with approvals.

use agent_client_protocol::v1::schema::{
    SessionConfigKind, SessionConfigOption, SessionConfigOptionCategory, SessionConfigSelect,
    SessionConfigSelectOption, SessionConfigSelectOptions, SessionModeState,
    SetSessionConfigOptionRequest, SetSessionModeRequest,
};
use baton_core::name::SessionId;
use serde::Deserialize;
use serde_json::Value;

use super::acp_errors::AcpError;

/// The ids of modes in which an agent asks before it changes a file or runs a command, the most reliable
/// first. Claude, Gemini CLI and Qwen Code call this mode `default`; Codex calls it `read-only`.
const ASKING_MODES: &[&str] = &["ask", "manual", "approve", "default", "read-only"];

/// The id in [`ASKING_MODES`] with a second meaning: in some agents, people ask in this mode, and the agent
/// only answers.
const AMBIGUOUS_MODE: &str = "ask";

/// Phrases in the name or description of such a mode, in lower case.
const ANSWERING_PHRASES: &[&str] = &[
    "read-only",
    "read only",
    "readonly",
    "no edit",
    "no change",
    "without edit",
    "q&a",
    "question",
    "answer",
];

/// Phrases in the description of a mode that asks, in lower case.
const ASKING_PHRASES: &[&str] = &[
    "always ask",
    "prompts for approval",
    "require approval",
    "requires approval",
    "request permission",
    "asks for permission",
];

/// Phrases in the description of a mode that leaves the decision to ask to the agent.
const SELDOM_PHRASES: &[&str] = &["auto", "only ask", "classifier"];

/// Programs that offer a mode that asks, by the names of their files and packages.
const KNOWN_PROGRAMS: &[&str] = &[
    "claude-agent-acp",
    "claude-code-acp",
    "codex-acp",
    "gemini",
    "gemini-cli",
    "qwen",
    "qwen-code",
];

/// Whether the command starts an agent with a known mode that asks: `codex-acp`, `npx
/// @google/gemini-cli@latest --acp`. Baton selects this mode if none is configured.
pub fn offers_asking_mode(command: &[String]) -> bool {
    command.iter().any(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let name = name.split('@').next().unwrap_or(name);
        KNOWN_PROGRAMS.contains(&name)
    })
}

/// The subject of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChoiceKind {
    Model,
    Mode,
}

/// The offers of an agent for a session.
#[derive(Debug)]
pub(super) struct SessionChoices {
    options: Vec<SessionConfigOption>,
    modes: Option<SessionModeState>,
}

/// A request that makes a choice.
#[derive(Debug)]
pub(super) enum ChoiceRequest {
    Option(SetSessionConfigOptionRequest),
    Mode(SetSessionModeRequest),
}

impl SessionChoices {
    /// Reads the offers in an answer. Unknown content is skipped.
    pub(super) fn from_answer(answer: &Value) -> Self {
        let options = answer.get("configOptions").and_then(Value::as_array);
        let options = options.into_iter().flatten();
        let modes = answer.get("modes");
        Self {
            options: options
                .filter_map(|option| SessionConfigOption::deserialize(option).ok())
                .collect(),
            modes: modes.and_then(|modes| SessionModeState::deserialize(modes).ok()),
        }
    }

    /// Returns the request for a choice; `None` if the choice is already in effect.
    pub(super) fn build_request(
        &self,
        session: &SessionId,
        kind: ChoiceKind,
        wanted: &str,
    ) -> Result<Option<ChoiceRequest>, AcpError> {
        let session = session.to_string();
        if let Some((option, select)) = self.find_select(kind) {
            let values = list_values(select);
            let known = values.iter().map(|value| (&*value.value.0, &*value.name));
            let value = kind.find_id(wanted, known)?;
            let is_set = value == &*select.current_value.0;
            return Ok((!is_set).then(|| {
                let option = option.id.clone();
                let request = SetSessionConfigOptionRequest::new(session, option, value);
                ChoiceRequest::Option(request)
            }));
        }
        let modes = self.modes.as_ref().filter(|_| kind == ChoiceKind::Mode);
        let offered = modes.map(|modes| &*modes.available_modes);
        let known = offered.unwrap_or_default().iter();
        let mode = kind.find_id(wanted, known.map(|mode| (&*mode.id.0, &*mode.name)))?;
        let is_set = modes.is_some_and(|modes| mode == &*modes.current_mode_id.0);
        Ok((!is_set)
            .then(|| ChoiceRequest::Mode(SetSessionModeRequest::new(session, mode.to_owned()))))
    }

    /// Returns the id of a mode in which the agent asks before it acts, if the agent offers one.
    pub(super) fn asking_mode(&self) -> Option<&str> {
        let offered = self.offered_modes();
        let named = |name: &&str| {
            let mut offered = offered.iter().filter(|mode| !mode.only_answers());
            offered.find(|mode| mode.id.eq_ignore_ascii_case(name))
        };
        let described = || offered.iter().find(|mode| mode.describes_asking());
        let mode = ASKING_MODES.iter().find_map(named).or_else(described)?;
        Some(mode.id)
    }

    fn offered_modes(&self) -> Vec<OfferedMode<'_>> {
        if let Some((_, select)) = self.find_select(ChoiceKind::Mode) {
            let values = list_values(select).into_iter();
            return values
                .map(|value| OfferedMode {
                    id: &value.value.0,
                    name: &value.name,
                    description: value.description.as_deref().unwrap_or_default(),
                })
                .collect();
        }
        let modes = self.modes.iter().flat_map(|modes| &modes.available_modes);
        modes
            .map(|mode| OfferedMode {
                id: &mode.id.0,
                name: &mode.name,
                description: mode.description.as_deref().unwrap_or_default(),
            })
            .collect()
    }

    fn find_select(
        &self,
        kind: ChoiceKind,
    ) -> Option<(&SessionConfigOption, &SessionConfigSelect)> {
        let (word, category) = match kind {
            ChoiceKind::Model => ("model", SessionConfigOptionCategory::Model),
            ChoiceKind::Mode => ("mode", SessionConfigOptionCategory::Mode),
        };
        let of = |option: &&SessionConfigOption| option.category.as_ref() == Some(&category);
        let named = |option: &&SessionConfigOption| *option.id.0 == *word;
        let mut options = self.options.iter();
        let option = options.clone().find(of).or_else(|| options.find(named))?;
        match &option.kind {
            SessionConfigKind::Select(select) => Some((option, select)),
            _ => None,
        }
    }
}

/// An offered mode.
#[derive(Debug, Clone, Copy)]
struct OfferedMode<'a> {
    id: &'a str,
    /// The name for people.
    name: &'a str,
    /// The description by the agent.
    description: &'a str,
}

impl OfferedMode<'_> {
    fn describes_asking(self) -> bool {
        let text = self.description.to_lowercase();
        let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        any(ASKING_PHRASES) && !any(SELDOM_PHRASES)
    }

    /// Whether the agent in this mode only answers questions, and changes nothing.
    fn only_answers(self) -> bool {
        let text = format!("{} {}", self.name, self.description).to_lowercase();
        self.id.eq_ignore_ascii_case(AMBIGUOUS_MODE)
            && !self.describes_asking()
            && ANSWERING_PHRASES.iter().any(|word| text.contains(word))
    }
}

impl ChoiceKind {
    /// Returns the id of the wanted choice. `wanted` is an id, or a name for people.
    fn find_id<'a>(
        self,
        wanted: &str,
        known: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Result<&'a str, AcpError> {
        let by_id = known.clone().find(|(id, _)| *id == wanted);
        let by_name = || {
            let mut known = known.clone();
            known.find(|(_, name)| name.eq_ignore_ascii_case(wanted))
        };
        match by_id.or_else(by_name) {
            Some((id, _)) => Ok(id),
            None => Err(AcpError::NoSuch {
                what: match self {
                    Self::Model => "model",
                    Self::Mode => "mode",
                },
                wanted: wanted.to_owned(),
                known: known
                    .map(|(id, name)| (id.to_owned(), name.to_owned()))
                    .collect(),
            }),
        }
    }
}

fn list_values(select: &SessionConfigSelect) -> Vec<&SessionConfigSelectOption> {
    match &select.options {
        SessionConfigSelectOptions::Ungrouped(options) => options.iter().collect(),
        SessionConfigSelectOptions::Grouped(groups) => {
            groups.iter().flat_map(|group| &group.options).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the mode selected from these modes, each with its id, name and description.
    fn asking_mode(modes: &[(&str, &str, &str)]) -> Option<String> {
        let modes = modes.iter().map(
            |(id, name, description)| json!({"id": id, "name": name, "value": id, "description": description}),
        );
        let modes: Vec<_> = modes.collect();
        let now = &modes[0]["id"];
        let old = json!({"modes": {"currentModeId": now, "availableModes": modes}});
        let option = json!({
            "id": "mode", "name": "Mode", "category": "mode",
            "type": "select", "currentValue": now, "options": modes,
        });
        let new = json!({"configOptions": [option]});
        let [old, new] = [old, new].map(|answer| {
            let choices = SessionChoices::from_answer(&answer);
            assert_eq!(choices.offered_modes().len(), modes.len());
            choices.asking_mode().map(str::to_owned)
        });
        assert_eq!(old, new);
        old
    }

    #[test]
    fn s104_a_mode_for_questions_is_none_that_asks() {
        let agent = ("agent", "Agent", "Full agent capabilities with tool access");
        let plan = ("plan", "Plan", "Read-only mode for planning");
        for ask in [
            ("ask", "Ask", "Q&A mode - no edits or command execution"),
            ("ask", "Ask", "Answers questions about your code"),
            ("Ask", "Ask (read-only)", ""),
        ] {
            assert_eq!(asking_mode(&[agent, plan, ask]), None, "{ask:?}");
            let careful = ("careful", "Careful", "Requires approval of every change");
            let chosen = asking_mode(&[agent, ask, careful]);
            assert_eq!(chosen.as_deref(), Some("careful"), "{ask:?}");
        }
        for ask in [
            ("ask", "Ask", ""),
            ("ask", "Ask", "Always ask before making changes"),
            ("ask", "Ask first", "Requires approval; no edits without it"),
        ] {
            assert_eq!(asking_mode(&[agent, plan, ask]).as_deref(), Some("ask"));
        }
        let codex = (
            "read-only",
            "Read Only",
            "Approval is required to edit files",
        );
        assert_eq!(asking_mode(&[codex]).as_deref(), Some("read-only"));
    }
}

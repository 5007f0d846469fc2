//! Permission requests of an agent, and the choice of the option for the answer.

use agent_client_protocol::v1::schema::{
    PermissionOption, PermissionOptionId, PermissionOptionKind, RequestPermissionOutcome,
    SelectedPermissionOutcome, ToolCallUpdate,
};
use baton_core::approval::{Question, Verdict, Wants};
use serde::Deserialize;
use serde_json::Value;

use super::tool_calls::AcpToolCall;

#[derive(Debug)]
pub(super) struct PermissionRequest {
    pub(super) tool: ToolCallUpdate,
    pub(super) options: PermissionOptions,
}

/// The known options of a request.
#[derive(Debug)]
pub(super) struct PermissionOptions(Vec<PermissionOption>);

impl PermissionRequest {
    /// Parses a request; `None` without a tool. Options of an unknown kind are skipped.
    pub(super) fn parse_request(params: &Value) -> Option<Self> {
        let tool = ToolCallUpdate::deserialize(params.get("toolCall")?).ok()?;
        let options = params.get("options").and_then(Value::as_array);
        let options = options.into_iter().flatten().filter_map(|option| {
            let read = PermissionOption::deserialize(option);
            read.inspect_err(
                |error| tracing::debug!(%error, %option, "an option of an agent is unknown"),
            )
            .ok()
        });
        Some(Self {
            tool,
            options: PermissionOptions(options.collect()),
        })
    }
}

impl PermissionOptions {
    fn option_id(&self, kind: PermissionOptionKind) -> Option<&PermissionOptionId> {
        let mut options = self.0.iter();
        let option = options.find(|option| option.kind == kind);
        option.map(|option| &option.option_id)
    }

    /// Whether the agent offers to allow a single use. A rule of the policy allows single uses only.
    pub(super) fn offers_once(&self) -> bool {
        self.option_id(PermissionOptionKind::AllowOnce).is_some()
    }

    /// Whether the agent offers to stop asking, so that "allow for this session" makes sense.
    fn offers_always(&self) -> bool {
        self.option_id(PermissionOptionKind::AllowAlways).is_some()
    }

    /// Returns the question to people.
    pub(super) fn build_question(&self, tool: &AcpToolCall) -> Question {
        let mut title = tool.title();
        if !self.offers_once() && self.offers_always() {
            title.push_str(" (once allowed, the agent does not ask again)");
        }
        Question {
            tool: tool.name().to_owned(),
            title,
            input: tool.whole_input(),
            wants: Wants::Permission {
                grant: self.offers_always().then(|| tool.session_grant()).flatten(),
            },
        }
    }

    /// Returns the answer to the agent. Baton, not the agent, stores a permission for the session, because
    /// the agent ends with the turn. So Baton prefers the option for a single use.
    pub(super) fn choose_outcome(&self, verdict: &Verdict) -> RequestPermissionOutcome {
        use PermissionOptionKind::{AllowAlways, AllowOnce, RejectAlways, RejectOnce};
        let kinds = match verdict {
            Verdict::Allowed | Verdict::Answered(_) => [AllowOnce, AllowAlways],
            Verdict::Denied { .. } => [RejectOnce, RejectAlways],
        };
        let id = kinds.into_iter().find_map(|kind| self.option_id(kind));
        id.map_or(RequestPermissionOutcome::Cancelled, |id| {
            RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(id.clone()))
        })
    }
}

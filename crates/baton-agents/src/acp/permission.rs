//! What an agent asks before it acts, and which of its options is the answer.

use agent_client_protocol::v1::schema::{
    PermissionOption, PermissionOptionId, PermissionOptionKind, RequestPermissionOutcome,
    SelectedPermissionOutcome, ToolCallUpdate,
};
use baton_core::approval::{Question, Verdict, Wants};
use serde::Deserialize;
use serde_json::Value;

use super::tools::Tool;

/// A request for a permission.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) tool: ToolCallUpdate,
    pub(super) options: Options,
}

/// What can be answered, as far as it is known here.
#[derive(Debug)]
pub(super) struct Options(Vec<PermissionOption>);

impl Request {
    /// `None` where it names no tool. A kind of option that is not known is no option.
    pub(super) fn read(params: &Value) -> Option<Self> {
        let tool = ToolCallUpdate::deserialize(params.get("toolCall")?).ok()?;
        let options = params.get("options").and_then(Value::as_array);
        let options = options.into_iter().flatten().filter_map(|option| {
            let read = PermissionOption::deserialize(option);
            read.inspect_err(|error| tracing::debug!(%error, %option, "an option is not known"))
                .ok()
        });
        Some(Self {
            tool,
            options: Options(options.collect()),
        })
    }
}

impl Options {
    fn id(&self, kind: PermissionOptionKind) -> Option<&PermissionOptionId> {
        let mut options = self.0.iter();
        let option = options.find(|option| option.kind == kind);
        option.map(|option| &option.option_id)
    }

    /// Whether one use can be allowed without all that come after it. Rules are about one.
    pub(super) fn has_once(&self) -> bool {
        self.id(PermissionOptionKind::AllowOnce).is_some()
    }

    /// Whether the agent itself would not ask again: "allow for this session" means something.
    fn has_always(&self) -> bool {
        self.id(PermissionOptionKind::AllowAlways).is_some()
    }

    /// What people are asked.
    pub(super) fn question(&self, tool: &Tool) -> Question {
        let mut title = tool.title();
        if !self.has_once() && self.has_always() {
            title.push_str(" (once allowed, the agent does not ask again)");
        }
        Question {
            tool: tool.name().to_owned(),
            title,
            input: tool.input(),
            wants: Wants::Permission {
                grant: self.has_always().then(|| tool.grant()).flatten(),
            },
        }
    }

    /// What the agent is told. A session's permission is kept here, not by the agent, which ends with
    /// the turn: so it is always told "this once", where it can be.
    pub(super) fn outcome(&self, verdict: &Verdict) -> RequestPermissionOutcome {
        use PermissionOptionKind::{AllowAlways, AllowOnce, RejectAlways, RejectOnce};
        let kinds = match verdict {
            Verdict::Allowed | Verdict::Answered(_) => [AllowOnce, AllowAlways],
            Verdict::Denied { .. } => [RejectOnce, RejectAlways],
        };
        let id = kinds.into_iter().find_map(|kind| self.id(kind));
        id.map_or(RequestPermissionOutcome::Cancelled, |id| {
            RequestPermissionOutcome::Selected(SelectedPermissionOutcome::new(id.clone()))
        })
    }
}

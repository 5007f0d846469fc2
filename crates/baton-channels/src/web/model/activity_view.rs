//! The JSON of an agent's activities.

use baton_core::activity as core;
use serde::Serialize;
use utoipa::ToSchema;

/// One step of an agent on the way to a reply.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Activity)]
pub(crate) struct ActivityView {
    /// The agent's own id of the activity. A later activity with the same id replaces this one.
    id: String,
    /// One line of Markdown: "Running tests: `cargo nextest run`".
    title: String,
    /// Input and output of the step, as plain text. Left out for guests, and wherever a comment is not read
    /// by its id.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Whether the activity has details.
    has_detail: bool,
    /// The progress of the activity.
    #[schema(value_type = ActivityStateSchema)]
    state: core::ActivityState,
    /// The id of the parent activity, for an activity of a sub-agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<String>,
}

/// The progress of an activity.
#[expect(
    dead_code,
    reason = "describes the core's, whose crate knows no OpenAPI"
)]
#[derive(ToSchema)]
#[schema(as = ActivityState, rename_all = "lowercase")]
pub(crate) enum ActivityStateSchema {
    Running,
    Done,
    Failed,
    Denied,
}

impl ActivityView {
    /// A copy without the details, for lists that show one line of each activity.
    #[must_use]
    pub(crate) fn without_detail(&self) -> Self {
        Self {
            detail: String::new(),
            ..self.clone()
        }
    }

    /// A copy for guests. Guests may not read the input and output of tools.
    #[must_use]
    pub(crate) fn for_guests(&self) -> Self {
        Self {
            has_detail: false,
            ..self.without_detail()
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Length of the details in bytes.
    pub(crate) fn detail_len(&self) -> usize {
        self.detail.len()
    }

    pub(crate) fn has_detail(&self) -> bool {
        self.has_detail
    }
}

impl From<core::Activity> for ActivityView {
    fn from(activity: core::Activity) -> Self {
        Self {
            id: activity.id,
            title: activity.title,
            has_detail: !activity.detail.is_empty(),
            detail: activity.detail,
            state: activity.state,
            within: activity.within,
        }
    }
}

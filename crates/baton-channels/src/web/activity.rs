//! How what an agent does is spelled in JSON.

use baton_core::activity as core;
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that an agent does on its way to a reply.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Activity {
    /// The agent's own id of it; what comes later under the same id replaces it.
    id: String,
    /// One line of Markdown: "Running tests: `cargo nextest run`".
    title: String,
    /// What went in and what came out, as plain text. Not for guests; and of a comment only where
    /// it is read by its id.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Whether there are details.
    has_detail: bool,
    /// How far it is.
    #[schema(value_type = ActivityState)]
    state: core::ActivityState,
    /// The id of the activity that it is a part of, where a helper does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<String>,
}

/// How far an activity is.
#[expect(
    dead_code,
    reason = "describes the core's, whose crate knows no OpenAPI"
)]
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum ActivityState {
    Running,
    Done,
    Failed,
    Denied,
}

impl Activity {
    /// As it is told where only one line is shown of it.
    #[must_use]
    pub(crate) fn in_a_line(&self) -> Self {
        Self {
            detail: String::new(),
            ..self.clone()
        }
    }

    /// As guests see it: what a tool was given and gave back is not theirs to read.
    #[must_use]
    pub(crate) fn for_guests(&self) -> Self {
        Self {
            has_detail: false,
            ..self.in_a_line()
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// How long the details are, in bytes.
    pub(crate) fn detail_len(&self) -> usize {
        self.detail.len()
    }

    pub(crate) fn has_detail(&self) -> bool {
        self.has_detail
    }
}

impl From<core::Activity> for Activity {
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

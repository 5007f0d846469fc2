//! `[approvals]`: the deciders, and their time limit.

use std::time::Duration;

use baton_core::approval::ApprovalRules;
use schemars::JsonSchema;
use serde::Deserialize;

use super::duration_seconds::DurationSeconds;

/// Approvals: questions of agents before they act.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ApprovalsTable {
    /// The people who may decide in addition to operators, by stable id. On the web, the id is the name in
    /// `[people]`. By default, the author of the message decides.
    pub(crate) deciders: Option<Vec<String>>,
    /// The time limit for a decision, in seconds. Without a decision in this time, the approval is denied.
    pub(crate) open_seconds: Option<DurationSeconds>,
}

impl ApprovalsTable {
    /// The rules for approvals, with defaults for absent keys.
    pub(crate) fn approval_rules(&self) -> ApprovalRules {
        let plain = ApprovalRules::default();
        let deciders = self.deciders.as_ref();
        ApprovalRules {
            deciders: deciders.map(|ids| ids.iter().map(|id| id.as_str().into()).collect()),
            within: self.open_seconds.map_or(plain.within, Duration::from),
        }
    }
}

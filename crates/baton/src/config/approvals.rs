//! `[approvals]`: who decides what agents ask, and how long they have.

use std::time::Duration;

use baton_core::approval::ApprovalRules;
use schemars::JsonSchema;
use serde::Deserialize;

use super::seconds::Seconds;

/// What agents ask before they act.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ApprovalsTable {
    /// Who may decide beside operators, by stable id: on the web the name under `[people]`. By
    /// default whoever wrote the message.
    pub(crate) deciders: Option<Vec<String>>,
    /// How long a question is open; nobody having decided, it is denied.
    pub(crate) open_seconds: Option<Seconds>,
}

impl ApprovalsTable {
    /// With the defaults for what is not given.
    pub(crate) fn rules(&self) -> ApprovalRules {
        let plain = ApprovalRules::default();
        let deciders = self.deciders.as_ref();
        ApprovalRules {
            deciders: deciders.map(|ids| ids.iter().map(|id| id.as_str().into()).collect()),
            within: self.open_seconds.map_or(plain.within, Duration::from),
        }
    }
}

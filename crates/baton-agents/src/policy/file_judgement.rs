//! Judges calls that read, search or change files.

use std::path::Path;

use super::rule::{PolicyRule, RuleScope};
use super::tool_action::ToolGroup;
use super::{Policy, Ruling, ToolCall, path_pattern};

impl Policy {
    pub(super) fn judge_file(
        &self,
        path: &str,
        group: ToolGroup,
        call: ToolCall<'_>,
    ) -> Option<Ruling> {
        let Some(path) = path_pattern::absolute_path(path, call.working_dir, self.home.as_deref())
        else {
            return self
                .denies_files()
                .then(|| Ruling::ask("the file is unknown"));
        };
        if let Some(rule) = self.denying_file(&path, group, call.project) {
            return Some(Ruling::denied_by(rule));
        }
        self.allows_file(&path, group, false, call.project)
            .then_some(Ruling::Allowed)
    }

    pub(super) fn denying_file(
        &self,
        path: &Path,
        group: ToolGroup,
        project: &Path,
    ) -> Option<&PolicyRule> {
        self.deny.iter().find(|rule| match &rule.scope {
            RuleScope::Files(denied, pattern) => {
                is_denied_with(*denied, group) && pattern.denies_path(path, project)
            }
            _ => false,
        })
    }

    pub(super) fn allows_file(
        &self,
        path: &Path,
        group: ToolGroup,
        below: bool,
        project: &Path,
    ) -> bool {
        self.allow.iter().any(|rule| match &rule.scope {
            RuleScope::Group(allowed) => is_allowed_with(*allowed, group),
            RuleScope::Files(allowed, pattern) => {
                is_allowed_with(*allowed, group) && pattern.allows_path(path, below, project)
            }
            _ => false,
        })
    }

    fn denies_files(&self) -> bool {
        self.deny
            .iter()
            .any(|rule| matches!(rule.scope, RuleScope::Files(..)))
    }

    pub(super) fn judge_search(
        &self,
        directory: Result<Option<&str>, ()>,
        call: ToolCall<'_>,
    ) -> Option<Ruling> {
        let path = directory
            .ok()
            .map(|directory| directory.unwrap_or("."))
            .and_then(|path| {
                path_pattern::absolute_path(path, call.working_dir, self.home.as_deref())
            });
        let Some(path) = path else {
            return self
                .denies_files()
                .then(|| Ruling::ask("the place of the search is unknown"));
        };
        let denying = self.deny.iter().filter_map(|rule| match &rule.scope {
            RuleScope::Files(ToolGroup::Read, pattern) => Some((rule, pattern)),
            _ => None,
        });
        let mut may_find = None;
        for (rule, pattern) in denying {
            if pattern.denies_path(&path, call.project) {
                return Some(Ruling::denied_by(rule));
            }
            if pattern.may_deny_below(&path, call.project) {
                may_find = Some(rule);
            }
        }
        if let Some(rule) = may_find {
            let rule = &rule.text;
            return Some(Ruling::ask(format!(
                "it may find files that the rule `{rule}` denies"
            )));
        }
        self.allows_file(&path, ToolGroup::Read, true, call.project)
            .then_some(Ruling::Allowed)
    }
}

/// Whether an allow rule for one group covers a call of another. A rule for edits includes writes, but not
/// the other way round.
fn is_allowed_with(rule: ToolGroup, call: ToolGroup) -> bool {
    rule == call || (rule == ToolGroup::Edit && call == ToolGroup::Write)
}

/// Whether a deny rule for one group covers a call of another.
pub(super) fn is_denied_with(rule: ToolGroup, call: ToolGroup) -> bool {
    let writes = |group| matches!(group, ToolGroup::Edit | ToolGroup::Write);
    rule == call || (writes(rule) && writes(call))
}

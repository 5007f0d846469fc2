//! Judges calls that read, search or change files.

use std::path::Path;

use super::rule::{About, Rule};
use super::tools::Group;
use super::{Policy, Ruling, ToolCall, paths};

impl Policy {
    pub(super) fn file(&self, path: &str, group: Group, call: ToolCall<'_>) -> Option<Ruling> {
        let Some(path) = paths::absolute(path, call.working_dir, self.home.as_deref()) else {
            return self
                .denies_files()
                .then(|| Ruling::ask("which file it is cannot be told"));
        };
        if let Some(rule) = self.denying_file(&path, group, call.project) {
            return Some(Ruling::denied_by(rule));
        }
        self.allows_file(&path, group, false, call.project)
            .then_some(Ruling::Allowed)
    }

    pub(super) fn denying_file(&self, path: &Path, group: Group, project: &Path) -> Option<&Rule> {
        self.deny.iter().find(|rule| match &rule.about {
            About::Files(denied, pattern) => {
                is_denied_with(*denied, group) && pattern.denies(path, project)
            }
            _ => false,
        })
    }

    pub(super) fn allows_file(
        &self,
        path: &Path,
        group: Group,
        below: bool,
        project: &Path,
    ) -> bool {
        self.allow.iter().any(|rule| match &rule.about {
            About::Group(allowed) => is_allowed_with(*allowed, group),
            About::Files(allowed, pattern) => {
                is_allowed_with(*allowed, group) && pattern.allows(path, below, project)
            }
            _ => false,
        })
    }

    fn denies_files(&self) -> bool {
        self.deny
            .iter()
            .any(|rule| matches!(rule.about, About::Files(..)))
    }

    pub(super) fn search(
        &self,
        directory: Result<Option<&str>, ()>,
        call: ToolCall<'_>,
    ) -> Option<Ruling> {
        let path = directory
            .ok()
            .map(|directory| directory.unwrap_or("."))
            .and_then(|path| paths::absolute(path, call.working_dir, self.home.as_deref()));
        let Some(path) = path else {
            return self
                .denies_files()
                .then(|| Ruling::ask("where it searches cannot be told"));
        };
        let denying = self.deny.iter().filter_map(|rule| match &rule.about {
            About::Files(Group::Read, pattern) => Some((rule, pattern)),
            _ => None,
        });
        let mut may_find = None;
        for (rule, pattern) in denying {
            if pattern.denies(&path, call.project) {
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
        self.allows_file(&path, Group::Read, true, call.project)
            .then_some(Ruling::Allowed)
    }
}

/// Whether an allow rule for one group covers a call of another. A rule for edits includes writes, but not
/// the other way round.
fn is_allowed_with(rule: Group, call: Group) -> bool {
    rule == call || (rule == Group::Edit && call == Group::Write)
}

/// Whether a deny rule for one group covers a call of another.
pub(super) fn is_denied_with(rule: Group, call: Group) -> bool {
    let writes = |group| matches!(group, Group::Edit | Group::Write);
    rule == call || (writes(rule) && writes(call))
}

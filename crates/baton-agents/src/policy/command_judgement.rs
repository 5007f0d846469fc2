//! Judges a command line: every command and every file in it.

use serde_json::Value;

use super::file_judgement::is_denied_with;
use super::rule::{PolicyRule, RuleScope};
use super::shell::read_only::{self, CallDirectory};
use super::shell::{ShellCall, ShellScript, ShellWord, TOO_MANY};
use super::tool_action::ToolGroup;
use super::{Otherwise, Policy, Ruling, ToolCall, path_pattern};

impl Policy {
    pub(super) fn judge_command(&self, command: &str, call: ToolCall<'_>) -> Ruling {
        let everything = self.whole_tool(call.tool) || self.otherwise == Otherwise::Allow;
        let denies = self.deny.iter().any(|rule| {
            matches!(
                rule.scope,
                RuleScope::Command(_)
                    | RuleScope::Files(..)
                    | RuleScope::Group(ToolGroup::Edit | ToolGroup::Write | ToolGroup::Read)
            )
        });
        if call.input.get("dangerouslyDisableSandbox") == Some(&Value::Bool(true))
            && self.otherwise != Otherwise::Allow
        {
            return Ruling::ask("it wants to run outside of the sandbox");
        }
        if everything && !denies {
            return Ruling::Allowed;
        }
        let script = ShellScript::parse(command);
        if let Some(rule) = self.denying_command(&script, call) {
            return Ruling::denied_by(rule);
        }
        let covered = if everything {
            self.cannot_be_denied(&script)
        } else {
            self.covers_script(&script, call)
        };
        match covered {
            Ok(()) => Ruling::Allowed,
            Err(why) => Ruling::Ask { why },
        }
    }

    fn denying_command(&self, script: &ShellScript, from: ToolCall<'_>) -> Option<&PolicyRule> {
        let calls = script.every_call();
        let by_command = self.deny.iter().find(|rule| match &rule.scope {
            RuleScope::Command(pattern) => calls.iter().any(|call| pattern.denies_call(call)),
            _ => false,
        });
        let directory = CallDirectory {
            working_dir: from.working_dir,
            project: from.project,
            moves: script.changes_directory(),
        };
        by_command
            .or_else(|| {
                // A word with the path of a denied file is enough. The program's use of the word is mostly
                // unknown.
                calls.iter().find_map(|call| {
                    let reads = read_only::only_reads(call, directory).then_some(ToolGroup::Read);
                    let words = call.words[1..].iter().filter_map(ShellWord::literal);
                    words
                        .flat_map(named_paths)
                        .find_map(|path| self.denying_path(path, reads, from))
                })
            })
            .or_else(|| {
                script.every_file().into_iter().find_map(|file| {
                    let group = if file.write {
                        ToolGroup::Write
                    } else {
                        ToolGroup::Read
                    };
                    let whole = self.deny.iter().find(|rule| {
                        matches!(rule.scope, RuleScope::Group(denied) if is_denied_with(denied, group))
                    });
                    whole.or_else(|| self.denying_path(file.path.literal()?, Some(group), from))
                })
            })
    }

    fn denying_path(
        &self,
        path: &str,
        group: Option<ToolGroup>,
        from: ToolCall<'_>,
    ) -> Option<&PolicyRule> {
        let path = path_pattern::absolute_path(path, from.working_dir, self.home.as_deref())?;
        match group {
            Some(group) => self.denying_file(&path, group, from.project),
            None => self
                .denying_file(&path, ToolGroup::Read, from.project)
                .or_else(|| self.denying_file(&path, ToolGroup::Write, from.project)),
        }
    }

    /// An error if a part of the script may turn out to be denied.
    fn cannot_be_denied(&self, script: &ShellScript) -> Result<(), String> {
        if let Some(why) = script.first_doubt() {
            return Err(format!("{why}, and some commands are denied"));
        }
        for call in script.every_call() {
            for rule in &self.deny {
                if let RuleScope::Command(pattern) = &rule.scope
                    && pattern.might_deny(call)
                {
                    return Err(format!("the rule `{}` may deny it", rule.text));
                }
            }
            self.guesses_nothing_denied(call)?;
        }
        self.names_all_paths(script)
    }

    /// An error if a denied command stands among the words of an unknown program, which may run such a
    /// command: `some-wrapper rm x`.
    fn guesses_nothing_denied(&self, call: &ShellCall) -> Result<(), String> {
        let guesses = call.guess_calls();
        if guesses.unclear.contains(&TOO_MANY) {
            return Err(format!("{TOO_MANY}, and some commands are denied"));
        }
        for guess in guesses.every_call() {
            for rule in &self.deny {
                if let RuleScope::Command(pattern) = &rule.scope
                    && pattern.denies_call(guess)
                {
                    let shown = guess.display_text();
                    return Err(format!(
                        "it may run `{shown}`, which the rule `{}` denies",
                        rule.text
                    ));
                }
            }
        }
        Ok(())
    }

    /// An error if a word may turn out to be a denied path.
    fn names_all_paths(&self, script: &ShellScript) -> Result<(), String> {
        let Some(rule) = self
            .deny
            .iter()
            .find(|rule| matches!(rule.scope, RuleScope::Files(..)))
        else {
            return Ok(());
        };
        let mut words = script.every_call().into_iter().flat_map(|call| &call.words);
        let mut files = script.every_file().into_iter().map(|file| &file.path);
        let known = words.all(|word| word.literal().is_some())
            && files.all(|word| word.literal().is_some())
            && !script.changes_directory();
        if known {
            Ok(())
        } else {
            Err(format!(
                "it may name a file that the rule `{}` denies",
                rule.text
            ))
        }
    }

    /// An error if a part of the script is not allowed. Holds the reason, for people.
    fn covers_script(&self, script: &ShellScript, from: ToolCall<'_>) -> Result<(), String> {
        if script.calls.is_empty() && script.files.is_empty() && script.unclear.is_empty() {
            return Err("it contains no command".to_owned());
        }
        self.cannot_be_denied_if_any(script)?;
        let directory = CallDirectory {
            working_dir: from.working_dir,
            project: from.project,
            moves: script.changes_directory(),
        };
        self.covers_part(script, directory)
    }

    fn cannot_be_denied_if_any(&self, script: &ShellScript) -> Result<(), String> {
        if self
            .deny
            .iter()
            .any(|rule| matches!(rule.scope, RuleScope::Command(_) | RuleScope::Files(..)))
        {
            self.cannot_be_denied(script)
        } else {
            Ok(())
        }
    }

    fn covers_part(
        &self,
        script: &ShellScript,
        directory: CallDirectory<'_>,
    ) -> Result<(), String> {
        if let Some(why) = script.unclear.first() {
            return Err((*why).to_owned());
        }
        for call in &script.calls {
            self.covers_call(call, directory)?;
        }
        for file in &script.files {
            if file.write {
                self.covers_write(&file.path, directory)?;
            }
        }
        Ok(())
    }

    fn covers_call(&self, call: &ShellCall, directory: CallDirectory<'_>) -> Result<(), String> {
        let listed = |exact: bool| {
            self.allow.iter().any(|rule| match &rule.scope {
                RuleScope::Command(pattern) => {
                    (!exact || pattern.is_exact()) && pattern.allows_call(call)
                }
                RuleScope::ReadOnly => !exact && read_only::only_reads(call, directory),
                _ => false,
            })
        };
        let not_listed = || Err(format!("`{}` is not on the list", call.display_text()));
        match &call.inner {
            None if listed(false) => Ok(()),
            // A rule without `*` names every word, so its author knew the inner command.
            Some(_) if listed(true) => Ok(()),
            Some(inner) if call.plain && (inner.transparent || listed(false)) => {
                self.covers_part(&inner.script, directory)
            }
            _ => not_listed(),
        }
    }

    fn covers_write(&self, path: &ShellWord, directory: CallDirectory<'_>) -> Result<(), String> {
        let refused = Err(format!("it writes to `{}`", path.display_text()));
        let Some(path) = path.literal() else {
            return refused;
        };
        // After a change of the directory, the same name is another file.
        if directory.moves && !path.starts_with('/') {
            return refused;
        }
        let Some(path) =
            path_pattern::absolute_path(path, directory.working_dir, self.home.as_deref())
        else {
            return refused;
        };
        if self.allows_file(&path, ToolGroup::Write, false, directory.project) {
            Ok(())
        } else {
            refused
        }
    }
}

/// The paths that a word may name: the word itself, and the value of an option.
fn named_paths(word: &str) -> impl Iterator<Item = &str> {
    let value = word.split_once('=').map(|(_, value)| value);
    [Some(word), value]
        .into_iter()
        .flatten()
        .filter(|path| !path.is_empty())
}

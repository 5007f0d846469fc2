//! Judges a command line: every command and every file in it.

use serde_json::Value;

use super::files::is_denied_with;
use super::rule::{About, Rule};
use super::shell::read_only::{self, Place};
use super::shell::{Call, Script, TOO_MANY, Word};
use super::tools::Group;
use super::{Otherwise, Policy, Ruling, ToolCall, paths};

impl Policy {
    pub(super) fn command(&self, command: &str, call: ToolCall<'_>) -> Ruling {
        let everything = self.whole_tool(call.tool) || self.otherwise == Otherwise::Allow;
        let denies = self.deny.iter().any(|rule| {
            matches!(
                rule.about,
                About::Command(_)
                    | About::Files(..)
                    | About::Group(Group::Edit | Group::Write | Group::Read)
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
        let script = Script::read(command);
        if let Some(rule) = self.denying_command(&script, call) {
            return Ruling::denied_by(rule);
        }
        let covered = if everything {
            self.cannot_be_denied(&script)
        } else {
            self.covers(&script, call)
        };
        match covered {
            Ok(()) => Ruling::Allowed,
            Err(why) => Ruling::Ask { why },
        }
    }

    fn denying_command(&self, script: &Script, from: ToolCall<'_>) -> Option<&Rule> {
        let calls = script.every_call();
        let by_command = self.deny.iter().find(|rule| match &rule.about {
            About::Command(pattern) => calls.iter().any(|call| pattern.denies(call)),
            _ => false,
        });
        let place = Place {
            working_dir: from.working_dir,
            project: from.project,
            moves: script.moves(),
        };
        by_command
            .or_else(|| {
                // A word with the path of a denied file is enough. The program's use of the word is mostly
                // unknown.
                calls.iter().find_map(|call| {
                    let reads = read_only::covers(call, place).then_some(Group::Read);
                    let words = call.words[1..].iter().filter_map(Word::literal);
                    words
                        .flat_map(named_paths)
                        .find_map(|path| self.denying_path(path, reads, from))
                })
            })
            .or_else(|| {
                script.every_file().into_iter().find_map(|file| {
                    let group = if file.write {
                        Group::Write
                    } else {
                        Group::Read
                    };
                    let whole = self.deny.iter().find(|rule| {
                        matches!(rule.about, About::Group(denied) if is_denied_with(denied, group))
                    });
                    whole.or_else(|| self.denying_path(file.path.literal()?, Some(group), from))
                })
            })
    }

    fn denying_path(&self, path: &str, group: Option<Group>, from: ToolCall<'_>) -> Option<&Rule> {
        let path = paths::absolute(path, from.working_dir, self.home.as_deref())?;
        match group {
            Some(group) => self.denying_file(&path, group, from.project),
            None => self
                .denying_file(&path, Group::Read, from.project)
                .or_else(|| self.denying_file(&path, Group::Write, from.project)),
        }
    }

    /// An error if a part of the script may turn out to be denied.
    fn cannot_be_denied(&self, script: &Script) -> Result<(), String> {
        if let Some(why) = script.doubt() {
            return Err(format!("{why}, and some commands are denied"));
        }
        for call in script.every_call() {
            for rule in &self.deny {
                if let About::Command(pattern) = &rule.about
                    && pattern.might_deny(call)
                {
                    return Err(format!("it may be what the rule `{}` denies", rule.text));
                }
            }
            self.guesses_nothing_denied(call)?;
        }
        self.names_all_paths(script)
    }

    /// An error if a denied command stands among the words of an unknown program, which may run such a
    /// command: `some-wrapper rm x`.
    fn guesses_nothing_denied(&self, call: &Call) -> Result<(), String> {
        let guesses = call.guesses();
        if guesses.unclear.contains(&TOO_MANY) {
            return Err(format!("{TOO_MANY}, and some commands are denied"));
        }
        for guess in guesses.every_call() {
            for rule in &self.deny {
                if let About::Command(pattern) = &rule.about
                    && pattern.denies(guess)
                {
                    let shown = guess.shown();
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
    fn names_all_paths(&self, script: &Script) -> Result<(), String> {
        let Some(rule) = self
            .deny
            .iter()
            .find(|rule| matches!(rule.about, About::Files(..)))
        else {
            return Ok(());
        };
        let mut words = script.every_call().into_iter().flat_map(|call| &call.words);
        let mut files = script.every_file().into_iter().map(|file| &file.path);
        let known = words.all(|word| word.literal().is_some())
            && files.all(|word| word.literal().is_some())
            && !script.moves();
        if known {
            Ok(())
        } else {
            Err(format!("it may name what the rule `{}` denies", rule.text))
        }
    }

    /// An error if a part of the script is not allowed. Holds the reason, for people.
    fn covers(&self, script: &Script, from: ToolCall<'_>) -> Result<(), String> {
        if script.calls.is_empty() && script.files.is_empty() && script.unclear.is_empty() {
            return Err("there is no command in it".to_owned());
        }
        self.cannot_be_denied_if_any(script)?;
        let place = Place {
            working_dir: from.working_dir,
            project: from.project,
            moves: script.moves(),
        };
        self.covers_part(script, place)
    }

    fn cannot_be_denied_if_any(&self, script: &Script) -> Result<(), String> {
        if self
            .deny
            .iter()
            .any(|rule| matches!(rule.about, About::Command(_) | About::Files(..)))
        {
            self.cannot_be_denied(script)
        } else {
            Ok(())
        }
    }

    fn covers_part(&self, script: &Script, place: Place<'_>) -> Result<(), String> {
        if let Some(why) = script.unclear.first() {
            return Err((*why).to_owned());
        }
        for call in &script.calls {
            self.covers_call(call, place)?;
        }
        for file in &script.files {
            if file.write {
                self.covers_write(&file.path, place)?;
            }
        }
        Ok(())
    }

    fn covers_call(&self, call: &Call, place: Place<'_>) -> Result<(), String> {
        let listed = |exact: bool| {
            self.allow.iter().any(|rule| match &rule.about {
                About::Command(pattern) => (!exact || pattern.is_exact()) && pattern.allows(call),
                About::ReadOnly => !exact && read_only::covers(call, place),
                _ => false,
            })
        };
        let not_listed = || Err(format!("`{}` is not on the list", call.shown()));
        match &call.inner {
            None if listed(false) => Ok(()),
            // A rule without `*` names every word, so its author knew the inner command.
            Some(_) if listed(true) => Ok(()),
            Some(inner) if call.plain && (inner.transparent || listed(false)) => {
                self.covers_part(&inner.script, place)
            }
            _ => not_listed(),
        }
    }

    fn covers_write(&self, path: &Word, place: Place<'_>) -> Result<(), String> {
        let refused = Err(format!("it writes to `{}`", path.shown()));
        let Some(path) = path.literal() else {
            return refused;
        };
        // After a change of the directory, the same name is another file.
        if place.moves && !path.starts_with('/') {
            return refused;
        }
        let Some(path) = paths::absolute(path, place.working_dir, self.home.as_deref()) else {
            return refused;
        };
        if self.allows_file(&path, Group::Write, false, place.project) {
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

//! Parses a shell command into all commands that it may run and all files that it opens.
//!
//! The parser is `shuck-parser`. This parser knows bash, is written in safe Rust, limits its stack and its steps on
//! hostile input, and builds in seconds. The parser is made for a linter and accepts many errors, so only plain results
//! are trusted. A command must parse without errors. Any syntax without support here makes the command
//! [unclear](ShellScript::unclear). The inside of a substitution is parsed again by itself. Text outside of quotes may
//! hold only characters without a meaning in bash, dash and zsh. The shell of a command is unknown, so text that these
//! shells read in different ways is unclear, unless all other shells refuse the text.
//!
//! * `script_parser`: from a text to its calls, with inner calls. `walk`: from the syntax tree to calls.
//!   `word`: the known text of words before their expansion. `unquoted_text`: text outside of quotes.
//!   `skipped_text`: a check that no text was skipped.
//! * `inner`: commands that run other commands: `timeout`, `sudo`, `xargs`, `sh -c`, `find -exec`.
//! * `git_options`: options before the subcommand. `option_notation`: the forms of options.
//! * `command_pattern`: patterns such as `cargo test *`. `dangerous_options`: the options that a `*` does not
//!   match.
//! * `read_only`: commands that only read. `open_rules`: rules that allow more than they seem to.

pub(super) mod command_pattern;
mod dangerous_options;
mod git_options;
mod inner;
pub(super) mod open_rules;
mod option_notation;
pub(super) mod read_only;
mod script_parser;
mod skipped_text;
mod unquoted_text;
mod walk;
mod word;

pub(crate) use word::ShellWord;

/// The reason for an unclear script with more commands than were examined.
pub(super) const TOO_MANY: &str = "it contains too many commands";

/// The known actions of a command line.
#[derive(Debug, Default)]
pub(crate) struct ShellScript {
    /// Every simple command, at any depth except inside of other calls.
    pub(crate) calls: Vec<ShellCall>,
    /// The files that redirections open.
    pub(crate) files: Vec<FileUse>,
    /// The reasons why some actions are unknown. An unclear script is never allowed.
    pub(crate) unclear: Vec<&'static str>,
}

/// One simple command.
#[derive(Debug)]
pub(crate) struct ShellCall {
    /// The command and its arguments. Never empty.
    pub(crate) words: Vec<ShellWord>,
    /// Whether the command is written without quotes or escapes.
    pub(crate) plain: bool,
    /// The commands that this command runs.
    pub(crate) inner: Option<InnerCommands>,
}

/// The commands inside of a command.
#[derive(Debug)]
pub(crate) struct InnerCommands {
    /// Whether the outer command has no other effect of importance, such as `timeout 60 …`.
    pub(crate) transparent: bool,
    /// The inner commands.
    pub(crate) script: ShellScript,
}

/// A file that a redirection opens.
#[derive(Debug)]
pub(crate) struct FileUse {
    pub(crate) path: ShellWord,
    pub(crate) write: bool,
}

impl ShellScript {
    /// Every call, including inner calls.
    pub(crate) fn every_call(&self) -> Vec<&ShellCall> {
        let mut all = Vec::new();
        for script in self.every_script() {
            all.extend(&script.calls);
        }
        all
    }

    /// Every opened file, including files of inner calls.
    pub(crate) fn every_file(&self) -> Vec<&FileUse> {
        let mut all = Vec::new();
        for script in self.every_script() {
            all.extend(&script.files);
        }
        all
    }

    /// The first reason why a part of the script is unclear.
    pub(crate) fn first_doubt(&self) -> Option<&'static str> {
        let mut scripts = self.every_script().into_iter();
        scripts.find_map(|script| script.unclear.first().copied())
    }

    /// Whether the working directory changes. Relative paths then have another meaning.
    pub(crate) fn changes_directory(&self) -> bool {
        self.every_call()
            .iter()
            .any(|call| matches!(call.name(), Some("cd" | "pushd" | "popd" | "chdir")))
    }

    fn every_script(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for call in &self.calls {
            if let Some(inner) = &call.inner {
                all.extend(inner.script.every_script());
            }
        }
        all
    }

    fn add_doubt(&mut self, why: &'static str) {
        if !self.unclear.contains(&why) {
            self.unclear.push(why);
        }
    }

    fn unclear_because(why: &'static str) -> Self {
        Self {
            unclear: vec![why],
            ..Self::default()
        }
    }

    fn merge_script(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.files.extend(other.files);
        for why in other.unclear {
            self.add_doubt(why);
        }
    }
}

impl ShellCall {
    /// The name of the command, if known.
    pub(crate) fn name(&self) -> Option<&str> {
        self.words.first()?.literal()
    }

    /// The call as text, for people.
    pub(crate) fn display_text(&self) -> String {
        let words: Vec<_> = self.words.iter().map(ShellWord::display_text).collect();
        words.join(" ")
    }
}

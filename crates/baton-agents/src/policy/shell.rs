//! Parses a shell command into all commands that it may run and all files that it opens.
//!
//! The parser is `shuck-parser`: it knows bash, is written in safe Rust, limits its stack and its steps on
//! hostile input, and builds in seconds. The parser is made for a linter and accepts many errors, so only
//! plain results are trusted. A command must parse without errors. Any syntax without support here makes the
//! command [unclear](ShellScript::unclear). The inside of a substitution is parsed again by itself. Text
//! outside of quotes may hold only characters without a meaning in bash, dash and zsh. The shell of a command
//! is unknown, so text that these shells read in different ways is unclear, unless all other shells refuse
//! the text.
//!
//! * `walk`: from the syntax tree to calls. `word`: the known text of words before their expansion.
//!   `unquoted_text`: text outside of quotes. `skipped_text`: a check that no text was skipped.
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
mod skipped_text;
mod unquoted_text;
mod walk;
mod word;

use std::panic;

use shuck_parser::parser::{ParseResult, Parser};
use shuck_parser::{ShellDialect, ShellProfile};

pub(crate) use word::ShellWord;

/// The longest command that is parsed, in bytes. People are asked about longer ones.
pub(crate) const LENGTH_LIMIT: usize = 16 * 1024;

/// The deepest nesting of substitutions and of commands within commands.
const DEPTH_LIMIT: usize = 8;

/// The parser's limit on nested brackets and compound commands.
const NESTING_LIMIT: usize = 40;

/// The parser's limit on steps. A command of [`LENGTH_LIMIT`] needs a fraction of them.
const STEP_LIMIT: usize = 200_000;

/// The most commands in a command line. People are asked about more.
const CALL_LIMIT: usize = 300;

/// The most guessed commands. People are asked about more.
const GUESS_LIMIT: usize = 10_000;

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
    /// Parses a command line.
    pub(crate) fn parse(source: &str) -> Self {
        let mut room = CALL_LIMIT;
        parse_script(source, 0, &mut room)
    }

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

    /// The commands that an unknown program may run: any of its words can be the name of a command. Such a
    /// command can never be allowed, and is too uncertain to be denied.
    pub(crate) fn guess_calls(&self) -> ShellScript {
        let mut room = GUESS_LIMIT;
        inner::guessed_commands::guess_inner(self).map_or_else(ShellScript::default, |runs| {
            ShellScript::parse_inner(runs, false, 0, &mut room)
        })
    }

    /// The call as text, for people.
    pub(crate) fn display_text(&self) -> String {
        let words: Vec<_> = self.words.iter().map(ShellWord::display_text).collect();
        words.join(" ")
    }

    fn new(words: Vec<ShellWord>, plain: bool, depth: usize, room: &mut usize) -> Self {
        let inner = inner::find_inner(&words).map(|(transparent, runs)| InnerCommands {
            transparent,
            script: ShellScript::parse_inner(runs, plain, depth, room),
        });
        Self {
            words,
            plain,
            inner,
        }
    }
}

impl ShellScript {
    /// The commands inside of a call.
    fn parse_inner(runs: inner::InnerSource, plain: bool, depth: usize, room: &mut usize) -> Self {
        const UNKNOWN: &str = "it runs a command that is unknown beforehand";
        let mut script = Self::default();
        match runs {
            _ if depth >= DEPTH_LIMIT => script.add_doubt("it is nested too deep"),
            inner::InnerSource::Unknown => script.add_doubt(UNKNOWN),
            inner::InnerSource::Script(source) => return parse_script(&source, depth + 1, room),
            inner::InnerSource::Calls(calls) => {
                for words in calls {
                    script.add_call(words, plain, depth + 1, room);
                }
            }
            inner::InnerSource::Among { calls, scripts } => {
                script.add_doubt(UNKNOWN);
                for words in calls {
                    script.add_call(words, plain, depth + 1, room);
                }
                for source in scripts {
                    script.merge_script(parse_script(&source, depth + 1, room));
                }
            }
        }
        script
    }

    fn add_call(&mut self, words: Vec<ShellWord>, plain: bool, depth: usize, room: &mut usize) {
        if *room == 0 {
            return self.add_doubt(TOO_MANY);
        }
        *room -= 1;
        if words.first().is_none_or(|name| name.literal().is_none()) {
            self.add_doubt("the command that it runs is unknown beforehand");
        }
        if !words.is_empty() {
            self.calls.push(ShellCall::new(words, plain, depth, room));
        }
    }
}

/// Parses a text that is a complete script.
fn parse_script(source: &str, depth: usize, room: &mut usize) -> ShellScript {
    if depth > DEPTH_LIMIT {
        return ShellScript::unclear_because("it is nested too deep");
    }
    if source.len() > LENGTH_LIMIT {
        return ShellScript::unclear_because("it is too long");
    }
    if source.chars().any(unquoted_text::is_odd) {
        return ShellScript::unclear_because("it contains invisible characters");
    }
    let Some(parsed) = parse_syntax(source) else {
        return ShellScript::unclear_because("it cannot be parsed");
    };
    let mut script = ShellScript::default();
    if !parsed.is_ok() {
        // The parsed part can still be denied.
        script.add_doubt("it cannot be parsed");
    }
    walk::SyntaxWalk {
        source,
        depth,
        room,
        script: &mut script,
        seen: Vec::new(),
        heredocs: 0,
    }
    .walk_script(&parsed.file.body);
    script
}

/// `None` if the parser panics.
fn parse_syntax(source: &str) -> Option<ParseResult> {
    let shadow = unquoted_text::replace_non_ascii(source);
    // The parser is a third-party crate, and the input is arbitrary. A panic leaves no broken state, because
    // the parser keeps none between two calls.
    panic::catch_unwind(|| {
        let profile = ShellProfile::native(ShellDialect::Bash);
        Parser::with_limits_and_profile(&shadow, NESTING_LIMIT, STEP_LIMIT, profile).parse()
    })
    .ok()
}

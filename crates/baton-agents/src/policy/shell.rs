//! Parses a shell command into all commands that it may run and all files that it opens.
//!
//! The parser is `shuck-parser`: it knows bash, is written in safe Rust, limits its stack and its steps on
//! hostile input, and builds in seconds. The parser is made for a linter and accepts many errors, so only
//! plain results are trusted. A command must parse without errors. Any syntax without support here makes the
//! command [unclear](Script::unclear). The inside of a substitution is parsed again by itself. Text outside
//! of quotes may hold only characters without a meaning in bash, dash and zsh. The shell of a command is
//! unknown, so text that these shells read in different ways is unclear, unless all other shells refuse the
//! text.
//!
//! * `walk`: from the syntax tree to calls. `word`: the known text of words before their expansion. `plain`:
//!   text outside of quotes. `rest`: a check that no text was skipped.
//! * `inner`: commands that run other commands: `timeout`, `sudo`, `xargs`, `sh -c`, `find -exec`.
//! * `git`: options before the subcommand. `spelling`: the forms of options.
//! * `pattern`: patterns such as `cargo test *`. `traps`: the options that a `*` does not match.
//! * `read_only`: commands that only read. `open`: rules that allow more than they seem to.

mod git;
mod inner;
pub(super) mod open;
pub(super) mod pattern;
mod plain;
pub(super) mod read_only;
mod rest;
mod spelling;
mod traps;
mod walk;
mod word;

use std::panic;

use shuck_parser::parser::{ParseResult, Parser};
use shuck_parser::{ShellDialect, ShellProfile};

pub(crate) use word::Word;

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
pub(super) const TOO_MANY: &str = "it holds too many commands";

/// The known actions of a command line.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Every simple command, at any depth except inside of other calls.
    pub(crate) calls: Vec<Call>,
    /// The files that redirections open.
    pub(crate) files: Vec<FileUse>,
    /// The reasons why some actions are unknown. An unclear script is never allowed.
    pub(crate) unclear: Vec<&'static str>,
}

/// One simple command.
#[derive(Debug)]
pub(crate) struct Call {
    /// The command and its arguments. Never empty.
    pub(crate) words: Vec<Word>,
    /// Whether the command is written without quotes or escapes.
    pub(crate) plain: bool,
    /// The commands that this command runs.
    pub(crate) inner: Option<Inner>,
}

/// The commands inside of a command.
#[derive(Debug)]
pub(crate) struct Inner {
    /// Whether the outer command has no other effect of importance, such as `timeout 60 …`.
    pub(crate) transparent: bool,
    /// The inner commands.
    pub(crate) script: Script,
}

/// A file that a redirection opens.
#[derive(Debug)]
pub(crate) struct FileUse {
    pub(crate) path: Word,
    pub(crate) write: bool,
}

impl Script {
    /// Parses a command line.
    pub(crate) fn read(source: &str) -> Self {
        let mut room = CALL_LIMIT;
        read(source, 0, &mut room)
    }

    /// Every call, including inner calls.
    pub(crate) fn every_call(&self) -> Vec<&Call> {
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
    pub(crate) fn doubt(&self) -> Option<&'static str> {
        let mut scripts = self.every_script().into_iter();
        scripts.find_map(|script| script.unclear.first().copied())
    }

    /// Whether the working directory changes. Relative paths then have another meaning.
    pub(crate) fn moves(&self) -> bool {
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

    fn doubts(&mut self, why: &'static str) {
        if !self.unclear.contains(&why) {
            self.unclear.push(why);
        }
    }

    fn unclear(why: &'static str) -> Self {
        Self {
            unclear: vec![why],
            ..Self::default()
        }
    }

    fn take(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.files.extend(other.files);
        for why in other.unclear {
            self.doubts(why);
        }
    }
}

impl Call {
    /// The name of the command, if known.
    pub(crate) fn name(&self) -> Option<&str> {
        self.words.first()?.literal()
    }

    /// The commands that an unknown program may run: any of its words can be the name of a command. Such a
    /// command can never be allowed, and is too uncertain to be denied.
    pub(crate) fn guesses(&self) -> Script {
        let mut room = GUESS_LIMIT;
        inner::guesses::of(self).map_or_else(Script::default, |runs| {
            Script::run(runs, false, 0, &mut room)
        })
    }

    /// The call as text, for people.
    pub(crate) fn shown(&self) -> String {
        let words: Vec<_> = self.words.iter().map(Word::shown).collect();
        words.join(" ")
    }

    fn new(words: Vec<Word>, plain: bool, depth: usize, room: &mut usize) -> Self {
        let inner = inner::of(&words).map(|(transparent, runs)| Inner {
            transparent,
            script: Script::run(runs, plain, depth, room),
        });
        Self {
            words,
            plain,
            inner,
        }
    }
}

impl Script {
    /// The commands inside of a call.
    fn run(runs: inner::Runs, plain: bool, depth: usize, room: &mut usize) -> Self {
        const UNKNOWN: &str = "it runs a command that is not known beforehand";
        let mut script = Self::default();
        match runs {
            _ if depth >= DEPTH_LIMIT => script.doubts("it is nested too deep"),
            inner::Runs::Unknown => script.doubts(UNKNOWN),
            inner::Runs::Script(source) => return read(&source, depth + 1, room),
            inner::Runs::Calls(calls) => {
                for words in calls {
                    script.call(words, plain, depth + 1, room);
                }
            }
            inner::Runs::Among { calls, scripts } => {
                script.doubts(UNKNOWN);
                for words in calls {
                    script.call(words, plain, depth + 1, room);
                }
                for source in scripts {
                    script.take(read(&source, depth + 1, room));
                }
            }
        }
        script
    }

    fn call(&mut self, words: Vec<Word>, plain: bool, depth: usize, room: &mut usize) {
        if *room == 0 {
            return self.doubts(TOO_MANY);
        }
        *room -= 1;
        if words.first().is_none_or(|name| name.literal().is_none()) {
            self.doubts("which command it runs is not known beforehand");
        }
        if !words.is_empty() {
            self.calls.push(Call::new(words, plain, depth, room));
        }
    }
}

/// Parses a text that is a complete script.
fn read(source: &str, depth: usize, room: &mut usize) -> Script {
    if depth > DEPTH_LIMIT {
        return Script::unclear("it is nested too deep");
    }
    if source.len() > LENGTH_LIMIT {
        return Script::unclear("it is too long");
    }
    if source.chars().any(plain::is_odd) {
        return Script::unclear("it holds letters that cannot be seen");
    }
    let Some(parsed) = parse(source) else {
        return Script::unclear("it cannot be parsed");
    };
    let mut script = Script::default();
    if !parsed.is_ok() {
        // The parsed part can still be denied.
        script.doubts("it cannot be parsed");
    }
    walk::Walk {
        source,
        depth,
        room,
        script: &mut script,
        seen: Vec::new(),
        heredocs: 0,
    }
    .script(&parsed.file.body);
    script
}

/// `None` if the parser panics.
fn parse(source: &str) -> Option<ParseResult> {
    let shadow = plain::shadow(source);
    // The parser is a third-party crate, and the input is arbitrary. A panic leaves no broken state, because
    // the parser keeps none between two calls.
    panic::catch_unwind(|| {
        let profile = ShellProfile::native(ShellDialect::Bash);
        Parser::with_limits_and_profile(&shadow, NESTING_LIMIT, STEP_LIMIT, profile).parse()
    })
    .ok()
}

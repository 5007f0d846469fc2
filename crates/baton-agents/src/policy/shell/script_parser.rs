//! The parser of command lines: from a text to its calls, their inner calls, and so on to a limited depth.

use std::panic;

use shuck_parser::parser::{ParseResult, Parser};
use shuck_parser::{ShellDialect, ShellProfile};

use super::inner::guessed_commands::guess_inner;
use super::inner::inner_source::InnerSource;
use super::walk::SyntaxWalk;
use super::{InnerCommands, ShellCall, ShellScript, ShellWord, TOO_MANY, inner, unquoted_text};

/// The longest command that is parsed, in bytes. People are asked about longer ones.
const LENGTH_LIMIT: usize = 16 * 1024;

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

impl ShellScript {
    /// Parses a command line.
    pub(crate) fn parse(source: &str) -> Self {
        let mut room = CALL_LIMIT;
        parse_script(source, 0, &mut room)
    }

    /// The commands inside of a call.
    fn parse_inner(runs: InnerSource, plain: bool, depth: usize, room: &mut usize) -> Self {
        const UNKNOWN: &str = "it runs a command that is unknown beforehand";
        let mut script = Self::default();
        match runs {
            _ if depth >= DEPTH_LIMIT => script.add_doubt("it is nested too deep"),
            InnerSource::Unknown => script.add_doubt(UNKNOWN),
            InnerSource::Script(source) => return parse_script(&source, depth + 1, room),
            InnerSource::Calls(calls) => {
                for words in calls {
                    script.add_call(words, plain, depth + 1, room);
                }
            }
            InnerSource::Among { calls, scripts } => {
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

    pub(super) fn add_call(
        &mut self,
        words: Vec<ShellWord>,
        plain: bool,
        depth: usize,
        room: &mut usize,
    ) {
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

impl ShellCall {
    /// The commands that an unknown program may run: any of its words can be the name of a command. Such a
    /// command can never be allowed, and is too uncertain to be denied.
    pub(crate) fn guess_calls(&self) -> ShellScript {
        let mut room = GUESS_LIMIT;
        guess_inner(self).map_or_else(ShellScript::default, |runs| {
            ShellScript::parse_inner(runs, false, 0, &mut room)
        })
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

/// Parses a text that is a complete script.
pub(super) fn parse_script(source: &str, depth: usize, room: &mut usize) -> ShellScript {
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
    SyntaxWalk {
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

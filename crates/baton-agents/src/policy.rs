//! Which uses of tools are allowed, which are denied, and which are asked.
//!
//! A [`Policy`] is made of rules in the form that Claude Code's settings have; what is denied is denied
//! whatever is allowed, and what no rule is about is what the [`Otherwise`] says.
//!
//! | rule | which calls |
//! |---|---|
//! | `WebSearch`, `mcp__server__tool` | this tool |
//! | `mcp__server`, `mcp__server__*` | every tool of this MCP server |
//! | `Read`, `Read(docs/**)` | tools that read files or search in them |
//! | `Edit`, `Edit(src/**)` | tools that change files |
//! | `Write`, `Write(/tmp/out/**)` | the tool that writes whole files; denied, it is every change of a file |
//! | `Bash` | every command |
//! | `Bash(cargo test)` | this command; denied, also with more arguments |
//! | `Bash(cargo test *)`, `Bash(cargo test:*)` | this command with any arguments, or none |
//! | `Bash(@read-only)` | commands that only read |
//! | `WebFetch(domain:example.com)`, `…*.example.com` | pages of this host, of those below it; denied, both |
//! | `Agent(Explore)`, `Task(Explore)` | helpers of this kind |
//!
//! **Paths** begin at the root (`/etc/**`, `//etc/**`), in the home (`~/.ssh/**`) or in the project's
//! directory (`src/**`), wherever the agent has gone since; a name alone (`.env`, `*.md`) is a file or
//! directory of that name anywhere below it, and where it is denied anywhere at all. A pattern that matches a directory is about everything in
//! it. `..` is resolved first. Links are not followed: a link within an allowed directory leads to
//! wherever it leads, and a denied file can be reached by a link elsewhere. A search in a directory
//! above a denied file is asked.
//!
//! **Commands** are parsed. A command line is allowed only if every command in it is allowed, wherever it stands:
//! behind `;`, `&&`, `|` or `&`, in substitutions, in loops, or behind `timeout` or `xargs`. Output to a file
//! counts as a write of that file. People are asked about a command that cannot be parsed or predicted. A command
//! line is denied if any command in it is denied, also by its path, behind `sudo`, `env`, `sh -c` or `eval`.
//! People are asked if a denied command stands among the words of an unknown program, or is the value of an option
//! that may run it (`rg --pre=rm`). Which shell runs a command is not known: it is allowed only if bash, dash and
//! zsh read it the same way. A denied path is also denied as a word of a command, or as the file of a redirection.
//! The actions of a program itself stay invisible: `python3 script.py`, `make`, `grep -r x ..`. Rules assume people
//! and models of good faith; protection from others needs a sandbox.
//!
//! # Layout
//!
//! * `rule`, `paths`: how rules are written. `tools`: what a use of a tool does.
//! * `command`, `files`, `pages`: how each of that is judged; `shell`: a command, taken to pieces.

use std::path::{Path, PathBuf};

use serde_json::Value;

mod command;
mod files;
mod pages;
mod paths;
mod rule;
pub(crate) mod shell;
mod tools;

pub use paths::PathPatternError;
pub use rule::{READ_ONLY, RuleError};
pub use shell::pattern::CommandPatternError;

use rule::{About, Rule};
use tools::{Does, Group};

/// What a [`Policy`] is made of.
#[derive(Debug, Clone, Default)]
pub struct PolicySettings {
    /// Rules for what is denied.
    pub deny: Vec<String>,
    /// Rules for what is allowed.
    pub allow: Vec<String>,
    /// What becomes of the rest.
    pub otherwise: Otherwise,
    /// The home directory of the user that the agent runs as, for paths with `~`.
    pub home: Option<PathBuf>,
}

/// What becomes of a call that no rule is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// Somebody is asked.
    #[default]
    Ask,
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
}

/// One of the two lists of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// What is denied.
    Deny,
    /// What is allowed.
    Allow,
}

impl List {
    /// The list's name, as settings spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
        }
    }
}

/// A rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule {rule:?} in the list `{}` cannot be used: {problem}", list.as_str())]
pub struct PolicyError {
    /// Which list it is in.
    pub list: List,
    /// Which of that list, from 0.
    pub at: usize,
    /// The rule.
    pub rule: String,
    /// What is wrong with it, and what to do.
    pub problem: RuleError,
}

/// A rule that allows more than it seems to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule {rule:?} allows more than it seems to: {what}; {WRITE_DOWN}")]
pub struct PolicyWarning {
    /// The index of the rule in `allow`.
    pub at: usize,
    /// The rule.
    pub rule: String,
    /// The dangerous calls that the rule allows.
    pub what: &'static str,
}

const WRITE_DOWN: &str = "write down the calls that are meant, or use `Bash(@read-only)`";

/// Which uses of tools are allowed.
#[derive(Debug, Clone)]
pub struct Policy {
    deny: Vec<Rule>,
    allow: Vec<Rule>,
    otherwise: Otherwise,
    home: Option<PathBuf>,
}

/// A use of a tool.
#[derive(Debug, Clone, Copy)]
pub struct ToolCall<'a> {
    /// The tool, by the agent's name for it.
    pub tool: &'a str,
    /// What it is given.
    pub input: &'a Value,
    /// Where it runs: an absolute path, without links where that matters.
    pub working_dir: &'a Path,
    /// Where the paths of the rules begin, in the same form: where the agent was begun.
    pub project: &'a Path,
}

/// What a policy says to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It is allowed.
    Allowed,
    /// It is denied.
    Denied {
        /// Why, for people and for the model.
        why: String,
    },
    /// Somebody is asked.
    Ask {
        /// Why, for people.
        why: String,
    },
}

impl Ruling {
    fn ask(why: impl Into<String>) -> Self {
        Self::Ask { why: why.into() }
    }

    fn denied_by(rule: &Rule) -> Self {
        Self::Denied {
            why: format!("the rule `{}` denies it", rule.text),
        }
    }
}

impl Policy {
    /// A policy of these rules.
    pub fn new(settings: &PolicySettings) -> Result<Self, PolicyError> {
        let home = settings.home.as_deref();
        let rules = |list, rules: &[String]| {
            let rules = rules.iter().enumerate().map(|(at, rule)| {
                Rule::parse(rule, list, home).map_err(|problem| PolicyError {
                    list,
                    at,
                    rule: rule.clone(),
                    problem,
                })
            });
            rules.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            deny: rules(List::Deny, &settings.deny)?,
            allow: rules(List::Allow, &settings.allow)?,
            otherwise: settings.otherwise,
            home: settings.home.clone(),
        })
    }

    /// The rules that allow more than they seem to.
    pub fn warnings(&self) -> Vec<PolicyWarning> {
        let rules = self.allow.iter().enumerate();
        let warnings = rules.filter_map(|(at, rule)| match &rule.about {
            About::Command(pattern) => Some(PolicyWarning {
                at,
                rule: rule.text.clone(),
                what: shell::open::lets_through(pattern)?,
            }),
            _ => None,
        });
        warnings.collect()
    }

    /// What becomes of a call.
    pub fn judge(&self, call: ToolCall<'_>) -> Ruling {
        if let Some(rule) = self.deny.iter().find(|rule| denies_tool(rule, call.tool)) {
            return Ruling::denied_by(rule);
        }
        let judged = match tools::does(call.tool, call.input) {
            Does::Command(command) => Some(self.command(command, call)),
            Does::Reads(path) => self.file(path, Group::Read, call),
            Does::Searches(directory) => self.search(directory, call),
            Does::Changes { path, whole } => {
                let group = if whole { Group::Write } else { Group::Edit };
                self.file(path, group, call)
            }
            Does::Fetches(url) => self.page(url),
            Does::Asks(kind) => self.helper(kind),
            Does::Other => None,
        };
        let ruling = judged
            .or_else(|| self.whole_tool(call.tool).then_some(Ruling::Allowed))
            .unwrap_or_else(|| self.otherwise(format!("no rule is about `{}`", call.tool)));
        match ruling {
            // Nobody is there to be asked.
            Ruling::Ask { why } if self.otherwise == Otherwise::Deny => Ruling::Denied { why },
            ruling => ruling,
        }
    }

    /// What no rule is about.
    fn otherwise(&self, why: String) -> Ruling {
        match self.otherwise {
            Otherwise::Ask => Ruling::Ask { why },
            Otherwise::Allow => Ruling::Allowed,
            Otherwise::Deny => Ruling::Denied { why },
        }
    }

    /// Whether every call of a tool is allowed, as far as nothing denies it.
    fn whole_tool(&self, tool: &str) -> bool {
        self.allow.iter().any(|rule| match &rule.about {
            About::Tool(name) => name == tool,
            About::Server(prefix) => tool.starts_with(prefix.as_str()),
            About::Group(group) => tools::is_of(*group, tool),
            _ => false,
        })
    }

    fn helper(&self, kind: Option<&str>) -> Option<Ruling> {
        let is_this = |rule: &&Rule| match (&rule.about, kind) {
            (About::Helper(name), Some(kind)) => name == kind,
            _ => false,
        };
        if let Some(rule) = self.deny.iter().find(is_this) {
            return Some(Ruling::denied_by(rule));
        }
        self.allow
            .iter()
            .any(|rule| is_this(&rule))
            .then_some(Ruling::Allowed)
    }
}

fn denies_tool(rule: &Rule, tool: &str) -> bool {
    match &rule.about {
        About::Tool(name) => name == tool,
        About::Server(prefix) => tool.starts_with(prefix.as_str()),
        // What must not be written must not be edited.
        About::Group(Group::Write) => tools::is_of(Group::Edit, tool),
        About::Group(group) => tools::is_of(*group, tool),
        _ => false,
    }
}

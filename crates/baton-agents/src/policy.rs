//! Decides whether a tool call is allowed, denied or asked.
//!
//! A [`Policy`] consists of rules in the form of Claude Code's settings. A rule in `deny` wins over a rule in
//! `allow`. A call without a matching rule gets the ruling of [`Otherwise`].
//!
//! | rule | matching calls |
//! |---|---|
//! | `WebSearch`, `mcp__server__tool` | this tool |
//! | `mcp__server`, `mcp__server__*` | every tool of this MCP server |
//! | `Read`, `Read(docs/**)` | tools that read files or search in them |
//! | `Edit`, `Edit(src/**)` | tools that change files |
//! | `Write`, `Write(/tmp/out/**)` | the tool that writes whole files; in `deny`, every change of a file |
//! | `Bash` | every command |
//! | `Bash(cargo test)` | this command; in `deny`, also with more arguments |
//! | `Bash(cargo test *)`, `Bash(cargo test:*)` | this command with any arguments, or none |
//! | `Bash(@read-only)` | commands that only read |
//! | `WebFetch(domain:example.com)`, `…*.example.com` | pages of this host, of subdomains; in `deny`, both |
//! | `Agent(Explore)`, `Task(Explore)` | helpers of this kind |
//!
//! **Paths** begin at the root (`/etc/**`, `//etc/**`), in the home (`~/.ssh/**`) or in the project's
//! directory (`src/**`), whatever the agent's present directory is. A single name (`.env`, `*.md`) matches
//! files and directories of that name anywhere below the project's directory, and in `deny` anywhere on the
//! disk. A pattern for a directory includes everything in the directory. `..` is resolved first. Links are
//! not followed: a link in an allowed directory can lead out of it, and a link elsewhere can reach a denied
//! file. A search in a directory above a denied file is asked.
//!
//! **Commands** are parsed. A command line is allowed only if every command in it is allowed, wherever it
//! stands: behind `;`, `&&`, `|` or `&`, in substitutions, in loops, or behind `timeout` or `xargs`. Output
//! to a file counts as a write of that file. People are asked about a command that cannot be parsed or
//! predicted. A command line is denied if any command in it is denied, also by its path, behind `sudo`,
//! `env`, `sh -c` or `eval`. People are asked if a denied command stands among the words of an unknown
//! program, or is the value of an option that may run it (`rg --pre=rm`). The shell of a command is unknown,
//! so a command is allowed only if bash, dash and zsh read it the same way. A denied path is also denied as a
//! word of a command, or as the file of a redirection. The actions of a program itself stay invisible:
//! `python3 script.py`, `make`, `grep -r x ..`. Rules assume people and models of good faith; protection from
//! others needs a sandbox.
//!
//! # Layout
//!
//! * `rule`, `path_pattern`: the parsing of rules. `tool_action`: the action of a tool call.
//! * `command_judgement`, `file_judgement`, `page_judgement`: the judgement of each action; `shell`: the parsing
//!   of a command.

use std::path::{Path, PathBuf};

use serde_json::Value;

mod command_judgement;
mod file_judgement;
mod page_judgement;
mod path_pattern;
mod rule;
pub(crate) mod shell;
mod tool_action;

pub use path_pattern::PathPatternError;
pub use rule::{READ_ONLY, RuleError};
pub use shell::command_pattern::CommandPatternError;

use rule::{PolicyRule, RuleScope};
use tool_action::{ToolAction, ToolGroup};

/// The settings of a [`Policy`].
#[derive(Debug, Clone, Default)]
pub struct PolicySettings {
    /// Rules for denied calls.
    pub deny: Vec<String>,
    /// Rules for allowed calls.
    pub allow: Vec<String>,
    /// The ruling on all other calls.
    pub otherwise: Otherwise,
    /// The home directory of the user that the agent runs as, for paths with `~`.
    pub home: Option<PathBuf>,
}

/// The ruling on a call without a matching rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// People are asked.
    #[default]
    Ask,
    /// The call is allowed.
    Allow,
    /// The call is denied. Calls that people would be asked about are denied too.
    Deny,
}

/// One of the two lists of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleList {
    /// The denied calls.
    Deny,
    /// The allowed calls.
    Allow,
}

impl RuleList {
    /// The list's name in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
        }
    }
}

/// An invalid rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule {rule:?} in the list `{}` cannot be used: {problem}", list.as_str())]
pub struct PolicyError {
    /// The list of the rule.
    pub list: RuleList,
    /// The index of the rule in the list, from 0.
    pub at: usize,
    /// The text of the rule.
    pub rule: String,
    /// The problem, and advice.
    pub problem: RuleError,
}

/// A rule that allows more than it seems to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rule {rule:?} allows more than it seems to: {what}; {WRITE_DOWN}")]
pub struct PolicyWarning {
    /// The index of the rule in `allow`, from 0.
    pub at: usize,
    /// The text of the rule.
    pub rule: String,
    /// The dangerous calls that the rule allows.
    pub what: &'static str,
}

const WRITE_DOWN: &str = "list the intended calls, or use `Bash(@read-only)`";

/// Rules for tool calls, ready for use.
#[derive(Debug, Clone)]
pub struct Policy {
    deny: Vec<PolicyRule>,
    allow: Vec<PolicyRule>,
    otherwise: Otherwise,
    home: Option<PathBuf>,
}

/// A tool call to judge.
#[derive(Debug, Clone, Copy)]
pub struct ToolCall<'a> {
    /// The agent's name of the tool.
    pub tool: &'a str,
    /// The input of the tool.
    pub input: &'a Value,
    /// The present directory of the agent: an absolute path, with links resolved if the difference matters.
    pub working_dir: &'a Path,
    /// The first directory of the agent, in the same form. Relative paths in rules begin here.
    pub project: &'a Path,
}

/// The decision about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The call is allowed.
    Allowed,
    /// The call is denied.
    Denied {
        /// The reason, for people and for the model.
        why: String,
    },
    /// People are asked.
    Ask {
        /// The reason, for people.
        why: String,
    },
}

impl Ruling {
    fn ask(why: impl Into<String>) -> Self {
        Self::Ask { why: why.into() }
    }

    fn denied_by(rule: &PolicyRule) -> Self {
        Self::Denied {
            why: format!("the rule `{}` denies it", rule.text),
        }
    }
}

impl Policy {
    /// Parses the rules. The first invalid rule is the error.
    pub fn new(settings: &PolicySettings) -> Result<Self, PolicyError> {
        let home = settings.home.as_deref();
        let rules = |list, rules: &[String]| {
            let rules = rules.iter().enumerate().map(|(at, rule)| {
                PolicyRule::parse(rule, list, home).map_err(|problem| PolicyError {
                    list,
                    at,
                    rule: rule.clone(),
                    problem,
                })
            });
            rules.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            deny: rules(RuleList::Deny, &settings.deny)?,
            allow: rules(RuleList::Allow, &settings.allow)?,
            otherwise: settings.otherwise,
            home: settings.home.clone(),
        })
    }

    /// The rules that allow more than they seem to.
    pub fn warnings(&self) -> Vec<PolicyWarning> {
        let rules = self.allow.iter().enumerate();
        let warnings = rules.filter_map(|(at, rule)| match &rule.scope {
            RuleScope::Command(pattern) => Some(PolicyWarning {
                at,
                rule: rule.text.clone(),
                what: shell::open_rules::known_danger(pattern)?,
            }),
            _ => None,
        });
        warnings.collect()
    }

    /// Decides about a call.
    pub fn judge(&self, call: ToolCall<'_>) -> Ruling {
        if let Some(rule) = self.deny.iter().find(|rule| denies_tool(rule, call.tool)) {
            return Ruling::denied_by(rule);
        }
        let judged = match tool_action::parse_action(call.tool, call.input) {
            ToolAction::Command(command) => Some(self.judge_command(command, call)),
            ToolAction::Reads(path) => self.judge_file(path, ToolGroup::Read, call),
            ToolAction::Searches(directory) => self.judge_search(directory, call),
            ToolAction::Changes { path, whole } => {
                let group = if whole {
                    ToolGroup::Write
                } else {
                    ToolGroup::Edit
                };
                self.judge_file(path, group, call)
            }
            ToolAction::Fetches(url) => self.judge_page(url),
            ToolAction::StartsHelper(kind) => self.judge_helper(kind),
            ToolAction::Other => None,
        };
        let ruling = judged
            .or_else(|| self.whole_tool(call.tool).then_some(Ruling::Allowed))
            .unwrap_or_else(|| self.default_ruling(format!("no rule matches `{}`", call.tool)));
        match ruling {
            // Nobody can be asked.
            Ruling::Ask { why } if self.otherwise == Otherwise::Deny => Ruling::Denied { why },
            ruling => ruling,
        }
    }

    /// The ruling on a call without a matching rule.
    fn default_ruling(&self, why: String) -> Ruling {
        match self.otherwise {
            Otherwise::Ask => Ruling::Ask { why },
            Otherwise::Allow => Ruling::Allowed,
            Otherwise::Deny => Ruling::Denied { why },
        }
    }

    /// Whether the rules allow every call of a tool that no rule denies.
    fn whole_tool(&self, tool: &str) -> bool {
        self.allow.iter().any(|rule| match &rule.scope {
            RuleScope::Tool(name) => name == tool,
            RuleScope::Server(prefix) => tool.starts_with(prefix.as_str()),
            RuleScope::Group(group) => tool_action::is_in_group(*group, tool),
            _ => false,
        })
    }

    fn judge_helper(&self, kind: Option<&str>) -> Option<Ruling> {
        let is_this = |rule: &&PolicyRule| match (&rule.scope, kind) {
            (RuleScope::Helper(name), Some(kind)) => name == kind,
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

fn denies_tool(rule: &PolicyRule, tool: &str) -> bool {
    match &rule.scope {
        RuleScope::Tool(name) => name == tool,
        RuleScope::Server(prefix) => tool.starts_with(prefix.as_str()),
        // A file that must not be written must not be edited.
        RuleScope::Group(ToolGroup::Write) => tool_action::is_in_group(ToolGroup::Edit, tool),
        RuleScope::Group(group) => tool_action::is_in_group(*group, tool),
        _ => false,
    }
}

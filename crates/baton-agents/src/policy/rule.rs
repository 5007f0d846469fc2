//! Parses rules: `Read`, `Edit(src/**)`, `Bash(cargo test *)`, `WebFetch(domain:example.com)`,
//! `mcp__server__tool`.

use std::path::Path;

use super::List;
use super::paths::{PathPattern, PathPatternError};
use super::shell::pattern::{CommandPattern, CommandPatternError};
use super::tools::Group;

/// The name for commands that only read, in `Bash(@read-only)`.
pub const READ_ONLY: &str = "@read-only";

/// A parsed rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// The text from the settings.
    pub(super) text: String,
    pub(super) about: About,
}

/// The calls that a rule matches.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// Every call of a tool.
    Tool(String),
    /// Every call of an MCP server's tools. Holds the prefix of their names.
    Server(String),
    /// Every call of a group of tools.
    Group(Group),
    /// Commands that match a pattern.
    Command(CommandPattern),
    /// The commands that only read.
    ReadOnly,
    /// Files that match a pattern, for a group of tools.
    Files(Group, PathPattern),
    /// Pages of this host.
    Domain(String),
    /// Pages of the hosts below this one.
    Subdomains(String),
    /// A kind of helper.
    Helper(String),
}

/// The reason why a rule is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The form is neither `Tool` nor `Tool(…)`.
    #[error("write the name of a tool, such as `Read`, or `Bash(cargo test *)`")]
    Form,
    /// Rules for this tool have no argument.
    #[error("leave the brackets out; only commands, files, pages and helpers can be told apart")]
    NoArgument,
    /// The argument has no prefix `domain:`, or no valid host: `WebFetch(example.com)`.
    #[error("write `WebFetch(domain:example.com)` or `WebFetch(domain:*.example.com)`")]
    Domain,
    /// The named list does not exist.
    #[error("there is no list of this name; write `Bash({READ_ONLY})`")]
    List,
    /// The list [`READ_ONLY`] can be allowed, but not denied.
    #[error("allow this list, do not deny it; to deny every command, write `Bash`")]
    DeniedList,
    /// An invalid pattern for commands.
    #[error(transparent)]
    Command(#[from] CommandPatternError),
    /// An invalid pattern for paths.
    #[error(transparent)]
    Path(#[from] PathPatternError),
}

impl Rule {
    pub(super) fn parse(text: &str, list: List, home: Option<&Path>) -> Result<Self, RuleError> {
        let text = text.trim();
        let about = match text.split_once('(') {
            None => whole_tool(text)?,
            Some((tool, rest)) => {
                let argument = rest.strip_suffix(')').ok_or(RuleError::Form)?.trim();
                is_name(tool)?;
                part_of_tool(tool, argument, list, home)?
            }
        };
        Ok(Self {
            text: text.to_owned(),
            about,
        })
    }
}

fn whole_tool(name: &str) -> Result<About, RuleError> {
    if let Some(server) = name.strip_prefix("mcp__") {
        let server = server.strip_suffix("__*").unwrap_or(server);
        if !server.contains("__") {
            is_name(server)?;
            return Ok(About::Server(format!("mcp__{server}__")));
        }
    }
    is_name(name)?;
    Ok(match name {
        "Bash" => About::Group(Group::Shell),
        "Read" => About::Group(Group::Read),
        "Edit" => About::Group(Group::Edit),
        "Write" => About::Group(Group::Write),
        "Task" | "Agent" => About::Group(Group::Helper),
        name => About::Tool(name.to_owned()),
    })
}

fn part_of_tool(
    tool: &str,
    argument: &str,
    list: List,
    home: Option<&Path>,
) -> Result<About, RuleError> {
    // In Claude Code's settings too, `Tool(*)` means the whole tool.
    if argument == "*" {
        return whole_tool(tool);
    }
    Ok(match tool {
        "Bash" if argument == READ_ONLY && list == List::Deny => return Err(RuleError::DeniedList),
        "Bash" if argument == READ_ONLY => About::ReadOnly,
        "Bash" if argument.starts_with('@') => return Err(RuleError::List),
        "Bash" => About::Command(CommandPattern::parse(argument, list == List::Deny)?),
        "Read" => About::Files(Group::Read, PathPattern::parse(argument, home)?),
        "Edit" => About::Files(Group::Edit, PathPattern::parse(argument, home)?),
        "Write" => About::Files(Group::Write, PathPattern::parse(argument, home)?),
        "WebFetch" => domain(argument)?,
        "Task" | "Agent" => {
            is_name(argument)?;
            About::Helper(argument.to_owned())
        }
        _ => return Err(RuleError::NoArgument),
    })
}

fn domain(argument: &str) -> Result<About, RuleError> {
    let host = argument.strip_prefix("domain:").ok_or(RuleError::Domain)?;
    let host = host.trim().trim_end_matches('.').to_lowercase();
    let (below, host) = match host.strip_prefix("*.") {
        Some(host) => (true, host.to_owned()),
        None => (false, host),
    };
    let plain = !host.is_empty()
        && host.chars().all(|letter| {
            letter.is_alphanumeric() || matches!(letter, '.' | '-' | '[' | ']' | ':')
        });
    if !plain {
        return Err(RuleError::Domain);
    }
    Ok(if below {
        About::Subdomains(host)
    } else {
        About::Domain(host)
    })
}

fn is_name(name: &str) -> Result<(), RuleError> {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':'));
    if plain { Ok(()) } else { Err(RuleError::Form) }
}

//! Parses rules: `Read`, `Edit(src/**)`, `Bash(cargo test *)`, `WebFetch(domain:example.com)`,
//! `mcp__server__tool`.

use std::path::Path;

use super::RuleList;
use super::path_pattern::{PathPattern, PathPatternError};
use super::shell::command_pattern::{CommandPattern, CommandPatternError};
use super::tool_action::ToolGroup;

/// The name for commands that only read, in `Bash(@read-only)`.
pub const READ_ONLY: &str = "@read-only";

/// A parsed rule.
#[derive(Debug, Clone)]
pub(super) struct PolicyRule {
    /// The text from the settings.
    pub(super) text: String,
    pub(super) scope: RuleScope,
}

/// The calls that a rule matches.
#[derive(Debug, Clone)]
pub(super) enum RuleScope {
    /// Every call of a tool.
    Tool(String),
    /// Every call of an MCP server's tools. Holds the prefix of their names.
    Server(String),
    /// Every call of a group of tools.
    Group(ToolGroup),
    /// Commands that match a pattern.
    Command(CommandPattern),
    /// The commands that only read.
    ReadOnly,
    /// Files that match a pattern, for a group of tools.
    Files(ToolGroup, PathPattern),
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
    #[error(
        "leave the brackets out; only rules for commands, files, pages and helpers have an argument"
    )]
    NoArgument,
    /// The argument has no prefix `domain:`, or no valid host: `WebFetch(example.com)`.
    #[error("write `WebFetch(domain:example.com)` or `WebFetch(domain:*.example.com)`")]
    Domain,
    /// The named list does not exist.
    #[error("there is no list of this name; write `Bash({READ_ONLY})`")]
    List,
    /// The list [`READ_ONLY`] can be allowed, but not denied.
    #[error("this list can only be allowed; to deny every command, write `Bash`")]
    DeniedList,
    /// An invalid pattern for commands.
    #[error(transparent)]
    Command(#[from] CommandPatternError),
    /// An invalid pattern for paths.
    #[error(transparent)]
    Path(#[from] PathPatternError),
}

impl PolicyRule {
    pub(super) fn parse(
        text: &str,
        list: RuleList,
        home: Option<&Path>,
    ) -> Result<Self, RuleError> {
        let text = text.trim();
        let scope = match text.split_once('(') {
            None => parse_whole_tool(text)?,
            Some((tool, rest)) => {
                let argument = rest.strip_suffix(')').ok_or(RuleError::Form)?.trim();
                check_name(tool)?;
                parse_part_of_tool(tool, argument, list, home)?
            }
        };
        Ok(Self {
            text: text.to_owned(),
            scope,
        })
    }
}

fn parse_whole_tool(name: &str) -> Result<RuleScope, RuleError> {
    if let Some(server) = name.strip_prefix("mcp__") {
        let server = server.strip_suffix("__*").unwrap_or(server);
        if !server.contains("__") {
            check_name(server)?;
            return Ok(RuleScope::Server(format!("mcp__{server}__")));
        }
    }
    check_name(name)?;
    Ok(match name {
        "Bash" => RuleScope::Group(ToolGroup::Shell),
        "Read" => RuleScope::Group(ToolGroup::Read),
        "Edit" => RuleScope::Group(ToolGroup::Edit),
        "Write" => RuleScope::Group(ToolGroup::Write),
        "Task" | "Agent" => RuleScope::Group(ToolGroup::Helper),
        name => RuleScope::Tool(name.to_owned()),
    })
}

fn parse_part_of_tool(
    tool: &str,
    argument: &str,
    list: RuleList,
    home: Option<&Path>,
) -> Result<RuleScope, RuleError> {
    // In Claude Code's settings too, `Tool(*)` means the whole tool.
    if argument == "*" {
        return parse_whole_tool(tool);
    }
    Ok(match tool {
        "Bash" if argument == READ_ONLY && list == RuleList::Deny => {
            return Err(RuleError::DeniedList);
        }
        "Bash" if argument == READ_ONLY => RuleScope::ReadOnly,
        "Bash" if argument.starts_with('@') => return Err(RuleError::List),
        "Bash" => RuleScope::Command(CommandPattern::parse(argument, list == RuleList::Deny)?),
        "Read" => RuleScope::Files(ToolGroup::Read, PathPattern::parse(argument, home)?),
        "Edit" => RuleScope::Files(ToolGroup::Edit, PathPattern::parse(argument, home)?),
        "Write" => RuleScope::Files(ToolGroup::Write, PathPattern::parse(argument, home)?),
        "WebFetch" => parse_domain(argument)?,
        "Task" | "Agent" => {
            check_name(argument)?;
            RuleScope::Helper(argument.to_owned())
        }
        _ => return Err(RuleError::NoArgument),
    })
}

fn parse_domain(argument: &str) -> Result<RuleScope, RuleError> {
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
        RuleScope::Subdomains(host)
    } else {
        RuleScope::Domain(host)
    })
}

fn check_name(name: &str) -> Result<(), RuleError> {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':'));
    if plain { Ok(()) } else { Err(RuleError::Form) }
}

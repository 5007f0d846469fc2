//! Rules: `Read`, `Edit(src/**)`, `Bash(cargo test *)`, `WebFetch(domain:example.com)`,
//! `mcp__server__tool`.

use std::path::Path;

use super::List;
use super::paths::{PathPattern, PathPatternError};
use super::shell::pattern::{CommandPattern, CommandPatternError};
use super::tools::Group;

/// The name of the list of commands that only read, in `Bash(@read-only)`.
pub const READ_ONLY: &str = "@read-only";

/// Which calls.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// As it was written.
    pub(super) text: String,
    pub(super) about: About,
}

/// What a rule is about.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// Every call of a tool.
    Tool(String),
    /// Every call of the tools of an MCP server; its tools begin like this.
    Server(String),
    /// Every call of the tools that do the same.
    Group(Group),
    /// Commands.
    Command(CommandPattern),
    /// The commands that only read.
    ReadOnly,
    /// Files.
    Files(Group, PathPattern),
    /// Pages of this host.
    Domain(String),
    /// Pages of the hosts below this one.
    Subdomains(String),
    /// A kind of helper.
    Helper(String),
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not `Tool` or `Tool(…)`.
    #[error("write the name of a tool, such as `Read`, or `Bash(cargo test *)`")]
    Form,
    /// The tool has nothing that rules know.
    #[error("leave the brackets out; only commands, files, pages and helpers can be told apart")]
    NoArgument,
    /// `WebFetch(example.com)`
    #[error("write `WebFetch(domain:example.com)` or `WebFetch(domain:*.example.com)`")]
    Domain,
    /// There is no such list.
    #[error("there is no list of this name; write `Bash({READ_ONLY})`")]
    List,
    /// Reading is what is allowed, never what is denied.
    #[error("allow this list, do not deny it; to deny every command, write `Bash`")]
    DeniedList,
    /// No pattern for commands.
    #[error(transparent)]
    Command(#[from] CommandPatternError),
    /// No pattern for paths.
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
    // As the CLI has it, `Tool(*)` is the tool.
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

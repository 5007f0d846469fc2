//! Warnings about valid but suspicious configurations, shown by `baton config check` and in the log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use baton_agents::policy::Policy;
use baton_agents::{can_run, offers_asking_mode};

use super::BatonConfig;
use super::agent_tables::AgentTable;
use super::agent_tables::acp_table::AcpTable;
use super::agent_tables::claude_table::ClaudeTable;
use super::agent_tables::policy_table::OtherwiseWord;
use super::config_document::ConfigDocument;
use super::config_problem::{ConfigProblem, did_you_mean, render_choices};
use super::speech_table::SpeechTable;

/// The modes of the Claude CLI. Later versions may have more.
const PERMISSION_MODES: &[&str] = &[
    "acceptEdits",
    "auto",
    "bypassPermissions",
    "default",
    "dontAsk",
    "manual",
    "plan",
];

/// Words in the names of variables that hold secrets.
const SECRET_NAMES: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"];

/// Prefixes of the secrets of well-known services.
const SECRET_BEGINS: &[&str] = &[
    "sk-",
    "ghp_",
    "github_pat_",
    "xoxb-",
    "AKIA",
    "AIza",
    "glpat-",
];

/// All warnings about a configuration.
pub(crate) fn find_warnings(config: &BatonConfig, document: &ConfigDocument) -> Vec<ConfigProblem> {
    let mut warnings = Vec::new();
    for (name, agent) in &config.agents {
        let mut warn = |keys: &[&str], what: String| {
            let keys = [&["agents", name], keys].concat();
            warnings.push(document.problem_at(&keys, what));
        };
        warn_of_policy(agent, &mut warn);
        warn_of_program(agent, document.folder(), &mut warn);
        warn_of_secrets(agent, &mut warn);
        match agent {
            AgentTable::Claude(table) => warn_of_claude_mode(table, &mut warn),
            AgentTable::Acp(table) => warn_of_acp_mode(table, &mut warn),
            _ => {}
        }
    }
    if let Some(SpeechTable::Command(table)) = &config.speech {
        let program = table.command.first().map_or("", String::as_str);
        let directory = table
            .directory
            .as_ref()
            .map(|it| document.folder().join(it));
        if !is_runnable(program, None, directory.as_deref()) {
            let what = missing_program(program);
            warnings.push(document.problem_at(&["speech", "command"], what));
        }
    }
    warnings
}

fn missing_program(program: &str) -> String {
    format!("the program {program:?} was not found; install it, or give its full path")
}

fn warn_of_policy(agent: &AgentTable, warn: &mut impl FnMut(&[&str], String)) {
    // The warnings do not depend on the home folder.
    let policy = agent.policy();
    let policy = policy.map(|policy| policy.policy_settings(Some(PathBuf::from("/"))));
    if let Some(Ok(policy)) = policy.as_ref().map(Policy::new) {
        for warning in policy.warnings() {
            let number = warning.at.to_string();
            warn(&["policy", "allow", &number], warning.to_string());
        }
    }
}

/// `folder` is the folder of the configuration.
fn warn_of_program(agent: &AgentTable, folder: &Path, warn: &mut impl FnMut(&[&str], String)) {
    let Some((key, program)) = program_of(agent) else {
        return;
    };
    let path = environment_of(agent).and_then(|env| env.get("PATH"));
    let directory = agent.directory().map(|directory| folder.join(directory));
    if !is_runnable(program, path.map(String::as_str), directory.as_deref()) {
        warn(&[key], missing_program(program));
    }
}

fn warn_of_secrets(agent: &AgentTable, warn: &mut impl FnMut(&[&str], String)) {
    for (variable, value) in environment_of(agent).into_iter().flatten() {
        if is_secret(variable, value) {
            let what = format!(
                "this value looks like a secret, and this file is copied and shown; remove the value, and \
                 write secrets.{variable} = {{ env = \"NAME\" }} or {{ file = \"path\" }}"
            );
            warn(&["env", variable], what);
        }
    }
}

fn warn_of_claude_mode(table: &ClaudeTable, warn: &mut impl FnMut(&[&str], String)) {
    if let Some(mode) = &table.permission_mode
        && !PERMISSION_MODES.contains(&mode.as_str())
    {
        let nearest = did_you_mean(mode, PERMISSION_MODES.iter().copied());
        let known = render_choices(PERMISSION_MODES.iter().copied());
        let what = format!("the Claude CLI knows no mode `{mode}`{nearest} (known: {known})");
        warn(&["permission_mode"], what);
    }
}

fn warn_of_acp_mode(table: &AcpTable, warn: &mut impl FnMut(&[&str], String)) {
    let asks = table.mode.is_some() || offers_asking_mode(&table.command);
    if !asks && table.policy.otherwise != OtherwiseWord::Allow {
        let what = "Baton does not know whether this agent asks before it acts. If the agent offers \
                    a known mode that asks, Baton chooses this mode. To be sure, name the mode \
                    (mode = \"…\"). The first reply says if there is no such mode";
        warn(&["mode"], what.to_owned());
    }
}

/// The program that an agent runs, and the key that names it.
fn program_of(agent: &AgentTable) -> Option<(&'static str, &str)> {
    let (key, program) = match agent {
        AgentTable::Command(table) => ("command", table.command.first()),
        AgentTable::Acp(table) => ("command", table.command.first()),
        AgentTable::Claude(table) => ("program", Some(&table.program)),
        AgentTable::Echo(_) | AgentTable::Openai(_) | AgentTable::Worker(_) => return None,
    };
    program.map(|program| (key, program.as_str()))
}

/// The environment variables set for an agent's program.
fn environment_of(agent: &AgentTable) -> Option<&BTreeMap<String, String>> {
    match agent {
        AgentTable::Command(table) => Some(&table.env),
        AgentTable::Acp(table) => Some(&table.env),
        AgentTable::Claude(table) => Some(&table.env),
        AgentTable::Echo(_) | AgentTable::Openai(_) | AgentTable::Worker(_) => None,
    }
}

/// Whether a program can be run, by its path or from a folder in `PATH`.
fn is_runnable(program: &str, path: Option<&str>, directory: Option<&Path>) -> bool {
    let path = path.map_or_else(|| std::env::var_os("PATH").unwrap_or_default(), Into::into);
    can_run(program, &path, directory)
}

fn is_secret(variable: &str, value: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    let parts = || variable.split('_');
    let named = parts().any(|part| {
        SECRET_NAMES.contains(&part) || SECRET_NAMES.iter().any(|name| part == format!("{name}S"))
    }) || variable.ends_with("APIKEY");
    // A number is a limit (`MAX_TOKENS`), and a path is the location of a secret.
    let plain = value.is_empty()
        || value.chars().all(|letter| letter.is_ascii_digit())
        || value.starts_with(['/', '.', '~'])
        || value.eq_ignore_ascii_case("true")
        || value.eq_ignore_ascii_case("false");
    (named && !plain) || SECRET_BEGINS.iter().any(|begin| value.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_or_its_beginning() {
        for (variable, value) in [
            ("OPENAI_API_KEY", "x"),
            ("github_token", "abc"),
            ("DB_PASSWORD", "hunter2"),
            ("X", "sk-ant-1"),
            ("APIKEY", "x"),
        ] {
            assert!(is_secret(variable, value), "{variable}");
        }
        for (variable, value) in [
            ("MAX_TOKENS", "4096"),
            ("KEYBOARD", "us"),
            ("TOKEN_FILE", "/run/secrets/token"),
            ("DISABLE_TOKEN", "true"),
            ("TOKEN", ""),
            ("LANG", "C"),
        ] {
            assert!(!is_secret(variable, value), "{variable}");
        }
    }
}

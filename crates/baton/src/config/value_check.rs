//! Checks that the values in a configuration are possible.

use std::path::PathBuf;
use std::time::Duration;

use baton_agents::policy::Policy;
use baton_channels::web::is_color;
use url::Url;

use super::BatonConfig;
use super::agent_tables::AgentTable;
use super::agent_tables::openai_table::OpenaiTable;
use super::config_document::ConfigDocument;
use super::config_problem::ConfigProblem;
use super::files_table::FilesTable;
use super::persona_table::PersonaTable;
use super::projects_table::ProjectsTable;
use super::speech_table::SpeechTable;

/// Returns all values with the right type but without a possible meaning.
pub(crate) fn check_values(config: &BatonConfig, document: &ConfigDocument) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let mut report = |keys: &[&str], what: &str| problems.push(document.problem_at(keys, what));
    for (name, agent) in &config.agents {
        check_agent(name, agent, document, &mut report);
    }
    for (name, persona) in &config.personas {
        let agent = config.agents.get(&persona.agent);
        check_persona(name, persona, agent, document, &mut report);
    }
    check_files(&config.files, &mut report);
    if let Some(speech) = &config.speech {
        check_speech(speech, document, &mut report);
    }
    check_projects(&config.projects, &mut report);
    for channel in &config.channels.others {
        let mut report = |keys: &[&str], what: &str| report(&channel.full_keys(keys), what);
        channel.config.check_values(&mut report);
    }
    check_hosts(&config.server.hosts, &mut report);
    problems
}

fn check_agent(
    name: &str,
    agent: &AgentTable,
    document: &ConfigDocument,
    report: &mut impl FnMut(&[&str], &str),
) {
    let key = |key| ["agents", name, key];
    let directory = agent.directory();
    if directory.is_some_and(|directory| !document.folder().join(directory).is_dir()) {
        report(&key("directory"), NO_FOLDER);
    }
    // The mistakes of a policy do not depend on the home folder.
    let policy = agent.policy();
    let policy = policy.map(|policy| policy.policy_settings(Some(PathBuf::from("/"))));
    if let Some(Err(error)) = policy.as_ref().map(Policy::new) {
        let keys = [
            "agents",
            name,
            "policy",
            error.list.as_str(),
            &error.at.to_string(),
        ];
        report(&keys, &error.problem.to_string());
    }
    match agent {
        AgentTable::Openai(table) => {
            if let Some(what) = wrong_address(table) {
                report(&key("base_url"), what);
            }
            if table.model.trim().is_empty() {
                let what = "write the server's name for the model, such as \"llama3.2\"";
                report(&key("model"), what);
            }
        }
        AgentTable::Command(table) if !has_program(&table.command) => {
            report(&key("command"), NO_PROGRAM);
        }
        AgentTable::Acp(table) if !has_program(&table.command) => {
            report(&key("command"), NO_PROGRAM);
        }
        AgentTable::Claude(table) if table.program.trim().is_empty() => {
            let what = "this must be the Claude Code CLI: claude, or its path";
            report(&key("program"), what);
        }
        _ => {}
    }
}

/// `agent` is the persona's agent; `None` for an unknown agent.
fn check_persona(
    name: &str,
    persona: &PersonaTable,
    agent: Option<&AgentTable>,
    document: &ConfigDocument,
    report: &mut impl FnMut(&[&str], &str),
) {
    let key = |key| ["personas", name, key];
    if let Some(directory) = &persona.directory {
        if agent.is_some_and(|agent| !agent.works_in_a_folder()) {
            let what = "the agent works in no folder; remove this key";
            report(&key("directory"), what);
        } else if !document.folder().join(directory).is_dir() {
            report(&key("directory"), NO_FOLDER);
        }
    }
    let prompt = persona.user_prompt.as_ref();
    if prompt.is_some_and(|prompt| !prompt.contains("{text}")) {
        let what = "without {text} the agent never sees the message; write {text} at the place of the message";
        report(&key("user_prompt"), what);
    }
    if persona.color.as_ref().is_some_and(|color| !is_color(color)) {
        let what = "write the colour as #rgb or #rrggbb, in hexadecimal digits";
        report(&key("color"), what);
    }
}

fn check_files(table: &FilesTable, report: &mut impl FnMut(&[&str], &str)) {
    let limits = table.file_limits();
    if limits.uploads < limits.size {
        let key = if table.uploads_mib.is_some() {
            "uploads_mib"
        } else {
            "size_mib"
        };
        let what = "the limit of all uploads (uploads_mib) must be at least the limit of one file (size_mib)";
        report(&["files", key], what);
    }
}

fn check_speech(
    table: &SpeechTable,
    document: &ConfigDocument,
    report: &mut impl FnMut(&[&str], &str),
) {
    let key = |key| ["speech", key];
    if table.speech_limits().time.is_zero() {
        report(&key("time_seconds"), "this must be more than 0");
    }
    match table {
        SpeechTable::Openai(table) => {
            if table.server_url().is_none() {
                report(
                    &key("url"),
                    "this must be an address like http://127.0.0.1:8080",
                );
            }
            if table.model.trim().is_empty() {
                let what = "write the server's name for the model, such as \"whisper-1\"";
                report(&key("model"), what);
            }
        }
        SpeechTable::Command(table) => {
            if !has_program(&table.command) {
                report(&key("command"), NO_PROGRAM);
            }
            let directory = table.directory.as_ref();
            if directory.is_some_and(|directory| !document.folder().join(directory).is_dir()) {
                report(&key("directory"), NO_FOLDER);
            }
        }
    }
}

fn check_projects(table: &ProjectsTable, report: &mut impl FnMut(&[&str], &str)) {
    let clone = table.clone_seconds.map(Duration::from);
    if clone.is_some_and(|limit| limit.is_zero() || limit > LONGEST_CLONE) {
        let what = "this must be more than 0 and at most 840: chat platforms show no answer after a \
                    quarter of an hour";
        report(&["projects", "clone_seconds"], what);
    }
}

fn check_hosts(hosts: &[String], report: &mut impl FnMut(&[&str], &str)) {
    for (number, host) in hosts.iter().enumerate() {
        if !is_host(host) {
            let what = "this must be a host name as browsers send it, such as \"chat.example.org\" or \
                        \"chat.example.org:8443\", without http:// and path, with xn--… for other letters";
            report(&["server", "hosts", &number.to_string()], what);
        }
    }
}

/// Some chat platforms show an answer for at most 15 minutes after a command.
const LONGEST_CLONE: Duration = Duration::from_mins(14);

/// The error in the address of a model's server, if the address is invalid.
fn wrong_address(table: &OpenaiTable) -> Option<&'static str> {
    let Some(server) = table.server_url() else {
        return Some("this must be an address like http://127.0.0.1:11434/v1");
    };
    let path = server.path().trim_end_matches('/');
    let is_call = ENDPOINTS.iter().any(|endpoint| path.ends_with(endpoint));
    is_call.then_some(
        "this is the address of one API call; keep only the server's base address, which usually ends in /v1",
    )
}

/// Last parts of addresses of single API calls. Baton adds such a part itself, and people copy them by
/// mistake.
const ENDPOINTS: &[&str] = &["/completions", "/models", "/embeddings", "/responses"];

const NO_FOLDER: &str = "this folder does not exist; create the folder, or name another";
const NO_PROGRAM: &str = "the first item must be the program to run";

fn has_program(command: &[String]) -> bool {
    command.first().is_some_and(|it| !it.trim().is_empty())
}

/// Whether a browser can send this text as its Host header: a name or an address, with an optional port.
fn is_host(text: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{text}/")) else {
        return false;
    };
    let port = url.port().map(|port| format!(":{port}"));
    let host = url.host_str().unwrap_or_default();
    let spelled = format!("{host}{}", port.unwrap_or_default());
    // A browser makes the same changes as the parser before it sends a host. A changed text therefore never
    // matches.
    let text = text.strip_suffix(":80").unwrap_or(text);
    !host.contains('*') && spelled.eq_ignore_ascii_case(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_a_browser_sends() {
        for host in [
            "chat.example.org",
            "Chat.Example.org:8443",
            "localhost:80",
            "10.0.0.1",
            "[::1]:7420",
            "xn--bro-hoa.example",
        ] {
            assert!(is_host(host), "{host}");
        }
        for nothing in [
            "",
            " ",
            "https://x/",
            "x/",
            "x y",
            "a@x",
            "*.example.org",
            "büro.example",
            "x:port",
            "x:99999",
            "x?y",
        ] {
            assert!(!is_host(nothing), "{nothing}");
        }
    }
}

//! Checks that the names in a configuration refer to existing tables, and that all keys fit together.

use baton_channels::web;
use baton_channels::web::settings::{GUEST, LOCAL};

use super::BatonConfig;
use super::config_document::ConfigDocument;
use super::config_problem::{ConfigProblem, did_you_mean, render_choices};
use super::persona_table::QueueModeWord;

/// The most characters in a name, because names appear in addresses and before every post.
const LONGEST_NAME: usize = 64;

/// Returns all references to missing tables, all contradictory keys, and all invalid names.
pub(crate) fn check_references(
    config: &BatonConfig,
    document: &ConfigDocument,
) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let mut report = |keys: &[&str], what: String| problems.push(document.problem_at(keys, what));

    let tables = [
        ("agents", config.agents.keys().collect::<Vec<_>>()),
        ("personas", config.personas.keys().collect()),
        ("people", config.people.keys().collect()),
        (
            "channels.web.rooms",
            config.channels.web.rooms.keys().collect(),
        ),
    ];
    for (table, names) in tables {
        for name in names {
            let long = name.chars().count() > LONGEST_NAME;
            if name.trim().is_empty() || long || name.chars().any(char::is_control) {
                let what =
                    format!("a name has 1 to {LONGEST_NAME} characters, all of them visible");
                let keys: Vec<_> = table.split('.').chain([name.as_str()]).collect();
                report(&keys, what);
            }
        }
    }

    for (id, whose) in [
        (GUEST, "all guests"),
        (LOCAL, "the people on this machine, without a sign-in"),
    ] {
        if config.people.contains_key(id) {
            report(&["people", id], taken_name_error(id, whose));
        }
    }

    for (name, persona) in &config.personas {
        if !config.agents.contains_key(&persona.agent) {
            let what = unknown_name_error("agent", "agents", &persona.agent, config.agents.keys());
            report(&["personas", name, "agent"], what);
        }
        if persona.collect_seconds.is_some() && persona.mode != QueueModeWord::Collect {
            let what = "this key has no effect without mode = \"collect\"".to_owned();
            report(&["personas", name, "collect_seconds"], what);
        }
    }

    check_projects(config, &mut report);
    check_answerers(config, &mut report);

    check_web(config, &mut report);
    problems
}

fn taken_name_error(id: &str, whose: &str) -> String {
    format!("`{id}` is the reserved name of {whose}; choose another name")
}

/// Checks the members of the web rooms, and that exactly one persona is the default of the page.
fn check_web(config: &BatonConfig, report: &mut impl FnMut(&[&str], String)) {
    let web = &config.channels.web;
    for (room, table) in &web.rooms {
        let keys = ["channels", "web", "rooms", room];
        if web.public && room == web::DEFAULT_ROOM {
            let what = "`public = true` opens this room to everybody; remove one of the two";
            report(&keys, what.to_owned());
        }
        for (number, member) in table.members.iter().enumerate() {
            if !config.people.contains_key(member) {
                let what = unknown_name_error("person", "people", member, config.people.keys());
                let [channels, web, rooms, room] = keys;
                let number = number.to_string();
                report(&[channels, web, rooms, room, "members", &number], what);
            }
        }
    }
    let web_keys = |key| ["channels", "web", key];
    match (&web.agent, &web.persona) {
        (Some(_), Some(_)) => {
            let what = "give `agent` or `persona`, not both; a persona has its own agent";
            report(&web_keys("persona"), what.to_owned());
        }
        (Some(agent), None) if !config.agents.contains_key(agent) => {
            let what = unknown_name_error("agent", "agents", agent, config.agents.keys());
            report(&web_keys("agent"), what);
        }
        (Some(agent), None) => {
            if let Some(what) = find_name_conflict(config, agent) {
                report(&web_keys("agent"), what);
            }
        }
        (None, Some(persona)) if !config.personas.contains_key(persona) => {
            let what = unknown_name_error("persona", "personas", persona, config.personas.keys());
            report(&web_keys("persona"), what);
        }
        (None, Some(_)) => {}
        (None, None) => {
            let personas = config.personas.len();
            if personas > 1 || (personas == 0 && config.agents.len() > 1) {
                let what = if personas == 0 {
                    let agents = render_choices(config.agents.keys().map(String::as_str));
                    format!("name the agent that answers on the page: agent = one of {agents}")
                } else {
                    let personas = render_choices(config.personas.keys().map(String::as_str));
                    format!(
                        "name the persona that answers on the page: persona = one of {personas}"
                    )
                };
                report(&["channels", "web"], what);
            }
        }
    }
}

/// Checks the agent for new projects.
fn check_projects(config: &BatonConfig, report: &mut impl FnMut(&[&str], String)) {
    if let Some(agent) = &config.projects.agent {
        match config.agents.get(agent) {
            None => {
                let what = unknown_name_error("agent", "agents", agent, config.agents.keys());
                report(&["projects", "agent"], what);
            }
            Some(table) if !table.works_in_a_folder() => {
                let what =
                    "this agent works in no folder; name an agent of kind claude, acp or command";
                report(&["projects", "agent"], what.to_owned());
            }
            Some(_) => {}
        }
    }
}

/// Checks the tables of channels with an agent or persona: each table names one existing agent or persona.
fn check_answerers(config: &BatonConfig, report: &mut impl FnMut(&[&str], String)) {
    let channels = config.channels.others.iter();
    let answerers = channels.flat_map(|channel| {
        let answerers = channel.config.list_answerers().into_iter();
        answerers.map(|answerer| (channel.full_keys(&answerer.keys), answerer))
    });
    for (keys, answerer) in answerers {
        let key = |key| [&keys[..], &[key]].concat();
        match (answerer.agent, answerer.persona) {
            (Some(_), Some(_)) => {
                let what = "give `agent` or `persona`, not both; a persona has its own agent";
                report(&key("persona"), what.to_owned());
            }
            (Some(agent), None) if !config.agents.contains_key(agent) => {
                let what = unknown_name_error("agent", "agents", agent, config.agents.keys());
                report(&key("agent"), what);
            }
            (Some(agent), None) => {
                if let Some(what) = find_name_conflict(config, agent) {
                    report(&key("agent"), what);
                }
            }
            (None, Some(persona)) if !config.personas.contains_key(persona) => {
                let what =
                    unknown_name_error("persona", "personas", persona, config.personas.keys());
                report(&key("persona"), what);
            }
            (None, Some(_)) => {}
            (None, None) => {
                let what =
                    "name the agent or persona that answers here, with the key agent or persona";
                report(&keys, what.to_owned());
            }
        }
    }
}

/// The error for an agent under its own name, if a persona with another agent has the same name.
fn find_name_conflict(config: &BatonConfig, agent: &str) -> Option<String> {
    let persona = config.personas.get(agent)?;
    (persona.agent != agent).then(|| {
        format!(
            "the persona `{agent}` has the name of this agent and another agent; \
             write persona = \"{agent}\" for the persona, or give the persona another name"
        )
    })
}

fn unknown_name_error<'a>(
    what: &str,
    table: &str,
    name: &str,
    known: impl Iterator<Item = &'a String>,
) -> String {
    let known: Vec<_> = known.map(String::as_str).collect();
    if known.is_empty() {
        return format!("there is no {what} `{name}`; the file has no [{table}.{name}]");
    }
    let nearest = did_you_mean(name, known.iter().copied());
    format!(
        "there is no {what} `{name}`{nearest} (known: {})",
        render_choices(known)
    )
}

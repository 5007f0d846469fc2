//! Messages that wait or run, in the order in which they are claimed.

use baton_core::message::Message;
use baton_core::name::{AgentName, PersonaName};
use baton_core::store::WaitingQuery;
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::sqlite::rows::{MESSAGE, MESSAGE_FROM, list_of, places_in, read_message};
use crate::sqlite::statements::Statements;

const NOT_IN: &str = places_in!("?7");

pub(in crate::sqlite) fn read(
    connection: &Connection,
    query: &WaitingQuery,
) -> rusqlite::Result<Vec<Message>> {
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let list = |names: Vec<&str>| Value::from(names).to_string();
    let personas = (!query.personas.is_empty())
        .then(|| list(query.personas.iter().map(PersonaName::as_str).collect()));
    let agents = query
        .agents
        .as_ref()
        .map(|agents| list(agents.iter().map(AgentName::as_str).collect()));
    let of = query.of.as_ref();
    let channel = of.map(|(channel, _)| channel.as_str());
    let account = of.map(|(_, account)| account.as_str());
    let addresses = query.addresses.as_ref();
    let addresses = addresses.map(|it| list(it.iter().map(String::as_str).collect()));
    let not_in = list_of(&query.not_in);
    let mut messages: Vec<Message> = Vec::new();
    for state in ["running", "waiting"] {
        if state == "running" && query.only_waiting {
            continue;
        }
        let order = if state == "running" {
            // Not in the order of the table, which would be read whole for it.
            "+m.id"
        } else {
            "m.priority DESC, m.id"
        };
        let sql = format!(
            "SELECT {MESSAGE} FROM {MESSAGE_FROM}
             WHERE m.state = '{state}'
               AND (?1 IS NULL OR a.channel = ?1) AND (?2 IS NULL OR a.name = ?2)
               AND (?3 IS NULL OR p.address IN (SELECT value FROM json_each(?3)))
               AND (?4 IS NULL OR c.persona IN (SELECT value FROM json_each(?4)))
               AND (?5 IS NULL OR c.agent IN (SELECT value FROM json_each(?5)))
               AND c.place NOT IN {NOT_IN}
             ORDER BY {order} LIMIT ?6"
        );
        let mut statement = connection.statement(&sql)?;
        let rows = statement.query_map(
            params![channel, account, addresses, personas, agents, limit, not_in],
            read_message,
        )?;
        for message in rows {
            messages.push(message?);
        }
    }
    messages.truncate(query.limit);
    Ok(messages)
}

//! The environment of a child. Baton's own environment holds tokens and keys, so only the variables named
//! here are passed on. The variables of a running Claude CLI are left out too, because another Claude CLI
//! would take itself for a nested one.

use std::collections::BTreeMap;
use std::ffi::OsString;

use baton_core::agent::Turn;
use secrecy::{ExposeSecret, SecretString};

/// Variables that every program needs.
const PASSED_ON: [&str; 8] = [
    "PATH", "HOME", "LANG", "TERM", "TZ", "TMPDIR", "USER", "SHELL",
];
/// The prefix of further language settings.
const PASSED_ON_PREFIX: &str = "LC_";

/// The environment for a turn. Configured variables replace passed-on ones, and variables about the turn
/// replace both.
pub(crate) fn for_turn(
    turn: &Turn,
    configured: &BTreeMap<String, SecretString>,
) -> BTreeMap<OsString, OsString> {
    let mut env = outside_turns(configured);
    let turn = turn_variables(turn).into_iter();
    env.extend(turn.map(|(name, value)| (name.into(), value.into())));
    env
}

/// The environment of a program that runs for no turn.
pub(crate) fn outside_turns(
    configured: &BTreeMap<String, SecretString>,
) -> BTreeMap<OsString, OsString> {
    let passed_on = std::env::vars_os().filter(|(name, _)| {
        name.to_str()
            .is_some_and(|name| PASSED_ON.contains(&name) || name.starts_with(PASSED_ON_PREFIX))
    });
    let configured = configured.iter();
    let configured = configured.map(|(name, value)| (name.into(), value.expose_secret().into()));
    passed_on.chain(configured).collect()
}

fn turn_variables(turn: &Turn) -> Vec<(&'static str, String)> {
    let claim = &turn.claim;
    let place = &claim.place;
    let mut vars = vec![
        ("BATON_CONVERSATION", claim.conversation.to_string()),
        ("BATON_PERSONA", claim.persona.to_string()),
        (
            "BATON_PLACE",
            format!("{}/{}/{}", place.channel, place.account, place.address),
        ),
        ("BATON_ATTEMPT", claim.attempt.to_string()),
    ];
    if claim.interrupted {
        vars.push(("BATON_INTERRUPTED", "1".to_owned()));
    }
    if let Some(outbox) = &turn.files.outbox {
        vars.push(("BATON_OUTBOX", outbox.display().to_string()));
    }
    // The address of a place may contain a zero character. A program with such a variable would not start.
    for (_, value) in &mut vars {
        value.retain(|letter| letter != '\0');
    }
    vars
}

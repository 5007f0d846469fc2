//! What a child finds in its environment. Ours holds tokens and keys, so nothing of it is passed on
//! but what is named here; nor what would make the Claude CLI think that it runs inside another one.

use std::collections::BTreeMap;
use std::ffi::OsString;

use baton_core::agent::Turn;
use secrecy::{ExposeSecret, SecretString};

/// What programs need to work at all.
const PASSED_ON: [&str; 8] = [
    "PATH", "HOME", "LANG", "TERM", "TZ", "TMPDIR", "USER", "SHELL",
];
/// Language settings, each of a name of its own.
const PASSED_ON_PREFIX: &str = "LC_";

/// All that a program gets. What is configured wins over what is passed on, and what we say of the
/// turn over both.
pub(crate) fn of(
    turn: &Turn,
    configured: &BTreeMap<String, SecretString>,
) -> BTreeMap<OsString, OsString> {
    let mut env = outside_turns(configured);
    let turn = of_turn(turn).into_iter();
    env.extend(turn.map(|(name, value)| (name.into(), value.into())));
    env
}

/// What a program gets that is run for no turn.
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

fn of_turn(turn: &Turn) -> Vec<(&'static str, String)> {
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
    // A room may be called anything; a program with such a variable could not be started.
    for (_, value) in &mut vars {
        value.retain(|letter| letter != '\0');
    }
    vars
}

//! What is configured.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::name::{AgentName, PersonId, PersonaName};
use baton_core::retry::RetryPolicy;
use ipnet::IpNet;
use secrecy::SecretString;

use super::connections::ConnectionLimits;

/// Somebody who copies a token wrongly needs a few tries; somebody who guesses one, very many.
const WRONG_TOKENS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");

/// Shorter than what proxies wait for (nginx: 60 s); the page's script knows it (`stream.js`).
const PINGS: Duration = Duration::from_secs(15);

/// Whether others than this machine's own users come: by the address, or through a proxy here that
/// answers for us under a name of the world.
pub fn strangers_come(listening: SocketAddr, hosts: &[String], trusted_proxies: &[IpNet]) -> bool {
    !listening.ip().is_loopback() || !hosts.is_empty() || !trusted_proxies.is_empty()
}

/// Who every guest is to us.
pub const GUEST: &str = "guest";
/// Who it is that needs not sign in: whoever is on this machine, and this program's command line.
pub const LOCAL: &str = "local";

/// How the web channel is run.
#[derive(Clone)]
pub struct WebSettings {
    /// Who answers where a post names nobody.
    pub default_persona: PersonaName,
    /// Anyone may read and write in the default room; nothing else is open to them.
    pub public: bool,
    /// Who may sign in. While this is empty and no [strangers come](strangers_come), everybody who
    /// reaches it is the operator, unless it is `public`.
    pub people: Vec<PersonAccount>,
    /// Rooms for some only: who may enter, besides operators. Whoever has signed in may enter any
    /// other room.
    pub rooms: BTreeMap<String, BTreeSet<PersonId>>,
    /// The program's own token, for its command line; an operator's.
    pub operator_token: Option<SecretString>,
    /// The names under which the page is reached, besides its address and loopback's names; each
    /// with its port where that is not the scheme's own.
    pub hosts: Vec<String>,
    /// The proxies whose word is taken for whose request they hand on.
    pub trusted_proxies: Vec<IpNet>,
    /// How many posts are taken from one address a minute; `None` for any number.
    pub posts_per_minute: Option<NonZeroU32>,
    /// After how many wrong tokens a minute from one address the next ones must wait.
    pub wrong_tokens_per_minute: NonZeroU32,
    /// How many connections there may be, and how long one may be silent.
    pub connections: ConnectionLimits,
    /// The agents whose messages outside workers answer.
    pub worker_agents: Vec<AgentName>,
    /// How often somebody who reads along is sent something, where there is nothing to tell.
    pub pings: Duration,
    /// When a message is tried again that a worker failed to answer.
    pub retry: RetryPolicy,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

impl WebSettings {
    /// Nothing configured but who answers.
    pub fn new(default_persona: impl Into<PersonaName>, clock: Arc<dyn Clock>) -> Self {
        Self {
            default_persona: default_persona.into(),
            public: false,
            people: Vec::new(),
            rooms: BTreeMap::new(),
            operator_token: None,
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            posts_per_minute: None,
            wrong_tokens_per_minute: WRONG_TOKENS_PER_MINUTE,
            connections: ConnectionLimits::default(),
            worker_agents: Vec::new(),
            pings: PINGS,
            retry: RetryPolicy::default(),
            clock,
        }
    }

    /// The rooms that this person may not enter.
    pub(crate) fn closed_to(&self, person: &PersonAccount) -> Vec<String> {
        if person.operator {
            return Vec::new();
        }
        let closed = self.rooms.iter();
        let closed = closed.filter(|(_, members)| !members.contains(&person.id));
        closed.map(|(room, _)| room.clone()).collect()
    }

    /// [`strangers_come`] to this page.
    pub(crate) fn strangers_come(&self, listening: SocketAddr) -> bool {
        strangers_come(listening, &self.hosts, &self.trusted_proxies)
    }
}

impl std::fmt::Debug for WebSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSettings")
            .field("default_persona", &self.default_persona)
            .field("public", &self.public)
            .field("people", &self.people)
            .field("rooms", &self.rooms)
            .field("operator_token", &self.operator_token)
            .field("hosts", &self.hosts)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("posts_per_minute", &self.posts_per_minute)
            .field("wrong_tokens_per_minute", &self.wrong_tokens_per_minute)
            .field("connections", &self.connections)
            .field("worker_agents", &self.worker_agents)
            .field("pings", &self.pings)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug)]
pub struct PersonAccount {
    /// Stable; what permissions are given to.
    pub id: PersonId,
    /// What people see.
    pub name: String,
    /// What they sign in with.
    pub token: SecretString,
    /// Whether they also see status, traces and dead letters.
    pub operator: bool,
}

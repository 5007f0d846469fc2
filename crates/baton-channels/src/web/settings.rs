//! Settings of the web channel.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::name::{AgentName, PersonId, PersonaName};
use baton_core::retry::RetryPolicy;
use ipnet::IpNet;
use nix::sys::resource::{Resource, getrlimit};
use secrecy::SecretString;

/// A person who copies a token wrongly needs a few tries; guessing a token needs very many.
const WRONG_TOKENS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");

/// Shorter than the timeout of proxies (nginx: 60 s). The page's script knows this interval (`stream.js`).
const PINGS: Duration = Duration::from_secs(15);

/// Whether people from other machines can reach the page: by the listening address, by a configured host
/// name, or through a trusted proxy.
pub fn strangers_come(listening: SocketAddr, hosts: &[String], trusted_proxies: &[IpNet]) -> bool {
    !listening.ip().is_loopback() || !hosts.is_empty() || !trusted_proxies.is_empty()
}

/// The person id of every guest.
pub const GUEST: &str = "guest";
/// The person id of a caller who needs no sign-in: a user of this machine, or this program's command line.
pub const LOCAL: &str = "local";

/// Settings of the web channel.
#[derive(Clone)]
pub struct WebSettings {
    /// The persona that answers a post without `entity`.
    pub default_persona: PersonaName,
    /// Whether anyone may read and write in the default room without signing in. Other rooms stay closed to
    /// guests.
    pub public: bool,
    /// The people who may sign in. If the list is empty, `public` is off and no [strangers
    /// come](strangers_come), every caller is the operator.
    pub people: Vec<PersonAccount>,
    /// Private rooms, each with the people who may enter. Operators may enter all rooms. Any signed-in person
    /// may enter a room without an entry here.
    pub rooms: BTreeMap<String, BTreeSet<PersonId>>,
    /// The token of this program's command line, with the rights of an operator.
    pub operator_token: Option<SecretString>,
    /// The host names of the page, besides its address and the names of loopback. A host name includes the
    /// port unless the port is the scheme's default.
    pub hosts: Vec<String>,
    /// Proxies whose forwarding headers are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Maximum number of posts from one address in a minute; `None` for no limit.
    pub posts_per_minute: Option<NonZeroU32>,
    /// Number of wrong tokens from one address in a minute. After this number, further tries must wait.
    pub wrong_tokens_per_minute: NonZeroU32,
    /// Maximum number of connections, and how long a connection may be silent.
    pub connections: ConnectionLimits,
    /// The agents whose messages are answered by workers.
    pub worker_agents: Vec<AgentName>,
    /// Whether a transcriber writes down the words of recordings. The page then offers to record.
    pub hears: bool,
    /// Interval of the pings on a stream without news.
    pub pings: Duration,
    /// The retry policy for messages that a worker failed to answer.
    pub retry: RetryPolicy,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
}

impl WebSettings {
    /// Default settings with this default persona.
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
            hears: false,
            pings: PINGS,
            retry: RetryPolicy::default(),
            clock,
        }
    }

    /// The private rooms without this person.
    pub(crate) fn rooms_without(&self, person: &PersonId) -> Vec<String> {
        let closed = self.rooms.iter();
        let closed = closed.filter(|(_, members)| !members.contains(person));
        closed.map(|(room, _)| room.clone()).collect()
    }

    /// Calls [`strangers_come`] with these settings.
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
            .field("hears", &self.hears)
            .field("pings", &self.pings)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// The limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// The time limit for the head of a request, and for the idle time between two requests.
    pub head: Duration,
    /// How long a client may read nothing while data is waiting for it.
    pub unread: Duration,
    /// How many connections one address may hold. This machine and trusted proxies have no such
    /// limit.
    pub per_address: usize,
    /// How many connections may be open in total. This machine and trusted proxies may exceed the
    /// limit by a quarter.
    pub in_all: usize,
}

impl Default for ConnectionLimits {
    /// Half of the file descriptors that this process may open. The store, agents and files need the
    /// other half.
    fn default() -> Self {
        let descriptors = getrlimit(Resource::RLIMIT_NOFILE).map_or(1_024, |(now, _)| now);
        let in_all = usize::try_from(descriptors / 2)
            .unwrap_or(usize::MAX)
            .clamp(64, 16_384);
        Self {
            head: Duration::from_secs(15),
            unread: Duration::from_mins(1),
            // Enough for an office behind one address; a browser opens six.
            per_address: (in_all / 2).min(512),
            in_all,
        }
    }
}

/// A person who may sign in.
#[derive(Clone, Debug)]
pub struct PersonAccount {
    /// The stable id of the person. Permissions are given to this id.
    pub id: PersonId,
    /// The name shown to other people.
    pub name: String,
    /// The sign-in token.
    pub token: SecretString,
    /// Whether the person is an operator, who also sees status, traces and dead letters.
    pub operator: bool,
}

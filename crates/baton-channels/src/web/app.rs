//! The state shared by all handlers.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use baton_core::inbox::Inbox;
use baton_core::name::PersonaName;
use baton_core::persona::Persona;
use baton_core::store::Store;
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::feed::Feed;
use super::rate::{Counted, Rate};
use super::rendered::Rendered;
use super::searches::Searches;
use super::settings::WebSettings;
use super::tries::Tries;
use super::waiters::Waiters;
use super::writing::Writing;

/// The state shared by all handlers.
pub(crate) struct App {
    pub(crate) settings: Arc<WebSettings>,
    pub(crate) inbox: Inbox,
    /// The address where this server listens.
    pub(crate) listening: SocketAddr,
    pub(crate) feed: Feed,
    pub(crate) rendered: Rendered,
    pub(crate) searches: Searches,
    pub(crate) waiters: Waiters,
    /// The limits of posts and of uploads; `None` without a limit.
    pub(crate) posts: Option<Rate>,
    pub(crate) uploads: Option<Rate>,
    pub(crate) tries: Tries,
    /// The API's description, after the first request for it.
    pub(crate) description: OnceLock<Bytes>,
    /// Ends streams and waiting workers.
    pub(crate) shutdown: CancellationToken,
}

impl App {
    pub(crate) fn new(
        settings: Arc<WebSettings>,
        inbox: Inbox,
        writing: Arc<Writing>,
        listening: SocketAddr,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let clock = || Arc::clone(&settings.clock);
        let posts = settings.posts_per_minute;
        // Uploads are limited to the number of files that the permitted posts can carry.
        let at_once = inbox.files().map_or(1, |files| files.limits().at_once);
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
        let at_once = NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN);
        let uploads = posts.map(|posts| posts.saturating_mul(at_once));
        let posts = posts.map(|posts| Rate::new(Counted::Posts, posts, clock()));
        let uploads = uploads.map(|uploads| Rate::new(Counted::Files, uploads, clock()));
        let tries = Tries::new(settings.wrong_tokens_per_minute, clock());
        Arc::new(Self {
            settings,
            inbox,
            listening,
            feed: Feed::new(writing),
            rendered: Rendered::default(),
            searches: Searches::default(),
            waiters: Waiters::default(),
            posts,
            uploads,
            tries,
            description: OnceLock::new(),
            shutdown,
        })
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.inbox.store()
    }

    /// The persona with this name, or the default persona without a name.
    pub(crate) fn persona(&self, name: Option<&str>) -> Result<Arc<Persona>, ApiError> {
        let name = match name {
            Some(name) => PersonaName::from(name),
            None => self.settings.default_persona.clone(),
        };
        let personas = self.inbox.personas();
        personas.get(&name).ok_or_else(|| {
            let known = personas.all();
            let known: Vec<_> = known.iter().map(|known| known.name.as_str()).collect();
            let known = known.join(", ");
            ApiError::invalid(
                "unknown_entity",
                format!("nobody called {name:?} answers here; there are: {known}"),
            )
        })
    }
}

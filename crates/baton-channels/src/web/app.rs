//! What all handlers share.

use std::net::SocketAddr;
use std::sync::Arc;

use baton_core::inbox::Inbox;
use baton_core::name::PersonaName;
use baton_core::persona::Persona;
use baton_core::store::Store;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::feed::Feed;
use super::rate::Rate;
use super::rendered::Rendered;
use super::searches::Searches;
use super::settings::WebSettings;
use super::tries::Tries;
use super::writing::Writing;

/// What all handlers share.
pub(crate) struct App {
    pub(crate) settings: Arc<WebSettings>,
    pub(crate) inbox: Inbox,
    /// Where this server listens.
    pub(crate) listening: SocketAddr,
    pub(crate) feed: Feed,
    pub(crate) rendered: Rendered,
    pub(crate) searches: Searches,
    /// `None` where posts are not limited.
    pub(crate) rate: Option<Rate>,
    pub(crate) tries: Tries,
    /// Ends whatever would otherwise stay open: streams, and workers that wait.
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
        let rate = settings
            .posts_per_minute
            .map(|posts| Rate::new(posts, Arc::clone(&settings.clock)));
        let tries = Tries::new(
            settings.wrong_tokens_per_minute,
            Arc::clone(&settings.clock),
        );
        Arc::new(Self {
            settings,
            inbox,
            listening,
            feed: Feed::new(writing),
            rendered: Rendered::default(),
            searches: Searches::default(),
            rate,
            tries,
            shutdown,
        })
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.inbox.store()
    }

    /// The persona of that name; the default one where none is named.
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

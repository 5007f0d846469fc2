//! The state shared by all handlers.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use baton_core::inbox::Inbox;
use baton_core::name::PersonaName;
use baton_core::persona::Persona;
use baton_core::store::{Store, StoreViews};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::web::http::access_state::AccessState;
use crate::web::http::api_error::ApiError;
use crate::web::http::rate_limiter::{AddressRateLimiter, CountedRequest};
use crate::web::http::search_permits::SearchPermits;
use crate::web::live::event_feed::EventFeed;
use crate::web::live::live_turns::LiveTurns;
use crate::web::live::waiting_workers::WaitingWorkers;
use crate::web::model::comment::CommentSources;
use crate::web::settings::WebSettings;

/// The state shared by all handlers.
pub(crate) struct AppState {
    pub(crate) settings: Arc<WebSettings>,
    pub(crate) inbox: Inbox,
    pub(crate) access: Arc<AccessState>,
    pub(crate) feed: Arc<EventFeed>,
    pub(crate) comments: Arc<CommentSources>,
    pub(crate) search_permits: SearchPermits,
    pub(crate) waiting_workers: WaitingWorkers,
    /// The limits of posts and of uploads; `None` without a limit.
    pub(crate) post_limiter: Option<AddressRateLimiter>,
    pub(crate) upload_limiter: Option<AddressRateLimiter>,
    /// The API's description, after the first request for it.
    pub(crate) description: OnceLock<Bytes>,
    /// Ends streams and waiting workers.
    pub(crate) shutdown: CancellationToken,
}

impl AppState {
    pub(crate) fn new(
        settings: Arc<WebSettings>,
        inbox: Inbox,
        live_turns: Arc<LiveTurns>,
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
        let post_limiter =
            posts.map(|posts| AddressRateLimiter::new(CountedRequest::Posts, posts, clock()));
        let upload_limiter =
            uploads.map(|uploads| AddressRateLimiter::new(CountedRequest::Files, uploads, clock()));
        let store = Arc::clone(inbox.store());
        let access = AccessState::new(Arc::clone(&settings), store, listening);
        Arc::new(Self {
            settings,
            access: Arc::new(access),
            feed: Arc::new(EventFeed::new(live_turns)),
            comments: Arc::new(CommentSources::new(inbox.clone())),
            inbox,
            search_permits: SearchPermits::default(),
            waiting_workers: WaitingWorkers::default(),
            post_limiter,
            upload_limiter,
            description: OnceLock::new(),
            shutdown,
        })
    }

    pub(crate) fn views(&self) -> &dyn StoreViews {
        self.inbox.views()
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.inbox.store()
    }

    /// The persona with this name, or the default persona without a name.
    pub(crate) fn find_persona(&self, name: Option<&str>) -> Result<Arc<Persona>, ApiError> {
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
                format!("there is no persona {name:?} here; the personas are: {known}"),
            )
        })
    }
}

impl AsRef<AccessState> for AppState {
    fn as_ref(&self) -> &AccessState {
        &self.access
    }
}

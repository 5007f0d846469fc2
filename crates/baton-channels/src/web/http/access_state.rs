//! The state for the checks of every request.

use std::net::SocketAddr;
use std::sync::Arc;

use baton_core::store::Store;

use super::sign_in_throttle::SignInThrottle;
use crate::web::settings::WebSettings;

/// The state for the checks of every request. The state of a router with these checks converts to this state by
/// `AsRef`.
pub(crate) struct AccessState {
    pub(crate) settings: Arc<WebSettings>,
    /// Holds the sign-ins.
    pub(crate) store: Arc<dyn Store>,
    /// The address where this server listens.
    pub(crate) listening: SocketAddr,
    pub(crate) sign_in_throttle: SignInThrottle,
}

impl AccessState {
    pub(crate) fn new(
        settings: Arc<WebSettings>,
        store: Arc<dyn Store>,
        listening: SocketAddr,
    ) -> Self {
        let clock = Arc::clone(&settings.clock);
        let sign_in_throttle = SignInThrottle::new(settings.wrong_tokens_per_minute, clock);
        Self {
            settings,
            store,
            listening,
            sign_in_throttle,
        }
    }
}

//! A request that is on its way for long, so that the bot may hang up before its arrival.

use std::sync::Arc;

use super::Shared;
use super::answer::{Answer, ApiError};
use super::check::MethodShape;
use super::requests::{Call, done};
use crate::held::Held;

/// A checked request that arrives after its release.
pub(super) struct LateRequest {
    pub(super) method: &'static str,
    pub(super) shape: &'static MethodShape,
    pub(super) call: Call,
    pub(super) held: Held,
}

impl LateRequest {
    /// Carries out the request after its release. If the bot hangs up, the request still arrives.
    pub(super) async fn arrive(self, shared: &Arc<Shared>) -> Answer {
        let shared = Arc::clone(shared);
        let arrival = tokio::spawn(async move {
            tokio::select! {
                _ = self.held.0.acquire() => {
                    shared.change(|world| done(world, self.method, self.shape, &self.call))
                }
                () = shared.gone.cancelled() => {
                    Err(ApiError::new(500, "Internal Server Error: restart"))
                }
            }
        });
        arrival.await.expect("no method panics").into()
    }
}

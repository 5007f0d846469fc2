//! One shard: the connections of the shard, one after another, and their common session.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::connection::session_starts::SessionPermit;
use baton_chat::connection::{ConnectionEnd, ConnectionLoss, ConnectionRun, LossReason};
use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::gateway_connection::GatewayConnection;
use super::gateway_context::{GatewayContext, fatal_message};
use super::gateway_frame::GatewaySession;
use crate::discord::gateway_events::ShardEventHandler;

/// The close code after which Discord keeps the session for a resume. A normal close ends the session.
const RESUMABLE: u16 = 4_000;

pub(crate) struct GatewayShard {
    pub(crate) gateway: Arc<GatewayContext>,
    pub(crate) number: u32,
    pub(crate) events: ShardEventHandler,
    /// The session for the next connection to resume.
    pub(crate) session: Option<GatewaySession>,
    /// The permit to begin a new session, if the shard has none to resume.
    pub(crate) permit: Option<SessionPermit>,
}

#[async_trait]
impl ConnectionRun for GatewayShard {
    async fn wait_for_permission(&mut self, spent: &(dyn Fn(Steady) + Sync)) {
        if self.session.is_none() {
            let starts = &self.gateway.starts;
            self.permit = Some(starts.wait_for_permit(self.number, spent).await);
        }
    }

    async fn run_once(
        &mut self,
        live: &(dyn Fn() + Sync),
        shutdown: &CancellationToken,
    ) -> ConnectionEnd {
        let permit = self.permit.take();
        let resumes_at = self.session.as_ref().and_then(|it| it.url.as_ref());
        let mut url = resumes_at.unwrap_or(&self.gateway.url).clone();
        url.set_query(Some("v=10&encoding=json"));
        let opened = tokio::select! {
            () = shutdown.cancelled() => return ConnectionEnd::Stopped,
            opened = self.gateway.sockets.open(url.as_str()) => opened,
        };
        let socket = match opened {
            Ok(socket) => socket,
            Err(why) => {
                // The resume address may be gone while the session is still valid.
                if let Some(session) = &mut self.session {
                    session.url = None;
                }
                return ConnectionEnd::Lost(ConnectionLoss::before_accepted(why));
            }
        };
        let mut open = GatewayConnection {
            shard: self,
            permit,
            socket,
            live,
        };
        let Err(why) = open.handle_frames(shutdown).await else {
            // A normal close also ends the session, so that Discord shows the bot as offline.
            open.socket.close_normally().await;
            return ConnectionEnd::Stopped;
        };
        if let LossReason::Closed(code) = why
            && let Some(reason) = fatal_message(code)
        {
            return ConnectionEnd::Refused(reason.to_owned());
        }
        open.socket.close_lost(RESUMABLE).await;
        let lost = open.socket.loss(why);
        // Discord does not allow a resume after these codes.
        if let LossReason::Closed(4_003 | 4_007 | 4_009) = lost.why {
            self.session = None;
        }
        ConnectionEnd::Lost(lost)
    }

    fn resumes(&self) -> bool {
        self.session.is_some()
    }

    fn forget_session(&mut self) {
        self.session = None;
    }
}

//! Connections: how many one address may hold, and how long one may be silent.
//!
//! A client that stalls within a request, or stops reading an answer, would occupy a file descriptor
//! forever. A browser that follows a room sends nothing for hours. Such a browser is not cut off, because its
//! request is complete and the browser keeps reading.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use baton_core::clock::Clock;
use baton_core::panics::contain;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::rate_limiter::address_network;
use crate::web::settings::WebSettings;

/// The pause after a failed `accept`, usually because no file descriptor is left.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Serves the routes to clients until the shutdown, and until the last request is answered.
pub(crate) async fn serve_connections(
    routes: Router,
    settings: Arc<WebSettings>,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let limits = settings.connections;
    let clock = Arc::clone(&settings.clock);
    let open = Arc::new(OpenConnections::new(settings));
    let mut routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head);
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept_client(&listener, &*clock) => accepted,
        };
        // Dropping the stream closes the connection.
        let Some(permit) = open.admit_client(peer) else {
            continue;
        };
        let Ok(routes) = routes.call(peer).await;
        let routes = routes.map_request(|request: Request<Incoming>| request.map(Body::new));
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.unread));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = http.serve_connection(stream, TowerToHyperService::new(routes));
        let shutdown = shutdown.clone();
        let followed = async move {
            let _permit = permit;
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection ended early");
            }
        };
        connections.spawn(contain(format!("a connection from {peer}"), followed));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept_client(listener: &TcpListener, clock: &dyn Clock) -> (TcpStream, SocketAddr) {
    use std::io::ErrorKind;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Events must reach the reader at once.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            // The client left before the accept.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted
                        | ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted; Baton tries again");
                clock.sleep_until(clock.steady().after(AFTER_FAILURE)).await;
            }
        }
    }
}

/// The open connections.
struct OpenConnections {
    settings: Arc<WebSettings>,
    counts: Mutex<ConnectionCounts>,
}

#[derive(Default)]
struct ConnectionCounts {
    in_all: usize,
    /// The counts of addresses with a limit.
    by_address: HashMap<IpAddr, AddressCount>,
}

#[derive(Default)]
struct AddressCount {
    open: usize,
    /// Whether the log already has a warning for this address.
    is_warned: bool,
}

impl OpenConnections {
    fn new(settings: Arc<WebSettings>) -> Self {
        Self {
            settings,
            counts: Mutex::default(),
        }
    }

    /// Admits a connection from this address; `None` above a limit.
    fn admit_client(self: &Arc<Self>, peer: SocketAddr) -> Option<ConnectionPermit> {
        let limits = self.settings.connections;
        let ip = peer.ip().to_canonical();
        let trusted = ip.is_loopback()
            || self
                .settings
                .trusted_proxies
                .iter()
                .any(|net| net.contains(&ip));
        let mut counts = self.lock_counts();
        if trusted {
            // The operator must get in even when strangers hold all permitted connections.
            if counts.in_all >= limits.in_all.saturating_add(limits.in_all / 4) {
                return None;
            }
        } else {
            let full = counts.in_all >= limits.in_all;
            let count = counts.by_address.entry(address_network(ip)).or_default();
            if full || count.open >= limits.per_address {
                if !std::mem::replace(&mut count.is_warned, true) {
                    tracing::warn!(%ip, open = count.open, "an address has too many connections; further ones \
                        are closed at once");
                }
                if count.open == 0 {
                    counts.by_address.remove(&address_network(ip));
                }
                return None;
            }
            count.open += 1;
        }
        counts.in_all += 1;
        Some(ConnectionPermit {
            open: Arc::clone(self),
            counted: (!trusted).then(|| address_network(ip)),
        })
    }

    fn lock_counts(&self) -> MutexGuard<'_, ConnectionCounts> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a connection is open.
struct ConnectionPermit {
    open: Arc<OpenConnections>,
    /// The address in the counts.
    counted: Option<IpAddr>,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.open.lock_counts();
        counts.in_all -= 1;
        let Some(address) = self.counted else { return };
        if let Some(count) = counts.by_address.get_mut(&address) {
            count.open -= 1;
            if count.open == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;

    use super::*;
    use crate::web::settings::ConnectionLimits;

    fn open_connections(per_address: usize, in_all: usize) -> Arc<OpenConnections> {
        let mut settings = WebSettings::new("echo", SystemClock::shared());
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        settings.connections = ConnectionLimits {
            per_address,
            in_all,
            ..ConnectionLimits::default()
        };
        Arc::new(OpenConnections::new(Arc::new(settings)))
    }

    fn admit_many(open: &Arc<OpenConnections>, ip: &str, times: usize) -> Vec<ConnectionPermit> {
        let peer = SocketAddr::new(ip.parse().unwrap(), 1);
        (0..times).filter_map(|_| open.admit_client(peer)).collect()
    }

    #[test]
    fn one_address_may_hold_only_so_many() {
        let open = open_connections(3, 100);
        let mut held = admit_many(&open, "192.0.2.1", 5);
        assert_eq!(held.len(), 3);
        assert_eq!(admit_many(&open, "192.0.2.2", 5).len(), 3);
        held.pop();
        assert_eq!(admit_many(&open, "192.0.2.1", 5).len(), 1);
        // An IPv6 network counts as one address.
        let _network = admit_many(&open, "2001:db8::1", 3);
        assert_eq!(admit_many(&open, "2001:db8::2", 3).len(), 0);
    }

    #[test]
    fn this_machine_and_trusted_proxies_get_in_where_strangers_hold_all() {
        let open = open_connections(3, 8);
        let _strangers: Vec<_> = (1..6)
            .map(|n| admit_many(&open, &format!("192.0.2.{n}"), 3))
            .collect();
        assert_eq!(admit_many(&open, "192.0.2.9", 1).len(), 0);
        for ip in ["127.0.0.1", "::1", "10.1.1.1", "::ffff:127.0.0.1"] {
            assert_eq!(admit_many(&open, ip, 2).len(), 2, "{ip}");
        }
    }

    #[test]
    fn nothing_is_remembered_of_who_left() {
        let open = open_connections(2, 2);
        drop(admit_many(&open, "192.0.2.1", 3));
        let held = admit_many(&open, "192.0.2.2", 3);
        assert_eq!(admit_many(&open, "192.0.2.3", 1).len(), 0);
        drop(held);
        let counts = open.lock_counts();
        assert_eq!((counts.in_all, counts.by_address.len()), (0, 0));
    }
}

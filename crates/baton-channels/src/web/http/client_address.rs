//! The address of the client: from the socket, or from a trusted proxy.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::web::settings::WebSettings;

/// The address of the client. Each proxy adds its client on the right of the list. The list is therefore read
/// from the right, as long as the proxies are trusted. The client may have written any entries further left.
pub(crate) fn find_address(
    settings: &WebSettings,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> IpAddr {
    let trusted = |ip: &IpAddr| settings.trusted_proxies.iter().any(|net| net.contains(ip));
    let peer = peer.ip().to_canonical();
    if !trusted(&peer) {
        return peer;
    }
    let walk = |entries: &[Option<IpAddr>]| {
        let mut nearest = peer;
        for ip in entries.iter().rev() {
            match ip {
                Some(ip) if trusted(ip) => nearest = *ip,
                Some(ip) => return *ip,
                None => break,
            }
        }
        nearest
    };
    let (x, standard) = (parse_x_forwarded_for(headers), parse_forwarded(headers));
    match (walk(&x), walk(&standard)) {
        (ip, _) if standard.is_empty() => ip,
        (_, ip) if x.is_empty() => ip,
        (one, other) if one == other => one,
        // A proxy writes only one of the two headers. The other may be forged by the client, and cannot be
        // told apart.
        _ => peer,
    }
}

/// Whether the browser's connection was encrypted, according to a trusted proxy.
pub(crate) fn came_over_tls(settings: &WebSettings, peer: SocketAddr, headers: &HeaderMap) -> bool {
    let peer = peer.ip().to_canonical();
    let trusted = settings
        .trusted_proxies
        .iter()
        .any(|net| net.contains(&peer));
    let proto = headers.get("x-forwarded-proto");
    trusted && proto.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

fn parse_x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    header_entries(headers, "x-forwarded-for")
        .map(|entry| parse_address(entry.trim()))
        .collect()
}

fn parse_forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    header_entries(headers, "forwarded")
        .map(|entry| {
            let node = entry.split(';').find_map(|pair| {
                let (name, value) = pair.trim().split_once('=')?;
                name.eq_ignore_ascii_case("for").then_some(value)
            });
            node.and_then(|node| parse_address(node.trim_matches('"')))
        })
        .collect()
}

fn header_entries<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| line.to_str().unwrap_or_default().split(','))
}

/// Parses an address with or without a port.
fn parse_address(node: &str) -> Option<IpAddr> {
    let bare = node
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(node);
    let ip = bare
        .parse::<IpAddr>()
        .or_else(|_| node.parse::<SocketAddr>().map(|socket| socket.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;

    use super::*;

    fn client_of(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut settings = WebSettings::new("echo", SystemClock::shared());
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        find_address(&settings, peer.parse().unwrap(), &map).to_string()
    }

    const X: &str = "x-forwarded-for";

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client_of("1.2.3.4:5", &[(X, "9.9.9.9")]), "1.2.3.4");
        assert_eq!(
            client_of("1.2.3.4:5", &[("forwarded", "for=9.9.9.9")]),
            "1.2.3.4"
        );
        assert_eq!(client_of("[::ffff:1.2.3.4]:5", &[]), "1.2.3.4");
    }

    #[test]
    fn what_stands_left_of_the_first_stranger_does_not_count() {
        assert_eq!(client_of("10.0.0.1:5", &[]), "10.0.0.1");
        assert_eq!(client_of("10.0.0.1:5", &[(X, "1.1.1.1")]), "1.1.1.1");
        let forged = [(X, "6.6.6.6, 1.1.1.1, 10.0.0.2")];
        assert_eq!(client_of("10.0.0.1:5", &forged), "1.1.1.1");
        let lines = [(X, "6.6.6.6"), (X, "1.1.1.1")];
        assert_eq!(client_of("10.0.0.1:5", &lines), "1.1.1.1");
        assert_eq!(client_of("10.0.0.1:5", &[(X, "1.1.1.1, who?")]), "10.0.0.1");
    }

    #[test]
    fn the_standard_header_is_read_as_well() {
        let quoted = [(
            "forwarded",
            "for=6.6.6.6, For=\"[2001:db8::1]:80\";proto=https",
        )];
        assert_eq!(client_of("10.0.0.1:5", &quoted), "2001:db8::1");
        let two = [("forwarded", "for=1.1.1.1"), (X, "6.6.6.6")];
        assert_eq!(client_of("10.0.0.1:5", &two), "10.0.0.1");
    }
}

//! `[server]`: the address, and the log.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The default address and port.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7420);

/// The address of the server, and the log.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerTable {
    /// The address and port to listen on; port 0 means any free port. An address that other machines can
    /// reach needs `[people]`, or `public = true` in `[channels.web]`.
    #[serde(deserialize_with = "deserialize_address")]
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// The host names under which browsers reach Baton, such as `chat.example.org`. Baton refuses requests
    /// for other names. IP addresses and `localhost` need no entry.
    pub(crate) hosts: Vec<String>,
    /// The networks of trusted proxies. Baton takes the sender's address from the headers of such a proxy.
    #[serde(deserialize_with = "deserialize_networks")]
    #[schemars(with = "Vec<String>")]
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The log filter: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as
    /// `info,baton_core=debug`.
    pub(crate) log: Option<String>,
    /// The format of log lines.
    pub(crate) log_format: LogFormat,
}

fn deserialize_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = text.parse().map_err(|_| {
        D::Error::custom("listen: this must be an address and a port, such as \"127.0.0.1:7420\"")
    })?;
    Ok(Some(address))
}

fn deserialize_networks<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let networks = texts.iter().map(|text| {
        let alone = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let network = text.parse().ok().or_else(alone);
        network.ok_or_else(|| {
            D::Error::custom("trusted_proxies: each must be a network, such as \"10.0.0.0/8\"")
        })
    });
    networks.collect()
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum LogFormat {
    // Documentation comments on the variants would make the schema a list of schemas.
    #[default]
    Text,
    Json,
}

//! `[server]`: where Baton listens, and what it logs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Where Baton listens where nothing else is said.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7420);

/// Where Baton listens, and what it logs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerTable {
    /// Address and port; with port 0 any free one. Beyond this machine only with `[people]` or
    /// with `public = true` in `[channels.web]`.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// The names under which browsers reach Baton, such as `chat.example.org`; a request for any
    /// other name is refused. Addresses and `localhost` need not be listed.
    pub(crate) hosts: Vec<String>,
    /// The networks of the proxies whose word on a sender's address is believed.
    #[serde(deserialize_with = "networks")]
    #[schemars(with = "Vec<String>")]
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as
    /// `info,baton_core=debug`.
    pub(crate) log: Option<String>,
    /// How a log line is written.
    pub(crate) log_format: LogFormat,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = text.parse().map_err(|_| {
        D::Error::custom("listen: this must be an address and a port, such as \"127.0.0.1:7420\"")
    })?;
    Ok(Some(address))
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
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

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum LogFormat {
    // No documentation comments here: they would make the schema a list of schemas.
    #[default]
    Text,
    Json,
}

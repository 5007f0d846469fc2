//! The HTTP request of the chat completions API.

use std::sync::Arc;

use baton_core::persona::Sampling;
use reqwest::redirect;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use url::{Host, Url};

use super::dialect::{LengthOption, ServerDialect};
use crate::images::Image;

/// The body of a request.
#[derive(Debug, Serialize)]
pub(super) struct CompletionRequest<'a> {
    model: &'a str,
    messages: Vec<ChatMessage>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [String],
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// A message in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChatMessage {
    pub(super) role: ChatRole,
    pub(super) text: String,
    pub(super) images: Vec<Arc<Image>>,
}

/// A part of a message with images.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentPart<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

/// An image as a `data:` URL.
#[derive(Debug, Serialize)]
struct ImageUrl {
    url: String,
}

impl ChatMessage {
    fn content_parts(&self) -> Vec<ContentPart<'_>> {
        let text = Some(self.text.as_str()).filter(|text| !text.is_empty());
        let text = text.map(|text| ContentPart::Text { text });
        let images = self.images.iter().map(|image| {
            let url = format!("data:{};base64,{}", image.media_type, image.base64);
            let image_url = ImageUrl { url };
            ContentPart::ImageUrl { image_url }
        });
        text.into_iter().chain(images).collect()
    }
}

impl Serialize for ChatMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("ChatMessage", 2)?;
        message.serialize_field("role", &self.role)?;
        // Many servers do not support parts, so a message without images is plain text.
        if self.images.is_empty() {
            message.serialize_field("content", &self.text)?;
        } else {
            message.serialize_field("content", &self.content_parts())?;
        }
        message.end()
    }
}

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChatRole {
    /// The operator: the system prompt.
    System,
    /// People, and other personas.
    User,
    /// The model itself, as this persona.
    Assistant,
}

impl<'a> CompletionRequest<'a> {
    pub(super) fn new(
        model: &'a str,
        messages: Vec<ChatMessage>,
        sampling: &'a Sampling,
        dialect: ServerDialect,
    ) -> Self {
        let most = |named| {
            sampling
                .max_tokens
                .filter(|_| dialect.length_option == named)
        };
        Self {
            model,
            messages,
            stream: true,
            stream_options: dialect.counts_streams.then_some(StreamOptions {
                include_usage: true,
            }),
            temperature: sampling.temperature,
            max_tokens: most(LengthOption::MaxTokens),
            max_completion_tokens: most(LengthOption::MaxCompletionTokens),
            top_p: sampling.top_p,
            stop: &sampling.stop,
        }
    }
}

/// Appends a path to the base URL; `None` if the base is no HTTP address.
pub(crate) fn endpoint_url(base: &Url, path: &[&str]) -> Option<Url> {
    let mut url = base.clone();
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    Some(url)
}

/// The host and the port, safe for messages to people.
pub(crate) fn server_name(base: &Url) -> String {
    let host = base.host_str().unwrap_or("unknown");
    match base.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Common settings of all requests to a server.
pub(crate) fn client_builder(base: &Url) -> reqwest::ClientBuilder {
    crate::tls::install();
    // A redirect could send the messages to an address outside the configuration.
    let client = reqwest::Client::builder().redirect(redirect::Policy::none());
    let on_this_machine = match base.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if on_this_machine {
        // A proxy from the environment would look for `localhost` on its own machine.
        client.no_proxy()
    } else {
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_added_to_any_base() {
        for (base, whole) in [
            ("http://h/v1", "http://h/v1/models"),
            ("http://h/v1/", "http://h/v1/models"),
            ("https://h", "https://h/models"),
            ("http://h/v1?key=1", "http://h/v1/models?key=1"),
        ] {
            let url = endpoint_url(&base.parse().unwrap(), &["models"]).unwrap();
            assert_eq!(url.as_str(), whole);
        }
        assert_eq!(
            endpoint_url(&"localhost:11434".parse().unwrap(), &["models"]),
            None
        );
    }
}

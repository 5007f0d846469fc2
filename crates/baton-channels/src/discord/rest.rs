//! Requests to Discord. Only this module knows paths, and only this module makes the JSON of a request.
//!
//! `rest_calls` has a method for each request, with its path; `message_requests`, `channel_requests`,
//! `interaction_requests` and `command_requests` are the bodies. This file sends the requests, within the limits of
//! [`RateLimitBuckets`].
//!
//! Baton has its own client, because the existing library retries at once after a global rate limit. This
//! client waits as long as Discord asks, and returns a long pause to the caller.

use std::fmt;
use std::time::Duration;

use baton_chat::connector::{OutgoingFile, Urgency};
use baton_chat::http::rate_limit_buckets::{RateLimitBuckets, RateLimitKey};
use baton_chat::http::rate_limit_response::RateLimitResponse;
use baton_chat::http::{json_repair, tolerant_parsing};
use baton_core::clock::Clock;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use url::Url;

mod channel_requests;
mod command_requests;
mod interaction_requests;
mod message_requests;
mod rest_calls;
mod rest_error;

pub(super) use channel_requests::{CreateThread, ModifyChannel, PagePosition};
pub(super) use command_requests::{
    CommandDefinition, CommandList, EntryPointCommand, ExistingCommand,
};
pub(super) use interaction_requests::InteractionCallback;
pub(super) use message_requests::{
    MessageBody, arrange_buttons, mention_nobody, mention_nobody_in_reply, refer_to, render_embed,
};
pub(super) use rest_error::{RestError, code};
use rest_error::{refusal_error, response_error};

/// The user agent, in the form that Discord wants.
const AGENT: &str = concat!(
    "DiscordBot (https://github.com/baton, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// The time limit for a request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The time limit for sending or downloading files.
const WITH_FILES: Duration = Duration::from_mins(2);

/// The longest total wait of a request for rate limits. A longer pause is returned to the caller, so that
/// other work goes on.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The longest answer, in bytes. `message_pages` fetches a longer page of messages in parts.
pub(super) const LONGEST: usize = 8 * 1024 * 1024;

/// Whether a request waits for rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// The request waits for at most [`LONGEST_WAIT`] in total.
    Short,
    /// The request never waits, because the request can be left out.
    None,
}

impl From<Urgency> for Patience {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::CanWait => Self::Short,
            Urgency::NowOrNever => Self::None,
        }
    }
}

/// A request.
struct RestRequest {
    method: Method,
    /// The path below the address of the API.
    path: String,
    /// The key of the rate limit; `None` if the path holds the token of an interaction, in place of the token of
    /// the bot. A key is shown in the log, and such a path never repeats.
    route: Option<RateLimitKey>,
    /// The body, in JSON.
    body: Option<String>,
    files: Vec<OutgoingFile>,
    /// The longest total wait for rate limits.
    patience: Duration,
}

impl RestRequest {
    /// A request to a path such as `channels/1/messages`. Discord limits each kind of path, separately for
    /// the first channel or server in the path.
    fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        Self {
            route: Some(RateLimitKey::of_request(&method, &path)),
            ..Self::of_interaction(method, path)
        }
    }

    /// A request to a path with the token of an interaction.
    fn of_interaction(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            route: None,
            body: None,
            files: Vec::new(),
            patience: LONGEST_WAIT,
        }
    }

    /// Sets the body. Discord gets the fields in the order of the struct.
    fn json(self, body: &impl Serialize) -> Result<Self, RestError> {
        let body = serde_json::to_string(body).map_err(|error| RestError::Unreachable {
            reason: format!("the request cannot be written as JSON: {error}"),
        })?;
        let body = Some(body);
        Ok(Self { body, ..self })
    }

    /// Sets the body to a message, and attaches its files.
    fn message(self, message: &MessageBody) -> Result<Self, RestError> {
        let files = message.files.clone();
        Ok(Self {
            files,
            ..self.json(message)?
        })
    }

    fn patience(self, patience: Patience) -> Self {
        let patience = match patience {
            Patience::Short => LONGEST_WAIT,
            Patience::None => Duration::ZERO,
        };
        Self { patience, ..self }
    }
}

/// The client for Discord's REST API.
pub(super) struct RestClient {
    http: reqwest::Client,
    api: Url,
    token: SecretString,
    buckets: RateLimitBuckets,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for RestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestClient").finish_non_exhaustive()
    }
}

impl RestClient {
    pub(super) fn new(
        api: Url,
        token: SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(AGENT))]);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            api,
            token,
            buckets: RateLimitBuckets::new(Arc::clone(&clock)),
            clock,
        })
    }

    /// Sends a request, and again after a short pause for a rate limit. `T` is the type of the answer.
    async fn fetch_json<T: DeserializeOwned>(&self, call: RestRequest) -> Result<T, RestError> {
        let route = call.route.as_ref();
        let what = route.map_or_else(|| "an interaction".to_owned(), ToString::to_string);
        let bytes = self.fetch_bytes(call).await?;
        let text = if bytes.is_empty() {
            b"null"
        } else {
            &bytes[..]
        };
        // Without JSON, the answer comes from a proxy. Another try may reach Discord.
        let answer = json_repair::parse_json(text).map_err(|error| RestError::Unknown {
            reason: format!("the answer is not JSON: {error}"),
        })?;
        tolerant_parsing::parse_value(&what, answer).map_err(|error| RestError::UnreadableAnswer {
            reason: error.to_string(),
        })
    }

    /// Sends a request in the same way, and ignores the answer.
    async fn send_request(&self, call: RestRequest) -> Result<(), RestError> {
        self.fetch_bytes(call).await.map(drop)
    }

    async fn fetch_bytes(&self, call: RestRequest) -> Result<Vec<u8>, RestError> {
        match self.fetch_body(call).await? {
            ResponseBody::Whole(bytes) => Ok(bytes),
            ResponseBody::Beginning(_) => Err(RestError::UnreadableAnswer {
                reason: format!("the answer is longer than {LONGEST} bytes"),
            }),
        }
    }

    /// Sends a request and returns the body; for a body that is too long, its beginning.
    async fn fetch_body(&self, call: RestRequest) -> Result<ResponseBody, RestError> {
        let mut patience = call.patience;
        loop {
            // An interaction has only seconds and a limit of its own, so the request never waits here.
            if let Some(route) = &call.route {
                let turn = self.buckets.wait_for_turn(route, &mut patience);
                turn.await
                    .map_err(|after| RestError::RateLimited { after })?;
            }
            let sent = self.clock.steady();
            let response = self.send_once(&call).await?;
            // The path of an interaction never repeats, so the pauses need no memory of the path.
            if let Some(route) = &call.route {
                self.buckets.learn_bucket(route, response.headers());
            }
            let status = response.status();
            if status != StatusCode::TOO_MANY_REQUESTS {
                if let Some(route) = &call.route {
                    self.buckets.note_accepted(route, response.headers());
                }
                let body = read_body(response).await?;
                if status.is_success() {
                    return Ok(body);
                }
                return Err(response_error(status, &body.into_bytes()));
            }
            let headers = response.headers().clone();
            // The headers count even if the body is cut off or too long.
            let bytes = read_body(response)
                .await
                .map(ResponseBody::into_bytes)
                .unwrap_or_default();
            let limited = RateLimitResponse::from_answer(&headers, &bytes, self.clock.wall());
            let after = self
                .buckets
                .note_refusal(call.route.as_ref(), sent, limited);
            if call.route.is_none() || after > patience {
                return Err(RestError::RateLimited { after });
            }
        }
    }

    async fn send_once(&self, call: &RestRequest) -> Result<Response, RestError> {
        let url = format!("{}/{}", self.api.as_str().trim_end_matches('/'), call.path);
        let mut request = self.http.request(call.method.clone(), url);
        if call.route.is_some() {
            request = request.header(AUTHORIZATION, self.authorization_header()?);
        }
        request = match (&call.body, call.files.is_empty()) {
            (Some(body), true) => request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
            (Some(body), false) => {
                let form = multipart_form(body, &call.files)?;
                request.multipart(form).timeout(WITH_FILES)
            }
            // Some servers want a length for every method with a body.
            (None, _) if call.method == Method::POST || call.method == Method::PUT => {
                request.body(Vec::new())
            }
            (None, _) => request,
        };
        request
            .send()
            .await
            .map_err(|error| transport_error(&error))
    }

    fn authorization_header(&self) -> Result<HeaderValue, RestError> {
        let token = format!("Bot {}", self.token.expose_secret());
        let header = HeaderValue::from_str(&token).map_err(|_| RestError::Refused {
            status: 401,
            code: 0,
            message: "the token has characters that no token has".to_owned(),
            fields: Vec::new(),
        });
        let mut header = header?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Downloads a file of a message. The request holds no token of the bot.
    pub(super) async fn download_file(&self, url: &str) -> Result<Response, RestError> {
        let response = self.http.get(url).timeout(WITH_FILES).send().await;
        let response = response.map_err(|error| transport_error(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = read_body(response).await?.into_bytes();
        Err(refusal_error(status, &bytes))
    }
}

/// Converts an error without the address, because the address may hold the token of an interaction.
fn transport_error(error: &reqwest::Error) -> RestError {
    let mut reason = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        reason = error.to_string();
        cause = error.source();
    }
    if reason.is_empty() {
        reason = if error.is_timeout() {
            "the request took too long".to_owned()
        } else {
            "the connection failed".to_owned()
        };
    }
    if error.is_connect() || error.is_builder() {
        RestError::Unreachable { reason }
    } else {
        RestError::Unknown { reason }
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum ResponseBody {
    /// The whole body.
    Whole(Vec<u8>),
    /// The beginning of a body longer than [`LONGEST`].
    Beginning(Vec<u8>),
}

impl ResponseBody {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(bytes) | Self::Beginning(bytes) => bytes,
        }
    }
}

async fn read_body(mut response: Response) -> Result<ResponseBody, RestError> {
    let mut bytes = Vec::new();
    while let Some(more) = response
        .chunk()
        .await
        .map_err(|error| transport_error(&error))?
    {
        bytes.extend_from_slice(&more);
        if bytes.len() > LONGEST {
            return Ok(ResponseBody::Beginning(bytes));
        }
    }
    Ok(ResponseBody::Whole(bytes))
}

fn multipart_form(body: &str, files: &[OutgoingFile]) -> Result<Form, RestError> {
    let json = Part::text(body.to_owned()).mime_str("application/json");
    let json = json.map_err(|error| transport_error(&error))?;
    let mut form = Form::new().part("payload_json", json);
    for (number, file) in files.iter().enumerate() {
        let part = Part::stream(file.bytes.clone()).file_name(file.name.clone());
        form = form.part(format!("files[{number}]"), part);
    }
    Ok(form)
}

#[cfg(test)]
mod tests;

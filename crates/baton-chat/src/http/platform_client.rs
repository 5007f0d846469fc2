//! The client for a platform's API over HTTP, with bodies in JSON.
//!
//! The chat layer has its own client, because a usual library retries at once after a global rate limit. For each
//! request, this client waits for pauses of at most 5 s together, and returns a longer pause to the caller.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::multipart_form::FormLayout;
use super::platform_request::PlatformRequest;
use super::rate_limit_buckets::RateLimitBuckets;
use super::rate_limit_response::RateLimitResponse;
use super::request_error::{PlatformRefusal, RequestError};
use super::response_body::{self, ResponseBody};
use super::response_download::ResponseDownload;
use super::secret_mask::SecretMask;
use super::{json_repair, tolerant_parsing};
use crate::connector::Urgency;

#[cfg(test)]
mod tests;

/// The usual time limit for a request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The usual time limit for sending or downloading files.
const WITH_FILES: Duration = Duration::from_mins(2);

/// The longest total wait of a request for rate limits. A longer pause is returned to the caller, so that
/// other work goes on.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The API of a platform.
pub struct PlatformApi {
    /// The address above all paths. No error and no log line shows the address, so it may hold a token.
    pub address: Url,
    /// The user agent of all requests.
    pub user_agent: &'static str,
    /// The header of all requests except those with a secret in the path; `None` for a platform whose address
    /// holds the token.
    pub authorization: Option<HeaderValue>,
    /// The secret in the address or in the header. No error shows it, even if an answer repeats it.
    pub mask: SecretMask,
    /// The layout of requests with files.
    pub form: FormLayout,
}

/// The client for the API of a platform. `R` is the refusal of the platform.
pub struct PlatformClient<R> {
    http: reqwest::Client,
    api: PlatformApi,
    buckets: RateLimitBuckets,
    clock: Arc<dyn Clock>,
    refusal: PhantomData<fn() -> R>,
}

impl<R: PlatformRefusal> PlatformClient<R> {
    /// A client without open connections. An error means that the machine has no certificates.
    pub fn new(mut api: PlatformApi, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(api.user_agent)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        if let Some(header) = &mut api.authorization {
            header.set_sensitive(true);
        }
        Ok(Self {
            http,
            api,
            buckets: RateLimitBuckets::new(Arc::clone(&clock)),
            clock,
            refusal: PhantomData,
        })
    }

    /// Sends a request, and again after a short pause for a rate limit. `T` is the type of the answer.
    pub async fn fetch_json<T: DeserializeOwned>(
        &self,
        request: PlatformRequest,
    ) -> Result<T, RequestError<R>> {
        let what = request.limit.answer_name();
        let bytes = self.fetch_bytes(request).await?;
        let text = if bytes.is_empty() {
            b"null"
        } else {
            &bytes[..]
        };
        // Without JSON, the answer comes from a proxy. Another try may reach the platform.
        let answer = json_repair::parse_json(text).map_err(|error| RequestError::Unknown {
            reason: format!("the answer is not JSON: {error}"),
        })?;
        tolerant_parsing::parse_value(&what, answer).map_err(|error| {
            let reason = error.to_string();
            RequestError::UnreadableAnswer { reason }
        })
    }

    /// Sends a request in the same way, and ignores the answer.
    pub async fn send_request(&self, request: PlatformRequest) -> Result<(), RequestError<R>> {
        self.fetch_bytes(request).await.map(drop)
    }

    async fn fetch_bytes(&self, request: PlatformRequest) -> Result<Vec<u8>, RequestError<R>> {
        match self.fetch_body(request).await? {
            ResponseBody::Whole(bytes) => Ok(bytes),
            ResponseBody::Beginning(_) => Err(RequestError::UnreadableAnswer {
                reason: format!("the answer is longer than {} bytes", response_body::LONGEST),
            }),
        }
    }

    /// Sends a request in the same way and returns the body; for a body that is too long, its beginning.
    pub async fn fetch_body(
        &self,
        request: PlatformRequest,
    ) -> Result<ResponseBody, RequestError<R>> {
        let mut patience = match request.urgency {
            Urgency::CanWait => LONGEST_WAIT,
            Urgency::NowOrNever => Duration::ZERO,
        };
        let key = request.limit.key();
        loop {
            // Without a key, the request waits for no limit: see `RequestLimit`.
            if let Some(key) = key {
                let turn = self.buckets.wait_for_turn(key, &mut patience);
                turn.await
                    .map_err(|after| RequestError::RateLimited { after })?;
            }
            let sent = self.clock.steady();
            let response = self.send_once(&request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            if let Some(key) = key {
                self.buckets.learn_bucket(key, &headers);
            }
            if status != StatusCode::TOO_MANY_REQUESTS {
                if let Some(key) = key {
                    self.buckets.note_accepted(key, &headers);
                }
                let body = ResponseBody::read(response).await?;
                if status.is_success() {
                    return Ok(body);
                }
                let answer = self.api.mask.hide_in_answer(body.into_bytes());
                return Err(RequestError::from_answer(status, &answer));
            }
            // The headers count even if the body is cut off or too long.
            let bytes = ResponseBody::read::<R>(response)
                .await
                .map(ResponseBody::into_bytes)
                .unwrap_or_default();
            let limited = RateLimitResponse::from_answer(&headers, &bytes, self.clock.wall());
            let after = self.buckets.note_refusal(key, sent, limited);
            if key.is_none() || after > patience {
                return Err(RequestError::RateLimited { after });
            }
        }
    }

    async fn send_once(&self, call: &PlatformRequest) -> Result<Response, RequestError<R>> {
        let address = self.api.address.as_str().trim_end_matches('/');
        let url = format!("{address}/{}", call.path);
        let mut request = self.http.request(call.method.clone(), url);
        if call.limit.is_authorized()
            && let Some(header) = &self.api.authorization
        {
            request = request.header(AUTHORIZATION, header.clone());
        }
        request = match &call.body {
            Some(Err(error)) => {
                return Err(RequestError::Unreachable {
                    reason: format!("the request cannot be written as JSON: {error}"),
                });
            }
            Some(Ok(body)) if call.files.is_empty() => request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
            Some(Ok(body)) => {
                let form = self.api.form.write_form(body, &call.files);
                // Few requests have files, and the others need no room for this future.
                let form = Box::pin(form)
                    .await
                    .map_err(|error| RequestError::Unreachable {
                        reason: error.to_string(),
                    })?;
                request.multipart(form).timeout(WITH_FILES)
            }
            // Some servers want a length for every method with a body.
            None if call.method == Method::POST || call.method == Method::PUT => {
                request.body(Vec::new())
            }
            None => request,
        };
        if let Some(limit) = call.time_limit {
            request = request.timeout(limit);
        }
        let response = request.send().await;
        response.map_err(|error| RequestError::from_transport(&error))
    }

    /// Begins the download of a file from any address, without the authorization. An error status below 500 counts as a
    /// refusal of the platform, because no proxy refuses downloads.
    pub async fn download_file(&self, url: &str) -> Result<ResponseDownload<R>, RequestError<R>> {
        self.download_within(url, WITH_FILES).await
    }

    /// Like [`Self::download_file`], with a time limit for the whole file.
    pub async fn download_within(
        &self,
        url: &str,
        limit: Duration,
    ) -> Result<ResponseDownload<R>, RequestError<R>> {
        let response = self.http.get(url).timeout(limit).send().await;
        let response = response.map_err(|error| RequestError::from_transport(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(ResponseDownload::new(response));
        }
        let bytes = ResponseBody::read(response).await?.into_bytes();
        let answer = self.api.mask.hide_in_answer(bytes);
        Err(RequestError::from_refusal(status, &answer))
    }
}

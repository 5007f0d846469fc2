//! A running download of a file.

use std::marker::PhantomData;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Response;

use super::request_error::{PlatformRefusal, RequestError};
use crate::connector::{ConnectorError, FileDownload};

/// The body of a file, in pieces. `R` is the refusal of the platform.
pub struct ResponseDownload<R> {
    response: Response,
    refusal: PhantomData<fn() -> R>,
}

impl<R> ResponseDownload<R> {
    pub(super) fn new(response: Response) -> Self {
        Self {
            response,
            refusal: PhantomData,
        }
    }
}

#[async_trait]
impl<R: PlatformRefusal> FileDownload for ResponseDownload<R> {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, ConnectorError> {
        let piece = self.response.chunk().await;
        Ok(piece.map_err(|error| RequestError::<R>::Unknown {
            reason: format!("the download of a file broke off: {}", error.without_url()),
        })?)
    }
}

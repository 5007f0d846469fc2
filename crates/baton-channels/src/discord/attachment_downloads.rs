//! Downloads of the files that come with messages.

use async_trait::async_trait;
use baton_chat::connector::{ConnectorError, Downloads, FileDownload, IncomingFile};
use bytes::Bytes;
use reqwest::Response;

use super::discord_connector::DiscordConnector;
use super::rest::RestError;

#[async_trait]
impl Downloads for DiscordConnector {
    async fn begin(&self, file: &IncomingFile) -> Result<Box<dyn FileDownload>, ConnectorError> {
        let response = self.account.rest.download_file(&file.reference).await?;
        Ok(Box::new(AttachmentDownload(response)))
    }
}

/// A running download of one file.
struct AttachmentDownload(Response);

#[async_trait]
impl FileDownload for AttachmentDownload {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, ConnectorError> {
        let piece = self.0.chunk().await.map_err(|error| RestError::Unknown {
            reason: format!("the download of a file broke off: {}", error.without_url()),
        })?;
        Ok(piece)
    }
}

//! Downloads of the files that come with messages.

use async_trait::async_trait;
use baton_chat::connector::{ConnectorError, Downloads, FileDownload, IncomingFile};

use super::discord_connector::DiscordConnector;

#[async_trait]
impl Downloads for DiscordConnector {
    async fn begin(&self, file: &IncomingFile) -> Result<Box<dyn FileDownload>, ConnectorError> {
        let download = self.account.rest.download_file(&file.reference).await?;
        Ok(Box::new(download))
    }
}

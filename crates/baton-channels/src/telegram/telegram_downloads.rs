//! Downloads of the files that come with messages.

use async_trait::async_trait;
use baton_chat::connector::{
    ConnectorError, Downloads, FileDownload, IncomingFile, Refusal, RequestFailure,
};

use super::telegram_connector::TelegramConnector;

#[async_trait]
impl Downloads for TelegramConnector {
    async fn begin(&self, file: &IncomingFile) -> Result<Box<dyn FileDownload>, ConnectorError> {
        match self.account.api.download_file(&file.reference).await? {
            Some(download) => Ok(Box::new(download)),
            None => Err(ConnectorError::new(
                RequestFailure::Refused(Refusal::Other),
                "Telegram gives no address of the file",
            )),
        }
    }
}

//! Downloads of the files that come with messages.

use async_trait::async_trait;
use baton_chat::connector::{
    ConnectorError, Downloads, FileDownload, IncomingFile, Refusal, RequestFailure,
};

use super::local_bot_files::{as_local_path, open_local_file};
use super::telegram_connector::TelegramConnector;
use super::telegram_sizes::{DOWNLOAD, transfer_limit};

#[async_trait]
impl Downloads for TelegramConnector {
    async fn begin(&self, file: &IncomingFile) -> Result<Box<dyn FileDownload>, ConnectorError> {
        let (api, settings) = (&self.account.api, &self.account.settings);
        let size = if file.size == 0 { DOWNLOAD } else { file.size };
        let limit = transfer_limit(size);
        // A server of one's own fetches the file from Telegram before it answers.
        let Some(path) = api.locate_file(&file.reference, limit).await? else {
            return Err(ConnectorError::new(
                RequestFailure::Refused(Refusal::Other),
                "Telegram gives no address of the file",
            ));
        };
        match as_local_path(&path) {
            Some(path) => {
                let folder = settings.server_files.as_deref();
                Ok(Box::new(open_local_file(folder, path).await?))
            }
            None => Ok(Box::new(api.download_file(&path, limit).await?)),
        }
    }
}

//! The bodies of answers, with a limit of length.

use reqwest::Response;

use super::request_error::{PlatformRefusal, RequestError};

/// The longest answer, in bytes.
pub const LONGEST: usize = 8 * 1024 * 1024;

/// The body of an answer.
#[derive(Debug)]
pub enum ResponseBody {
    /// The whole body.
    Whole(Vec<u8>),
    /// The beginning of a body longer than [`LONGEST`].
    Beginning(Vec<u8>),
}

impl ResponseBody {
    /// Reads the body of an answer.
    pub(super) async fn read<R: PlatformRefusal>(
        mut response: Response,
    ) -> Result<Self, RequestError<R>> {
        let mut bytes = Vec::new();
        while let Some(more) = response
            .chunk()
            .await
            .map_err(|error| RequestError::from_transport(&error))?
        {
            bytes.extend_from_slice(&more);
            if bytes.len() > LONGEST {
                return Ok(Self::Beginning(bytes));
            }
        }
        Ok(Self::Whole(bytes))
    }

    /// The body, or its beginning.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(bytes) | Self::Beginning(bytes) => bytes,
        }
    }
}

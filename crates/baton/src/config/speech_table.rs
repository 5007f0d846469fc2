//! `[speech]`: the transcriber of voice messages.

use std::path::PathBuf;

use baton_config::SecretLocation;
use baton_core::speech::SpeechLimits;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::duration_seconds::DurationSeconds;

/// The transcriber of voice messages; `kind` selects the type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum SpeechTable {
    /// An OpenAI-compatible server of transcriptions: whisper.cpp, faster-whisper, or a provider.
    Openai(SpeechServerTable),
    /// Any program: the path of the recording as an argument, the words on its standard output.
    Command(SpeechProgramTable),
}

/// `kind = "openai"`: an OpenAI-compatible server of transcriptions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpeechServerTable {
    /// The server's address. Baton adds `/v1/audio/transcriptions`, or only the rest after `/v1`.
    pub(crate) url: String,
    /// The server's name for the model.
    pub(crate) model: String,
    /// The location of the API key, if the server needs one.
    pub(crate) api_key: Option<SecretLocation>,
    /// The language of the recordings, such as `"en"`. Without it, the server recognises the language.
    pub(crate) language: Option<String>,
    /// The largest size of a recording, in MiB. The default is 25.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) size_mib: Option<u64>,
    /// The time limit for one recording, in seconds. The default is 300.
    pub(crate) time_seconds: Option<DurationSeconds>,
    /// The most recordings at once. The default is 4.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: Option<usize>,
}

/// `kind = "command"`: a program with the path of the recording as an argument, and the words on its standard
/// output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpeechProgramTable {
    /// The program and its arguments, one list item each. `{file}` stands for the path of the recording; without
    /// it, the path is the last argument.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// The folder in which the program runs; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// The largest size of a recording, in MiB. The default is 25.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) size_mib: Option<u64>,
    /// The time limit for one recording, in seconds. The default is 300.
    pub(crate) time_seconds: Option<DurationSeconds>,
    /// The most recordings at once. The default is 4.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: Option<usize>,
}

impl SpeechTable {
    /// The limits, with defaults for absent keys.
    pub(crate) fn speech_limits(&self) -> SpeechLimits {
        let (size, time, at_once) = match self {
            Self::Openai(table) => (table.size_mib, table.time_seconds, table.at_once),
            Self::Command(table) => (table.size_mib, table.time_seconds, table.at_once),
        };
        let plain = SpeechLimits::default();
        SpeechLimits {
            size: size.map_or(plain.size, |mib| mib * 1024 * 1024),
            time: time.map_or(plain.time, Into::into),
            at_once: at_once.unwrap_or(plain.at_once),
        }
    }

    /// A description for people, without any secret.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Openai(table) => {
                // The whole address may contain a password.
                let server = table.server_url();
                let host = server.as_ref().and_then(Url::host_str).unwrap_or_default();
                let port = server.as_ref().and_then(Url::port);
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{} at {host}{port}", table.model)
            }
            Self::Command(table) => {
                let program = table.command.first().map_or("", String::as_str);
                format!("runs {program}")
            }
        }
    }
}

impl SpeechServerTable {
    /// The parsed address of the server; `None` if the address is not HTTP or HTTPS with a host.
    pub(crate) fn server_url(&self) -> Option<Url> {
        let url = Url::parse(&self.url).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }
}

//! The content of messages besides text: files, polls, places and the like.

use baton_chat::http::tolerant_parsing;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The content of a message besides text.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct MessageContent {
    /// One photo in several sizes.
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) photo: Vec<PhotoSize>,
    pub(crate) live_photo: Option<LivePhoto>,
    pub(crate) document: Option<MediaFile>,
    /// A voice message.
    pub(crate) voice: Option<MediaFile>,
    pub(crate) audio: Option<MediaFile>,
    pub(crate) video: Option<MediaFile>,
    /// A round video message.
    pub(crate) video_note: Option<MediaFile>,
    /// A video without sound. For older clients, the same file is also in `document`.
    pub(crate) animation: Option<MediaFile>,
    pub(crate) sticker: Option<Sticker>,
    pub(crate) poll: Option<TelegramPoll>,
    pub(crate) contact: Option<SharedContact>,
    pub(crate) location: Option<MapLocation>,
    /// A named place. The same place is also in `location`.
    pub(crate) venue: Option<MapVenue>,
    pub(crate) dice: Option<ThrownDice>,
    pub(crate) checklist: Option<Checklist>,
    pub(crate) game: Option<TitledObject>,
    pub(crate) invoice: Option<TitledObject>,
    pub(crate) story: Option<IgnoredAny>,
    pub(crate) paid_media: Option<IgnoredAny>,
    pub(crate) giveaway: Option<IgnoredAny>,
    /// A text with headings, tables and other blocks, in Telegram's own form.
    pub(crate) rich_message: Option<Value>,
}

/// A photo in one size.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PhotoSize {
    /// Empty if Telegram does not send it.
    #[serde(default)]
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) width: u64,
    #[serde(default)]
    pub(crate) height: u64,
    /// In bytes; 0 if unknown.
    #[serde(default)]
    pub(crate) file_size: u64,
}

/// A photo with a short video.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LivePhoto {
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) photo: Vec<PhotoSize>,
}

/// A document, sound or video.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MediaFile {
    /// Empty if Telegram does not send it.
    #[serde(default)]
    pub(crate) file_id: String,
    /// The name from the author.
    pub(crate) file_name: Option<String>,
    pub(crate) mime_type: Option<String>,
    /// In bytes; 0 if unknown.
    #[serde(default)]
    pub(crate) file_size: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sticker {
    pub(crate) emoji: Option<String>,
    pub(crate) set_name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TelegramPoll {
    #[serde(default)]
    pub(crate) question: String,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) options: Vec<TelegramPollOption>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TelegramPollOption {
    #[serde(default)]
    pub(crate) text: String,
}

/// A contact from the address book of the author.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SharedContact {
    #[serde(default)]
    pub(crate) phone_number: String,
    #[serde(default)]
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
}

/// A point on the map.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MapLocation {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    /// The time in seconds for which the location follows the author.
    pub(crate) live_period: Option<u64>,
}

/// A named point on the map.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MapVenue {
    pub(crate) location: Option<MapLocation>,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) address: String,
}

/// A dice, or another emoji with a random value.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ThrownDice {
    #[serde(default)]
    pub(crate) emoji: String,
    #[serde(default)]
    pub(crate) value: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Checklist {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) tasks: Vec<ChecklistTask>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChecklistTask {
    #[serde(default)]
    pub(crate) text: String,
    /// The time of the completion, in seconds since 1970; 0 or `None` for an open task.
    pub(crate) completion_date: Option<i64>,
}

/// A game or an invoice.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TitledObject {
    #[serde(default)]
    pub(crate) title: String,
}

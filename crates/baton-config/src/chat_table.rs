//! The table of a chat platform: places, direct messages, and the keys that only this platform has.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::{ChatSettings, PlaceSettings};
use baton_core::channel::Channel;

use crate::channel_config::{
    Answerer, ChannelConfig, ChannelOpenError, ChannelParts, ChannelSecrets, ChannelSummary,
};
use crate::chat_summary::summarize_table;
use crate::direct_table::DirectTable;
use crate::place_table::{PlaceTable, check_places, place_settings};
use crate::secret_location::SecretLocation;

/// The key of the tables of places, below the channel's table.
pub const PLACES: &str = "places";

/// The parsed table of a chat platform, `[channels.NAME]`. Such a table is a [`ChannelConfig`].
pub trait ChatTable: Debug + Send + Sync {
    /// The table of a place.
    type Place: PlaceTable;

    /// The key of the table below `[channels]`.
    const CHANNEL: &'static str;

    /// The keys that all chat platforms share.
    fn shared_keys(&self) -> ChatKeys<'_, Self::Place>;

    /// Reports all invalid values of the keys that only this platform has, each with its keys.
    fn check_own_keys(&self, report: &mut dyn FnMut(&[&str], &str));

    /// Makes the channel. The channel connects when its `receive` starts.
    fn open_chat_channel(
        &self,
        secrets: &ChannelSecrets,
        chat: ChatSettings,
    ) -> Result<ChatChannel, ChannelOpenError>;
}

/// The keys in the table of a chat platform that all chat platforms share.
#[derive(Clone, Debug)]
pub struct ChatKeys<'a, P> {
    /// The locations of all secrets, by their keys.
    pub secrets: Vec<(&'static str, &'a SecretLocation)>,
    /// The value of `messages`: the most messages for one reply. `None` means the default of [`ChatSettings`].
    pub messages: Option<usize>,
    /// The tables `places.NAME`, by their names.
    pub places: &'a BTreeMap<String, P>,
    /// The table `direct`; `None` means that the bot ignores direct messages.
    pub direct: Option<&'a DirectTable>,
}

type WrittenIdOf<T> = <<T as ChatTable>::Place as PlaceTable>::Id;

impl<T: ChatTable> ChannelConfig for T {
    fn check_values(&self, report: &mut dyn FnMut(&[&str], &str)) {
        self.check_own_keys(report);
        let ChatKeys { places, direct, .. } = self.shared_keys();
        if places.is_empty() && direct.is_none() {
            let channel = T::CHANNEL;
            let what = format!(
                "the bot answers nowhere; add [channels.{channel}.places.NAME] or [channels.{channel}.direct]"
            );
            report(&[], &what);
        }
        check_places(PLACES, places, report);
        if let Some(direct) = direct {
            direct.check_values::<WrittenIdOf<T>>(report);
        }
    }

    fn list_answerers(&self) -> Vec<Answerer<'_>> {
        let ChatKeys { places, direct, .. } = self.shared_keys();
        let places = places
            .iter()
            .map(|(name, place)| place.shared_keys().answerer(vec![PLACES, name]));
        places.chain(direct.map(DirectTable::answerer)).collect()
    }

    fn list_secrets(&self) -> Vec<(&'static str, &SecretLocation)> {
        self.shared_keys().secrets
    }

    fn summary(&self) -> ChannelSummary {
        summarize_table(&self.shared_keys())
    }

    fn find_place(&self, name: &str) -> Option<PlaceSettings> {
        place_settings(self.shared_keys().places.get(name)?)
    }

    fn build(&self, parts: ChannelParts) -> Result<Arc<dyn Channel>, ChannelOpenError> {
        let keys = self.shared_keys();
        let usual = ChatSettings::new(parts.clock);
        let chat = ChatSettings {
            places: keys.places.values().filter_map(place_settings).collect(),
            direct: keys
                .direct
                .and_then(DirectTable::answering_settings::<WrittenIdOf<T>>),
            messages: keys.messages.unwrap_or(usual.messages),
            projects: parts.projects,
            ..usual
        };
        let channel = self.open_chat_channel(&parts.secrets, chat)?;
        Ok(Arc::new(channel))
    }
}

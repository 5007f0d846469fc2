//! The list of all channels besides the page, with one line for each.

use baton_config::ChannelModule;

/// A channel of Baton. A build can leave the channel out.
#[derive(Clone, Copy, Debug)]
pub struct KnownChannel {
    /// The key of the table below `[channels]`, and the name of the Cargo feature.
    pub name: &'static str,
    /// The channel; `None` in a build without the feature.
    pub module: Option<&'static dyn ChannelModule>,
}

/// Makes the list from the features and modules of the channels.
macro_rules! known_channels {
    ($($feature:tt => $module:expr,)*) => {
        &[$(KnownChannel {
            name: $feature,
            #[cfg(feature = $feature)]
            module: Some(&$module),
            #[cfg(not(feature = $feature))]
            module: None,
        }),*]
    };
}

/// All channels besides the page, in the order of examples and summaries.
pub const KNOWN_CHANNELS: &[KnownChannel] = known_channels![
    "discord" => crate::discord::DiscordModule,
    "telegram" => crate::telegram::TelegramModule,
];

/// The channels of this build besides the page.
pub fn built_channels() -> impl Iterator<Item = &'static dyn ChannelModule> {
    KNOWN_CHANNELS.iter().filter_map(|known| known.module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_the_name_of_its_feature() {
        for known in KNOWN_CHANNELS {
            assert!(known.module.is_none_or(|it| it.name() == known.name));
        }
    }
}

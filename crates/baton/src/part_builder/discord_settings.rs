//! The Discord channel's settings.

use std::sync::Arc;

use baton_channels::discord::DiscordSettings;

use super::Wiring;
use crate::config::discord_table::{DirectTable, PlaceTable};
use crate::plan::Plan;
use crate::project_adder::Projects;

impl Wiring<'_> {
    pub(super) fn discord(&mut self, plan: &Plan) -> Option<DiscordSettings> {
        let table = plan.loaded.config.channels.discord.as_ref()?;
        let token = self.secret(&["channels", "discord", "token"], &table.token);
        let usual = DiscordSettings::new(token, Arc::clone(self.clock));
        let places = table.places.values().filter_map(PlaceTable::settings);
        Some(DiscordSettings {
            api: table.api().and_then(Result::ok).unwrap_or(usual.api),
            gateway: table.gateway().and_then(Result::ok),
            places: places.collect(),
            direct: table.direct.as_ref().and_then(DirectTable::answering),
            messages: table.messages.unwrap_or(usual.messages),
            projects: Some(Arc::new(Projects::new(plan, self.clock))),
            offered_in: table.offered_in.into(),
            translations: table.translations().0,
            ..usual
        })
    }
}

//! The Discord channel's settings.

use std::sync::Arc;

use baton_channels::discord::DiscordSettings;

use super::PartBuilder;
use crate::config::discord_table::{DirectTable, PlaceTable};
use crate::plan::ProgramPlan;
use crate::project_adder::ProjectAdder;

impl PartBuilder<'_> {
    pub(super) fn build_discord_settings(&mut self, plan: &ProgramPlan) -> Option<DiscordSettings> {
        let table = plan.loaded.config.channels.discord.as_ref()?;
        let token = self.read_secret(&["channels", "discord", "token"], &table.token);
        let usual = DiscordSettings::new(token, Arc::clone(self.clock));
        let places = table.places.values().filter_map(PlaceTable::place_settings);
        Some(DiscordSettings {
            api: table.api_url().and_then(Result::ok).unwrap_or(usual.api),
            gateway: table.gateway_url().and_then(Result::ok),
            places: places.collect(),
            direct: table
                .direct
                .as_ref()
                .and_then(DirectTable::answering_settings),
            messages: table.messages.unwrap_or(usual.messages),
            projects: Some(Arc::new(ProjectAdder::new(plan, self.clock))),
            offered_in: table.offered_in.into(),
            translations: table.parse_translations().0,
            ..usual
        })
    }
}

//! The parts that the channels besides the page get from the program.

use std::sync::Arc;

use baton_chat::projects::AddsProjects;
use baton_config::{ChannelConfig, ChannelParts};

use super::PartBuilder;
use crate::config::channels_table::ConfiguredChannel;
use crate::plan::ProgramPlan;
use crate::project_adder::ProjectAdder;

/// A channel besides the page, with all that its construction needs.
pub(crate) struct PreparedChannel {
    pub(crate) config: Arc<dyn ChannelConfig>,
    pub(crate) parts: ChannelParts,
}

impl PartBuilder<'_> {
    pub(super) fn prepare_channel(
        &mut self,
        plan: &ProgramPlan,
        channel: &ConfiguredChannel,
    ) -> PreparedChannel {
        let secrets = channel.config.list_secrets().into_iter();
        let secrets = secrets
            .map(|(key, location)| (key, self.read_secret(&channel.full_keys(&[key]), location)));
        let secrets = secrets.collect();
        let adder = ProjectAdder::new(plan, self.clock, channel.module);
        PreparedChannel {
            config: Arc::clone(&channel.config),
            parts: ChannelParts {
                secrets,
                projects: adder.map(|adder| Arc::new(adder) as Arc<dyn AddsProjects>),
                clock: Arc::clone(self.clock),
            },
        }
    }
}

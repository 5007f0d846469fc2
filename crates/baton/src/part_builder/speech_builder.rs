//! Builds the transcriber.

use std::sync::Arc;

use baton_agents::speech::{
    TranscriptionProgram, TranscriptionProgramSettings, TranscriptionServer,
    TranscriptionServerSettings,
};
use baton_core::speech::{Speech, Transcriber};

use super::PartBuilder;
use crate::config::speech_table::{SpeechProgramTable, SpeechServerTable, SpeechTable};
use crate::plan::ProgramPlan;

impl PartBuilder<'_> {
    /// The transcriber; `None` without the table, or after a problem.
    pub(super) fn build_speech(&mut self, plan: &ProgramPlan) -> Option<Speech> {
        let table = plan.loaded.config.speech.as_ref()?;
        let transcriber = match table {
            SpeechTable::Openai(table) => self.build_transcription_server(table)?,
            SpeechTable::Command(table) => self.build_transcription_program(table),
        };
        Some(Speech {
            transcriber,
            limits: table.speech_limits(),
        })
    }

    fn build_transcription_server(
        &mut self,
        table: &SpeechServerTable,
    ) -> Option<Arc<dyn Transcriber>> {
        let api_key = table.api_key.as_ref();
        let settings = TranscriptionServerSettings {
            url: table.server_url()?,
            api_key: api_key.map(|key| self.read_secret(&["speech", "api_key"], key)),
            model: table.model.clone(),
            language: table.language.clone(),
        };
        match TranscriptionServer::new(settings) {
            Ok(server) => Some(Arc::new(server)),
            Err(error) => {
                let problem = self.document.problem_at(&["speech"], error.to_string());
                self.problems.push(problem);
                None
            }
        }
    }

    fn build_transcription_program(&self, table: &SpeechProgramTable) -> Arc<dyn Transcriber> {
        let mut words = table.command.iter().cloned();
        let directory = table.directory.as_ref();
        let settings = TranscriptionProgramSettings {
            program: words.next().unwrap_or_default(),
            args: words.collect(),
            directory: directory.map(|it| self.config_folder().join(it)),
        };
        Arc::new(TranscriptionProgram::new(settings, Arc::clone(self.clock)))
    }
}

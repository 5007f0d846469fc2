//! A program that writes down recordings. The words come on its standard output.
//!
//! The program gets the path of the recording in place of `{file}` in its arguments, or as its last argument. Of
//! Baton's environment, the program gets only the variables that every program needs. When Baton drops the work,
//! the program and all its child processes are killed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::agent::AgentError;
use baton_core::clock::Clock;
use baton_core::files::Received;
use baton_core::speech::{SpeechError, TRANSCRIPT_LIMIT, Transcriber};

use crate::child::{
    ChildProcess, LAST_WORDS, ProgramInput, ProgramSpec, StderrTail, environment, program_error,
};
use crate::command::program_output::{OutputEnd, OutputText, read_output};

/// The place of the path in an argument.
const FILE: &str = "{file}";

/// The program of a transcriber.
#[derive(Clone, Debug)]
pub struct TranscriptionProgramSettings {
    /// A name to find in `PATH`, or an absolute path.
    pub program: String,
    /// The arguments, with `{file}` for the path. Without `{file}`, the path is the last argument.
    pub args: Vec<String>,
    /// The working directory; `None` means the working directory of Baton.
    pub directory: Option<PathBuf>,
}

/// Writes down recordings with a program.
pub struct TranscriptionProgram {
    settings: TranscriptionProgramSettings,
    clock: Arc<dyn Clock>,
}

impl TranscriptionProgram {
    /// Makes a transcriber. A missing program is reported only at the first recording.
    pub fn new(settings: TranscriptionProgramSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    /// The arguments for the recording at this path.
    fn arguments(&self, path: &str) -> Vec<String> {
        let args = &self.settings.args;
        let mut filled: Vec<_> = args.iter().map(|arg| arg.replace(FILE, path)).collect();
        if !args.iter().any(|arg| arg.contains(FILE)) {
            filled.push(path.to_owned());
        }
        filled
    }
}

#[async_trait]
impl Transcriber for TranscriptionProgram {
    async fn transcribe(&self, recording: &Received) -> Result<String, SpeechError> {
        let missing = || SpeechError::new("the file is missing");
        // The program must not follow a link that an agent put in the place of the file.
        drop(recording.open().await.ok_or_else(missing)?);
        let path = recording.path.to_str();
        let path = path.ok_or_else(|| {
            SpeechError::new("the path of the data folder is no text; choose another data folder")
        })?;
        let TranscriptionProgramSettings {
            program, directory, ..
        } = &self.settings;
        let args = self.arguments(path);
        let started = ChildProcess::start(ProgramSpec {
            name: program,
            args: &args,
            env: environment::outside_turns(&BTreeMap::new()),
            directory: directory.as_deref(),
            input: ProgramInput::Whole(""),
        });
        let (mut child, pipes) = started
            .await
            .map_err(|error| to_speech_error(program_error::not_started(program, &error)))?;
        let mut written = OutputText::new(TRANSCRIPT_LIMIT);
        let mut complaints = StderrTail::default();
        let mut heard = None;
        let status = {
            let mut listens = pin!(read_output(pipes, None, &mut written, &mut complaints));
            loop {
                tokio::select! {
                    biased;
                    all = &mut listens, if heard.is_none() => {
                        if all == OutputEnd::TooMuch {
                            child.kill();
                        }
                        heard = Some(all);
                    }
                    () = child.wait_until_ended() => break,
                }
            }
            let status = child.reap().await;
            if heard.is_none() {
                let end = self.clock.steady().after(LAST_WORDS);
                tokio::select! {
                    all = &mut listens => heard = Some(all),
                    () = self.clock.sleep_until(end) => {}
                }
            }
            status
        };
        if heard == Some(OutputEnd::TooMuch) {
            return Err(SpeechError::transcript_too_long());
        }
        match status {
            Ok(status) if status.success() => Ok(written.into_text()),
            Ok(status) => {
                let error = program_error::failed_exit(program, status, &complaints.text(), []);
                Err(to_speech_error(error))
            }
            Err(error) => Err(to_speech_error(program_error::unknown_exit(
                program, &error,
            ))),
        }
    }
}

fn to_speech_error(AgentError { reason, detail, .. }: AgentError) -> SpeechError {
    SpeechError { reason, detail }
}

//! Transcribers: they write down the words of recordings.
//!
//! * [`TranscriptionServer`]: a server with the transcriptions API of `OpenAI`: whisper.cpp, faster-whisper, a
//!   provider.
//! * [`TranscriptionProgram`]: any program that takes the path of a recording and writes the words.
//! * `audio_container`: the type of a recording, from its content.

mod audio_container;
mod transcription_program;
mod transcription_server;

pub use transcription_program::{TranscriptionProgram, TranscriptionProgramSettings};
pub use transcription_server::{
    TranscriptionServer, TranscriptionServerError, TranscriptionServerSettings, transcription_url,
};

//! The commands that a platform offers: their descriptions, their translations, and their lists at the platform.

pub mod command_registration;
pub mod command_specs;
pub mod command_translations;
pub mod conversation_specs;
pub mod translation_check;

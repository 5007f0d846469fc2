//! The paths of the configuration and the data, with their defaults.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::cli::CommonOptions;
use crate::config::LoadedConfig;
use crate::program_failure::ProgramFailure;

/// The path of the configuration file; `None` without such a file.
pub(crate) fn find_config_file(common: &CommonOptions) -> Option<PathBuf> {
    if let Some(path) = &common.config {
        return Some(path.clone());
    }
    let usual = default_config_file()?;
    usual.exists().then_some(usual)
}

/// The default path of the configuration file.
pub(crate) fn default_config_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("baton").join("baton.toml"))
}

/// Reads the configuration file.
pub(crate) fn load_config(common: &CommonOptions) -> Result<LoadedConfig, ProgramFailure> {
    match find_config_file(common) {
        Some(path) => Ok(LoadedConfig::read_file(&path)?),
        None => Ok(LoadedConfig::without_file()),
    }
}

/// The data folder.
pub(crate) fn data_folder(common: &CommonOptions) -> Result<PathBuf, ProgramFailure> {
    if let Some(path) = &common.data {
        return Ok(path.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| ProgramFailure::NoHome)?;
    Ok(base.data_dir().join("baton"))
}

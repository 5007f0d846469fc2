//! The paths of the configuration and the data, with their defaults.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::cli::CommonOptions;
use crate::config::LoadedConfig;
use crate::config::config_problem::ConfigProblems;

/// The user has no home folder, so the data folder is unknown.
#[derive(Debug, thiserror::Error)]
#[error("this user has no home folder; name a folder for the data: baton --data FOLDER")]
pub(crate) struct MissingHomeFolder;

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
pub(crate) fn load_config(common: &CommonOptions) -> Result<LoadedConfig, ConfigProblems> {
    match find_config_file(common) {
        Some(path) => LoadedConfig::read_file(&path),
        None => Ok(LoadedConfig::without_file()),
    }
}

/// The data folder.
pub(crate) fn data_folder(common: &CommonOptions) -> Result<PathBuf, MissingHomeFolder> {
    if let Some(path) = &common.data {
        return Ok(path.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| MissingHomeFolder)?;
    Ok(base.data_dir().join("baton"))
}

//! The paths of the configuration and the data, with their defaults.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::cli::Common;
use crate::command_failure::Failure;
use crate::config::Loaded;

/// The path of the configuration file; `None` without such a file.
pub(crate) fn configuration(common: &Common) -> Option<PathBuf> {
    if let Some(path) = &common.config {
        return Some(path.clone());
    }
    let usual = usual_configuration()?;
    usual.exists().then_some(usual)
}

/// The default path of the configuration file.
pub(crate) fn usual_configuration() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("baton").join("baton.toml"))
}

/// Reads the configuration file.
pub(crate) fn load(common: &Common) -> Result<Loaded, Failure> {
    match configuration(common) {
        Some(path) => Ok(Loaded::read(&path)?),
        None => Ok(Loaded::nothing()),
    }
}

/// The data folder.
pub(crate) fn data(common: &Common) -> Result<PathBuf, Failure> {
    if let Some(path) = &common.data {
        return Ok(path.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| Failure::NoHome)?;
    Ok(base.data_dir().join("baton"))
}

//! Where the configuration and the data are where nobody says otherwise.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::cli::Common;
use crate::config::Loaded;
use crate::exit::Failure;

/// The configuration file that is meant; `None` where there is none.
pub(crate) fn configuration(common: &Common) -> Option<PathBuf> {
    if let Some(path) = &common.config {
        return Some(path.clone());
    }
    let usual = usual_configuration()?;
    usual.exists().then_some(usual)
}

/// Where a configuration is looked for.
pub(crate) fn usual_configuration() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("baton").join("baton.toml"))
}

/// Reads the configuration that is meant.
pub(crate) fn load(common: &Common) -> Result<Loaded, Failure> {
    match configuration(common) {
        Some(path) => Ok(Loaded::read(&path)?),
        None => Ok(Loaded::nothing()),
    }
}

/// The folder that everything is kept in.
pub(crate) fn data(common: &Common) -> Result<PathBuf, Failure> {
    if let Some(path) = &common.data {
        return Ok(path.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| Failure::NoHome)?;
    Ok(base.data_dir().join("baton"))
}

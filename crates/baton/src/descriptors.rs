//! The limit on open files and connections.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to the system's maximum, because each connection to the page takes a descriptor. The
/// usual limit protects programs that scan all their descriptors, so child processes get it back: see
/// [`baton_agents::give_back_descriptors`].
pub(crate) fn raise_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard {
            setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
            baton_agents::give_back_descriptors(soft);
        }
        Ok(())
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files could not be raised, and so limits the connections");
    }
}

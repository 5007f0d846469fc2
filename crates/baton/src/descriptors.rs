//! How many files and connections the program may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises that to what the system allows at most: each connection to the page takes one, and what is usual
/// is meant for programs that look at all of theirs. Those get it back: see
/// [`baton_agents::give_back_descriptors`].
pub(crate) fn raise() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard {
            setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
            baton_agents::give_back_descriptors(soft);
        }
        Ok(())
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "the number of open files stays as it is, which bounds the connections");
    }
}

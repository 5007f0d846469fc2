//! The memory kept for later by the C library.

/// Limits the number of arenas from which glibc serves allocations. By default, glibc makes an arena for almost every
/// thread. Each arena keeps the memory of its largest burst, such as long replies for many readers. Two arenas keep a
/// third of this memory. Two arenas are enough, because two threads run Baton.
///
/// Must be called before the first thread starts.
pub(crate) fn limit_arenas() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "the C library has no safe interface for it")]
    // SAFETY: `mallopt` only sets a number, and no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

//! Which library does the cryptography of HTTPS.

/// Chooses it for the whole process; calling it again changes nothing. Every HTTPS client of the
/// program needs it before it is made, because `reqwest` is built without a choice of its own.
pub fn install() {
    // An error says that somebody has chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

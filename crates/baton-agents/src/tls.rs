//! The cryptography library for HTTPS.

/// Installs the library for the whole process. Another call changes nothing. Call this before making an HTTPS
/// client, because `reqwest` is built without a default library.
pub fn install() {
    // An error means that a library is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

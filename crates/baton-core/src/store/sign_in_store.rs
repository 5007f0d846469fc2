//! The sign-ins of people.

use async_trait::async_trait;

use super::{SignIn, StoreError};

/// Records the sign-ins of people. The store holds digests only, never a secret.
///
/// * Idempotency: a sign-in with a known key replaces the old one. Ending an unknown sign-in changes nothing.
/// * Units: the end of a sign-in is wall-clock time. The caller compares this time with its own clock.
/// * Errors: [`StoreError`] only.
#[async_trait]
pub trait SignInStore: Send + Sync + 'static {
    /// Stores a sign-in. Removes expired sign-ins, and the oldest ones of a person with too many.
    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError>;

    /// The sign-in with this key, even if expired; `None` if it was ended or never existed.
    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError>;

    /// Ends a sign-in. Does nothing if no sign-in has this key.
    async fn sign_out(&self, key: &str) -> Result<(), StoreError>;
}

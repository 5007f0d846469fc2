//! `sign_in`, `sign_out`: the sign-ins of people.

use crate::clock::Wall;
use crate::name::PersonId;

/// The most sign-ins of one person; a new one replaces the oldest.
pub const SIGN_INS_KEPT: usize = 64;

/// One sign-in in one browser. The browser holds a secret, and the store holds only digests of the
/// secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The key: a digest of the secret.
    pub key: String,
    /// The signed-in person.
    pub person: PersonId,
    /// A digest of the secret and the person's token, so that the sign-in ends when the token
    /// changes.
    pub proof: String,
    /// The end of the sign-in, in wall-clock time.
    pub until: Wall,
}

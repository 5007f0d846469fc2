//! `sign_in`, `sign_out`: who has proved who they are, and need not do so again for a while.

use crate::clock::Wall;
use crate::name::PersonId;

/// How many sign-ins of one person are kept; the oldest goes first.
pub const SIGN_INS_KEPT: usize = 64;

/// Somebody is signed in, on one browser. It holds a secret; what is kept tells nobody that secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// What it is found by: a digest of the secret.
    pub key: String,
    /// Who.
    pub person: PersonId,
    /// A digest of the secret together with what the person proved themselves by, so that the
    /// sign-in ends when that is changed.
    pub proof: String,
    /// When it is over, by the calendar.
    pub until: Wall,
}

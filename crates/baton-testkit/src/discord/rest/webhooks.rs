//! Application commands, and what answers interactions.

use super::super::world::World;
use super::{ApiError, Call, Done};

pub(super) fn perform(world: &mut World, asked: &str, operation: &str, _call: &Call<'_>) -> Done {
    world.violation(asked, &format!("the fake does not do {operation} yet"));
    Err(ApiError::new(501, 0, "not in the fake"))
}

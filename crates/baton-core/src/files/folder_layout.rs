//! The layout of the files folder.
//!
//! ```text
//! files/<conversation>/uploaded/<number>-<name>  uploaded before the message that names the file
//! files/<conversation>/kept/<number>-<name>      the files of messages and of replies
//! files/<conversation>/out/<turn>/               the output folder of a running turn
//! ```

use sha2::{Digest, Sha256};

use super::safe_name::safe_name;
use crate::name::PersonaName;
use crate::place::Place;

pub(super) const UPLOADED: &str = "uploaded";
pub(super) const KEPT: &str = "kept";
pub(super) const OUTPUT: &str = "out";

/// The name of a conversation's folder: a hash that makes it unique, and a readable part.
pub(super) fn folder_name(place: &Place, persona: &PersonaName) -> String {
    let mut hash = Sha256::new();
    for part in [
        place.channel.as_str(),
        place.account.as_str(),
        &place.address,
        persona.as_str(),
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let mut number = [0; 8];
    number.copy_from_slice(&hash.finalize()[..8]);
    let readable = safe_name(&format!("{}-{}", place.address, persona));
    let readable: String = readable.chars().take(40).collect();
    format!("{:016x}-{readable}", u64::from_be_bytes(number))
}

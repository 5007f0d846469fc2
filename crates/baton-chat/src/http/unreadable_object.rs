//! An object of the platform that cannot be read as a whole.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::tolerant_parsing;

/// An object that cannot be read as a whole. Some of its fields may be readable one by one.
#[derive(Clone, Debug)]
pub struct UnreadableObject {
    /// The fields of the object, as far as known.
    pub fields: Value,
    /// The object in raw form, or the beginning of its raw form.
    pub raw: String,
    /// Why the object cannot be read, without the text of people.
    pub reason: String,
}

impl UnreadableObject {
    /// The value of one field; `None` if the field is missing, null or unreadable.
    pub fn read_field<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.fields.get(name)?).ok()
    }

    /// The beginning of the raw form, of at most [`tolerant_parsing::RAW`] bytes.
    pub fn raw_beginning(&self) -> String {
        tolerant_parsing::cut_bytes(&self.raw, tolerant_parsing::RAW)
    }
}

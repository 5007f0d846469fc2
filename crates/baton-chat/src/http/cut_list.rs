//! The beginning of a JSON list that was cut off.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::tolerant_parsing;

/// The beginning of a JSON list. The list was cut off inside its first element.
#[derive(Debug)]
pub struct CutList(Vec<u8>);

impl CutList {
    /// A list with these first bytes.
    pub fn new(beginning: Vec<u8>) -> Self {
        Self(beginning)
    }

    /// The beginning of the raw form, of at most [`tolerant_parsing::RAW`] bytes.
    pub fn raw_beginning(&self) -> String {
        let length = self.0.len().min(tolerant_parsing::RAW);
        String::from_utf8_lossy(&self.0[..length]).into_owned()
    }

    /// A field of the first element, which is an object; `None` if the cut comes before the field.
    pub fn field_of_first<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Option<T> {
        let mut found = None;
        let seed = ElementSeed {
            name,
            found: &mut found,
        };
        // The parser stops with an error at the cut.
        let _ = serde_json::Deserializer::from_slice(&self.0).deserialize_seq(ListVisitor(seed));
        found
    }
}

/// Visits the first element of a list.
struct ListVisitor<'a, T>(ElementSeed<'a, T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        list.next_element_seed(self.0).map(|_| ())
    }
}

/// Records one field of an object.
struct ElementSeed<'a, T> {
    name: &'a str,
    found: &'a mut Option<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for ElementSeed<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ElementSeed<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            if name == self.name {
                *self.found = Some(fields.next_value()?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_found_in_what_is_cut_off() {
        let found = |text: &str| CutList::new(text.into()).field_of_first::<String>("id");
        let cut =
            r#"[{"author":{"id":"1"},"content":"\"id\"","id":"2","mentions":[{"id":"3"},{"na"#;
        assert_eq!(found(cut).as_deref(), Some("2"));
        assert_eq!(found(r#"[{"author":{"id":"1"},"content":"x"#), None);
        assert_eq!(found("[]"), None);
        assert_eq!(found("{"), None);
    }
}

//! How states are spelled: once, for the store, the API and people.

/// All states of a type, and the word of each.
macro_rules! words {
    ($name:ident { $($state:ident: $word:literal,)+ }) => {
        impl $name {
            /// All of them, in the order in which they are declared.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$state),+];

            /// The word kept in the store and shown to people.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$state => $word,)+
                }
            }

            /// The state of that name.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|state| state.as_str() == word)
            }
        }
    };
}
pub(crate) use words;

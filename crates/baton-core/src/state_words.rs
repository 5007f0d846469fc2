//! The text form of states, the same for the store, the API and people.

/// Defines the words of a state type.
macro_rules! state_words {
    ($name:ident { $($state:ident: $word:literal,)+ }) => {
        impl $name {
            /// All states, in the order of their declaration.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$state),+];

            /// The word for the state, as in the store and for people.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$state => $word,)+
                }
            }

            /// The state with this word; `None` if the word is unknown.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|state| state.as_str() == word)
            }
        }
    };
}
pub(crate) use state_words;

//! The ids of a platform. They are opaque: only the connector reads inside them.

baton_core::define_names! {
    /// The id of a chat: a channel, a group, a thread, a topic, or a direct chat. The id is the address
    /// of the chat's place, and has no white space.
    ChatId;
    /// The id of a group of chats with common members and roles: a server, a team, or a Matrix
    /// space.
    WorkspaceId;
    /// The id of a role, which a workspace gives to members.
    RoleId;
    /// A position in the history of a chat, after a message. Only the connector compares two positions.
    Position;
}

//! A chat gets another id.

use super::{
    ASKS_FOR_THREE, ConnectorRig, ContractProgram, OptionalCheck, first_words, start, three_texts,
};

/// Between two messages: the persona of the earlier id answers in the new chat, also after a second report and after a
/// kill of the program.
pub(super) async fn goes_on_in_a_moved_chat(rig: &impl ConnectorRig) -> Option<OptionalCheck> {
    let (program, [chat, other]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    rig.write(&chat, "before").await;
    rig.until_said(&chat, "before").await;
    let Some(moved) = rig.move_chat(&chat).await else {
        run.end_with(1).await;
        return Some(OptionalCheck::MovedChat);
    };
    rig.write(&moved, "after").await;
    assert_eq!(rig.until_said(&moved, "after").await, ["after"]);
    rig.report_moves().await;
    rig.write(&moved, "again").await;
    assert_eq!(rig.until_said(&moved, "again").await, ["after", "again"]);
    rig.until_acknowledged().await;
    run.until_settled().await;
    run.kill().await;
    let run = start(&program, rig).await;
    rig.write(&moved, "end").await;
    let said = rig.until_said(&moved, "end").await;
    assert_eq!(said, ["after", "again", "end"]);
    assert_eq!(rig.until_said(&chat, "before").await, ["before"]);
    rig.write(&other, "elsewhere").await;
    assert_eq!(rig.until_said(&other, "elsewhere").await, ["elsewhere"]);
    run.end_with(5).await;
    None
}

/// In the middle of a reply: the sent parts are not repeated, and the other parts go to the new chat.
pub(super) async fn sends_the_rest_of_a_reply_to_the_moved_chat(
    rig: &impl ConnectorRig,
) -> Option<OptionalCheck> {
    let (program, [chat, other]) = (ContractProgram::new(), rig.chats());
    let run = start(&program, rig).await;
    if rig.move_chat(&other).await.is_none() {
        run.end_with(0).await;
        return Some(OptionalCheck::MovedChat);
    }
    let [.., third] = {
        let channel = rig.channel().await;
        three_texts(channel.connector().capabilities(&chat).text.limit)
    };
    rig.write(&chat, "before").await;
    rig.until_said(&chat, "before").await;
    let moved = rig.move_chat_at_send(&chat, 2).await;
    rig.write(&chat, ASKS_FOR_THREE).await;
    let said = rig.until_said(&moved, &third).await;
    assert_eq!(first_words(&said), ["two", "three"]);
    rig.write(&moved, "end").await;
    let said = rig.until_said(&moved, "end").await;
    assert_eq!(first_words(&said), ["two", "three", "end"]);
    let said = rig.until_said(&chat, "before").await;
    assert_eq!(first_words(&said), ["before", "one"]);
    run.end_with(3).await;
    None
}

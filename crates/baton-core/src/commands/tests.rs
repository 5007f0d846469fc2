use super::*;

#[test]
fn a_command_is_the_first_word() {
    let parse = |text: &str| Command::parse(text).map(Result::ok);
    assert_eq!(parse("/reset"), Some(Some(Command::Reset)));
    assert_eq!(parse("  /STOP \n"), Some(Some(Command::Stop)));
    assert_eq!(parse("/model"), Some(Some(Command::Model(None))));
    let named = Command::Model(Some(Model::Named("opus".to_owned())));
    assert_eq!(parse("/model opus"), Some(Some(named)));
    let own = Command::Model(Some(Model::Own));
    assert_eq!(parse("/model default"), Some(Some(own)));
    let traced = Command::Trace(MessageId(12));
    assert_eq!(parse("/trace 12"), Some(Some(traced)));
    for text in [
        "/reset all",
        "/model --help",
        "/model two words",
        "/queue 3",
        "/trace",
        "/trace twelve",
        "/trace 0",
        "/trace -1",
    ] {
        assert_eq!(parse(text), Some(None), "{text}");
    }
    for text in [
        "reset",
        "/",
        "/compact",
        "/resetting",
        "say /stop",
        "//stop",
    ] {
        assert_eq!(parse(text), None, "{text} is for the agent");
    }
}

#[test]
fn every_offer_is_a_command() {
    for offer in OFFERS {
        let alone = Command::parse(&format!("/{}", offer.name));
        let must_have = offer.argument.is_some_and(|argument| argument.required);
        assert_eq!(
            alone.map(|it| it.is_err()),
            Some(must_have),
            "{}",
            offer.name
        );
        let limit = offer.argument.map_or(0, |argument| argument.limit);
        let longest = "9".repeat(limit);
        let given = Command::parse(&format!("/{} {longest}", offer.name));
        assert!(matches!(given, Some(Ok(_))), "{}", offer.name);
    }
}

use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Discord, Limit, Snowflake};

use super::*;

#[tokio::test]
async fn what_is_counted_together_pauses_together_in_one_channel() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = SimClock::shared();
    let discord = Discord::start_with(clock.clone()).await;
    let server = discord.server("Makers");
    let (here, there) = (
        discord.channel(server, "here"),
        discord.channel(server, "there"),
    );
    let window = Duration::from_mins(1);
    let together = ["trigger_typing_indicator", "create_message"];
    discord.limit_together(
        &together,
        Limit {
            requests: 1,
            window,
        },
    );
    let api = format!("{}/api/v10", discord.rest_url());
    let rest =
        RestClient::new(api.parse().unwrap(), discord.token().into(), clock.clone()).unwrap();
    let types = async |channel: Snowflake| {
        rest.trigger_typing(channel.to_string().parse().unwrap())
            .await
    };
    let says = async |channel: Snowflake| {
        let channel = channel.to_string().parse().unwrap();
        let message = CreateMessage::with_content("hello");
        let sent = rest.create_message(channel, &message, Vec::new(), Patience::None);
        sent.await.map(drop)
    };
    let too_fast = |result| matches!(result, Err(RestError::RateLimited { .. }));
    assert_eq!(types(here).await, Ok(()));
    // Discord has not named the bucket of these requests yet.
    assert!(too_fast(says(here).await));
    assert_eq!(discord.limits_exceeded(), 1);
    assert_eq!(says(there).await, Ok(()), "each channel has its own count");
    assert!(too_fast(types(there).await));

    clock.advance(window);
    assert_eq!(types(here).await, Ok(()));
    assert!(too_fast(says(here).await));
    clock.advance(window);
    assert_eq!(says(here).await, Ok(()));
    assert!(too_fast(types(here).await));
    assert_eq!(discord.limits_exceeded(), 1, "Discord was not asked");
}

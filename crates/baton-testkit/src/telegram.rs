//! A fake Bot API server of Telegram.

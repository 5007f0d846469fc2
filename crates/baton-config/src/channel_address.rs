//! Addresses in the tables of channels, such as the address of a platform's API.

use url::Url;

/// The two schemes of an address. The second scheme is the usual one, which the error names.
#[derive(Clone, Copy, Debug)]
pub struct AddressSchemes([&'static str; 2]);

impl AddressSchemes {
    /// The address of an HTTP API.
    pub const HTTP: Self = Self(["http", "https"]);
    /// The address of a WebSocket.
    pub const WEB_SOCKET: Self = Self(["ws", "wss"]);

    /// Reports a value of `key` that is no address with one of the schemes and a host.
    pub fn check_address(
        self,
        key: &str,
        value: Option<&str>,
        report: &mut dyn FnMut(&[&str], &str),
    ) {
        if value.is_some() && self.parse_address(value).is_none() {
            let [_, usual] = self.0;
            let what = format!("this must be an address that begins with {usual}://");
            report(&[key], &what);
        }
    }

    /// The value of a key; `None` for an absent key, and for a mistake, which the check of the file has reported.
    pub fn parse_address(self, value: Option<&str>) -> Option<Url> {
        let url = Url::parse(value?).ok()?;
        let fits = self.0.contains(&url.scheme()) && url.host().is_some();
        fits.then_some(url)
    }
}

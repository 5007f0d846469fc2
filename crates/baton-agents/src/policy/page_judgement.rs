//! Judges web pages by their hosts.

use url::{Host, Url};

use super::rule::RuleScope;
use super::{Policy, Ruling};

impl Policy {
    pub(super) fn judge_page(&self, url: &str) -> Option<Ruling> {
        let host = Url::parse(url).ok().and_then(|url| {
            let host = match url.host()? {
                Host::Domain(name) => name.trim_end_matches('.').to_lowercase(),
                other => other.to_string(),
            };
            matches!(url.scheme(), "http" | "https").then_some(host)
        });
        let below = |host: &str, parent: &str| {
            host.strip_suffix(parent)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        let Some(host) = host else {
            let denies_pages = self
                .deny
                .iter()
                .any(|rule| matches!(rule.scope, RuleScope::Domain(_) | RuleScope::Subdomains(_)));
            return denies_pages.then(|| Ruling::ask("the host of the page is unknown"));
        };
        let denying = self.deny.iter().find(|rule| match &rule.scope {
            RuleScope::Domain(name) | RuleScope::Subdomains(name) => {
                host == *name || below(&host, name)
            }
            _ => false,
        });
        if let Some(rule) = denying {
            return Some(Ruling::denied_by(rule));
        }
        self.allow
            .iter()
            .any(|rule| match &rule.scope {
                RuleScope::Domain(name) => host == *name,
                RuleScope::Subdomains(name) => below(&host, name),
                _ => false,
            })
            .then_some(Ruling::Allowed)
    }
}

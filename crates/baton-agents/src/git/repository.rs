//! The address of a repository, as a person wrote it.

use url::Url;

/// A protocol to reach a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `https://…`
    Https,
    /// `ssh://…`, `user@host:path`
    Ssh,
    /// `file://…`: any repository that the user of this machine can read. Allow this protocol only where
    /// everybody who may add projects may read those repositories.
    File,
}

impl Protocol {
    /// The protocol's name in addresses and in git's settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::File => "file",
        }
    }
}

/// The longest address, in bytes.
const ADDRESS_LIMIT: usize = 500;

/// The longest name of a project, in bytes.
pub const NAME_LIMIT: usize = 50;

/// Whether a text is a valid project name, safe as the name of a folder and of a persona. A valid name has up
/// to [`NAME_LIMIT`] ASCII letters, digits, dots, underscores and dashes, and begins with a letter or digit.
pub fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    begins && name.len() <= NAME_LIMIT && name.chars().all(is_plain)
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._-".contains(letter)
}

/// The reason why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// The text is not an address of a repository.
    #[error(
        "this is not the address of a repository; write the address like https://example.org/team/project.git \
         or git@example.org:team/project.git"
    )]
    NotAnAddress,
    /// The protocol is not allowed. Holds the names of the allowed protocols.
    #[error("repositories are cloned over {0} only")]
    Protocol(String),
    /// The address contains a password or token, and other people can read the address.
    #[error(
        "the address contains a password, which other people can read here. Make a new password, and give it to \
         git on this machine instead (with a key, or a credential helper)"
    )]
    Password,
}

/// A valid address of a repository, and the project name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    url: String,
    name: String,
}

impl Repository {
    /// Parses an address, and checks the protocol.
    pub fn parse(text: &str, protocols: &[Protocol]) -> Result<Self, RepositoryError> {
        let text = text.trim();
        let odd = |letter: char| letter.is_whitespace() || letter.is_control();
        if text.is_empty()
            || text.len() > ADDRESS_LIMIT
            || text.starts_with('-')
            || text.contains(odd)
        {
            return Err(RepositoryError::NotAnAddress);
        }
        let (protocol, path) = if text.contains("://") {
            parse_url(text)?
        } else {
            (Some(Protocol::Ssh), parse_ssh(text)?)
        };
        if !protocol.is_some_and(|it| protocols.contains(&it)) {
            let allowed = protocols.iter().map(|it| it.as_str());
            let allowed = allowed.collect::<Vec<_>>().join(", ");
            return Err(RepositoryError::Protocol(allowed));
        }
        let last = path.trim_end_matches('/').rsplit('/').next();
        let name = last.unwrap_or_default();
        let name = plain_name(name.strip_suffix(".git").unwrap_or(name));
        if !is_name(&name) {
            return Err(RepositoryError::NotAnAddress);
        }
        Ok(Self {
            url: text.to_owned(),
            name,
        })
    }

    /// The address in the form for git.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the project, valid for [`is_name`].
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The protocol and the path of a URL; `None` for an unknown protocol.
fn parse_url(text: &str) -> Result<(Option<Protocol>, String), RepositoryError> {
    let url = Url::parse(text).map_err(|_| RepositoryError::NotAnAddress)?;
    // In an HTTPS address, a user name without a password is often a token.
    if url.password().is_some() || (url.scheme() == "https" && !url.username().is_empty()) {
        return Err(RepositoryError::Password);
    }
    let protocol = match url.scheme() {
        "https" => Some(Protocol::Https),
        "ssh" => Some(Protocol::Ssh),
        "file" => Some(Protocol::File),
        _ => None,
    };
    let host = url.host_str().unwrap_or_default();
    // Ssh would take a host with a leading dash as an option.
    if host.starts_with('-') || (host.is_empty() && protocol != Some(Protocol::File)) {
        return Err(RepositoryError::NotAnAddress);
    }
    Ok((protocol, url.path().to_owned()))
}

/// The path of an address in the form `user@host:path`.
fn parse_ssh(text: &str) -> Result<String, RepositoryError> {
    let parts = text.split_once('@').and_then(|(user, rest)| {
        let (host, path) = rest.split_once(':')?;
        Some((user, host, path))
    });
    let (user, host, path) = parts.ok_or(RepositoryError::NotAnAddress)?;
    let plain =
        |text: &str| !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain);
    // Git would run a program for an address in the form `helper::address`.
    if !plain(user) || !plain(host) || path.is_empty() || path.starts_with([':', '-']) {
        return Err(RepositoryError::NotAnAddress);
    }
    Ok(path.to_owned())
}

/// The closest valid project name; empty if no character remains.
fn plain_name(name: &str) -> String {
    let letters = name
        .chars()
        .map(|letter| if is_plain(letter) { letter } else { '-' });
    let name: String = letters.take(NAME_LIMIT).collect();
    name.trim_matches(['.', '-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: [Protocol; 2] = [Protocol::Https, Protocol::Ssh];

    #[test]
    fn an_address_has_a_name() {
        for (address, name) in [
            ("https://example.org/team/project.git", "project"),
            (" https://example.org/team/project/ ", "project"),
            ("git@example.org:team/my.project.git", "my.project"),
            ("ssh://git@example.org:2222/team/pro%20ject", "pro-20ject"),
        ] {
            let parsed = Repository::parse(address, &USUAL);
            let parsed = parsed.unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!(parsed.name(), name, "{address}");
            assert_eq!(parsed.url(), address.trim());
        }
    }

    #[test]
    fn nothing_else_is_given_to_git() {
        for address in [
            "",
            "project",
            "/etc",
            "../up",
            "-upload-pack=touch /tmp/x",
            "--upload-pack=x@y:z",
            "ext::sh -c touch% /tmp/x",
            "ext::sh@x:y",
            "git@-oProxyCommand=x:y",
            "ssh://-oProxyCommand=x/y",
            "git@example.org:",
            "git@example.org::x",
            "https:///x",
            "https://example.org/",
            "https://example.org/..",
            "https://example.org/a\nb",
        ] {
            let parsed = Repository::parse(address, &USUAL);
            assert_eq!(parsed, Err(RepositoryError::NotAnAddress), "{address}");
        }
        for address in [
            "file:///srv/project",
            "http://example.org/project",
            "git://example.org/project",
        ] {
            for (protocols, named) in [(&USUAL[..], "https, ssh"), (&USUAL[1..], "ssh")] {
                let refused = Err(RepositoryError::Protocol(named.to_owned()));
                assert_eq!(Repository::parse(address, protocols), refused, "{address}");
            }
        }
        for address in [
            "https://ann:secret@example.org/project",
            "https://token@example.org/project",
            "ssh://git:secret@example.org/project",
        ] {
            let parsed = Repository::parse(address, &USUAL);
            assert_eq!(parsed, Err(RepositoryError::Password), "{address}");
        }
    }

    #[test]
    fn files_of_this_machine_only_where_it_is_said() {
        let files = Repository::parse("file:///srv/project", &[Protocol::File]);
        assert_eq!(files.map(|it| it.name), Ok("project".to_owned()));
    }
}

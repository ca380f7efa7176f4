//! Which server is asked, and where it may redirect to.

use std::time::Duration;

use tawk_core::{Error, ErrorKind};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::Trouble;
use crate::catalogue::{Catalogue, Entry};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
const READ_TIMEOUT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);

/// The environment variable that names another server. Only builds with the feature `test-origin` know it.
#[cfg(feature = "test-origin")]
const TEST_ORIGIN_VARIABLE: &str = "TAWK_TEST_ORIGIN";

/// The server that models are fetched from.
#[derive(Clone, Debug)]
pub struct Origin {
    base: String,
    plain_http: bool,
    read_timeout: Duration,
    pause: Duration,
}

impl Origin {
    /// The publisher's server, over HTTPS. In builds with the feature `test-origin`, `TAWK_TEST_ORIGIN` takes its
    /// place.
    pub fn publisher() -> Self {
        #[cfg(feature = "test-origin")]
        if let Ok(base) = std::env::var(TEST_ORIGIN_VARIABLE)
            && !base.is_empty()
        {
            return Self::test(&base);
        }
        Self { base: Catalogue::get().origin.clone(), plain_http: false, read_timeout: READ_TIMEOUT, pause: PAUSE }
    }

    /// A server of a test's own, such as `http://127.0.0.1:8080`; retries come quickly.
    #[cfg(any(test, feature = "test-origin"))]
    pub fn test(base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            plain_http: base.starts_with("http://"),
            read_timeout: Duration::from_secs(2),
            pause: Duration::from_millis(10),
        }
    }

    /// The same server, held to HTTPS although it is a test's.
    #[cfg(test)]
    pub(super) fn https_only(mut self) -> Self {
        self.plain_http = false;
        self
    }

    /// Waits only a moment for a silent server.
    #[cfg(test)]
    pub(super) fn hurry(&mut self) {
        self.read_timeout = Duration::from_millis(200);
    }

    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Where the file of `entry` is.
    pub(super) fn address(&self, entry: &Entry) -> String {
        format!("{}{}", self.base, Catalogue::get().path_of(entry))
    }

    /// Makes requests without following redirects; [`Origin::redirect`] decides about those.
    pub(super) fn agent(&self) -> Agent {
        // The system's own certificates: they are kept up to date, and those of a company's network are among them.
        let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build();
        Agent::config_builder()
            .https_only(!self.plain_http)
            .tls_config(tls)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("tawk/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(RESPONSE_TIMEOUT))
            .timeout_per_read(Some(self.read_timeout))
            .build()
            .new_agent()
    }

    /// The address that `location` means for a request to `from`. Only HTTPS is followed.
    pub(super) fn redirect(&self, from: &str, location: &str) -> Result<String, Trouble> {
        let (scheme, rest) = from.split_once("://").unwrap_or(("https", from));
        let host = rest.split('/').next().unwrap_or_default();
        let to = if let Some(rest) = location.strip_prefix("//") {
            format!("{scheme}://{rest}")
        } else if location.starts_with('/') {
            format!("{scheme}://{host}{location}")
        } else {
            location.to_owned()
        };
        let to_scheme = to.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match to_scheme.as_deref() {
            Some("https") => Ok(to),
            Some("http") if self.plain_http => Ok(to),
            _ => Err(Trouble::last(
                "The server redirects to an address that is not protected by HTTPS, so Tawk does not follow. Try again later, \
                 or import a file with `tawk models import`.",
            )),
        }
    }
}

/// The sentence for a request or a body that failed.
pub(super) fn trouble(error: ureq::Error) -> Trouble {
    match error {
        ureq::Error::HostNotFound => {
            Trouble::passing("The server cannot be found. Check the connection to the internet and try again.")
        }
        ureq::Error::ConnectionFailed => {
            Trouble::passing("The server cannot be reached. Check the connection to the internet and try again.")
        }
        ureq::Error::Timeout(_) => Trouble::passing("The server has not answered in time. Try again later."),
        ureq::Error::Io(error) => {
            Trouble::passing(format!("The connection to the server failed ({error}). Check the network and try again."))
        }
        ureq::Error::RequireHttpsOnly(_) => {
            Trouble::last("The server's address is not protected by HTTPS, so Tawk does not ask it.")
        }
        ureq::Error::Tls(_) | ureq::Error::NativeTls(_) => Trouble::Final(Error::new(
            ErrorKind::Network,
            format!("No secure connection to the server is possible ({error}). Check date and network, and try again."),
        )),
        other => Trouble::passing(format!("The download failed ({other}). Try again later.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(origin: &Origin, location: &str) -> Result<String, String> {
        origin.redirect("https://models.example/a/b?c", location).map_err(|trouble| match trouble {
            Trouble::Final(error) => error.message,
            Trouble::Passing(_) => panic!("a forbidden redirect is final"),
        })
    }

    #[test]
    fn redirects_stay_on_https() {
        let origin = Origin::test("https://models.example");
        for (location, to) in [
            ("https://files.example/x?y=z", "https://files.example/x?y=z"),
            ("HTTPS://files.example/x", "HTTPS://files.example/x"),
            ("/x", "https://models.example/x"),
            ("//files.example/x", "https://files.example/x"),
        ] {
            assert_eq!(redirect(&origin, location).as_deref(), Ok(to));
        }
        for location in ["http://files.example/x", "HTTP://files.example/x", "ftp://a/b", "file:///etc/passwd", "x", ""]
        {
            assert!(redirect(&origin, location).unwrap_err().contains("HTTPS"), "{location}");
        }
        let plain = Origin::test("http://127.0.0.1:1");
        assert!(plain.redirect("http://127.0.0.1:1/a", "/b").is_ok_and(|to| to == "http://127.0.0.1:1/b"));
    }

    #[test]
    fn the_publisher_is_asked_over_https_only() {
        if cfg!(not(feature = "test-origin")) {
            let origin = Origin::publisher();
            assert!(origin.base.starts_with("https://") && !origin.plain_http);
            assert!(origin.agent().config().https_only());
        }
        assert!(Origin::test("https://models.example").agent().config().https_only());
    }
}

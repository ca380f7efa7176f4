//! Who is at the other end of a local socket.

use std::os::unix::net::UnixStream;

use tawk_core::{Error, ErrorKind, Result};

/// Whether the process at the other end of `stream` runs as the same user as this one. The kernel recorded
/// that user when the two ends were connected.
///
/// # Errors
/// `Internal` when the kernel does not answer; then refuse the peer.
pub fn is_same_user(stream: &UnixStream) -> Result<bool> {
    let (user, _group) = nix::unistd::getpeereid(stream).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("The system did not say which user is at the other end of the control socket: {error}. Try again."),
        )
    })?;
    Ok(user == nix::unistd::geteuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_pair_are_this_user() {
        let (near, far) = UnixStream::pair().unwrap();
        assert_eq!(is_same_user(&near), Ok(true));
        assert_eq!(is_same_user(&far), Ok(true));
    }
}

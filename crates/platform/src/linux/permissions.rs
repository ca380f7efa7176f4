//! What the system allows: X11 guards neither microphones nor keys.

use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::Permissions;
use tawk_core::{Error, ErrorKind, Result};

/// Permissions under X11, where there are none.
pub(crate) struct SystemPermissions;

impl SystemPermissions {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Permissions for SystemPermissions {
    fn state(&self, _permission: Permission) -> PermissionState {
        PermissionState::NotNeeded
    }

    fn prove(&self, _permission: Permission) -> bool {
        true
    }

    fn reset(&self, _permission: Permission) -> Result<()> {
        Ok(())
    }

    fn request(&self, _permission: Permission) -> Result<()> {
        Ok(())
    }

    fn open_settings(&self, permission: Permission) -> Result<()> {
        let what = match permission {
            Permission::Microphone => {
                "microphones; check the input device and its volume in the sound settings instead"
            }
            Permission::Typing => "typing; nothing has to be granted",
            Permission::Listening => "hotkeys; nothing has to be granted",
        };
        Err(Error::new(ErrorKind::Unsupported, format!("This system has no permission for {what}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_to_be_granted() {
        let permissions = SystemPermissions::new();
        for permission in Permission::ALL {
            assert_eq!(permissions.state(permission), PermissionState::NotNeeded);
            assert_eq!(permissions.standing(permission), PermissionState::NotNeeded);
            assert_eq!(permissions.request(permission), Ok(()));
            assert_eq!(permissions.reset(permission), Ok(()));
            let error = permissions.open_settings(permission).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unsupported);
            assert!(error.message.ends_with('.'));
        }
    }
}

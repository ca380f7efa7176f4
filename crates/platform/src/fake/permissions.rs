//! Permissions that a test grants and withdraws.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tawk_core::Result;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::Permissions;

use super::lock;

/// What the system allows: everything, until a test says otherwise.
#[derive(Clone, Default)]
pub struct FakePermissions {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    states: HashMap<Permission, PermissionState>,
    requested: Vec<Permission>,
    opened: Vec<Permission>,
}

impl FakePermissions {
    /// Sets how things stand with `permission`.
    pub fn set(&self, permission: Permission, state: PermissionState) {
        lock(&self.state).states.insert(permission, state);
    }

    /// The permissions that were requested, in order.
    pub fn requested(&self) -> Vec<Permission> {
        lock(&self.state).requested.clone()
    }

    /// The permissions whose settings were opened, in order.
    pub fn opened(&self) -> Vec<Permission> {
        lock(&self.state).opened.clone()
    }
}

impl Permissions for FakePermissions {
    fn state(&self, permission: Permission) -> PermissionState {
        lock(&self.state).states.get(&permission).copied().unwrap_or(PermissionState::Granted)
    }

    fn request(&self, permission: Permission) -> Result<()> {
        lock(&self.state).requested.push(permission);
        Ok(())
    }

    fn open_settings(&self, permission: Permission) -> Result<()> {
        lock(&self.state).opened.push(permission);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_requests_and_leaves_the_answer_to_the_test() {
        let permissions = FakePermissions::default();
        assert_eq!(permissions.state(Permission::Typing), PermissionState::Granted);
        permissions.set(Permission::Typing, PermissionState::NotAsked);
        permissions.request(Permission::Typing).unwrap();
        permissions.open_settings(Permission::Microphone).unwrap();
        assert_eq!(permissions.state(Permission::Typing), PermissionState::NotAsked);
        assert_eq!(permissions.requested(), [Permission::Typing]);
        assert_eq!(permissions.opened(), [Permission::Microphone]);
    }
}

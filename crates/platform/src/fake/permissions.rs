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
    reset: Vec<Permission>,
    broken: Vec<Permission>,
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

    /// Lets a grant of `permission` work, or be stale.
    pub fn set_works(&self, permission: Permission, works: bool) {
        let broken = &mut lock(&self.state).broken;
        broken.retain(|other| *other != permission);
        if !works {
            broken.push(permission);
        }
    }

    /// The permissions that were reset, in order.
    pub fn were_reset(&self) -> Vec<Permission> {
        lock(&self.state).reset.clone()
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

    fn prove(&self, permission: Permission) -> bool {
        !lock(&self.state).broken.contains(&permission)
    }

    /// Leaves the permission as if it had never been asked for.
    fn reset(&self, permission: Permission) -> Result<()> {
        let mut state = lock(&self.state);
        state.reset.push(permission);
        state.broken.retain(|other| *other != permission);
        state.states.insert(permission, PermissionState::NotAsked);
        Ok(())
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
    fn a_stale_grant_is_forgotten_by_a_reset() {
        let permissions = FakePermissions::default();
        permissions.set_works(Permission::Typing, false);
        assert_eq!(permissions.state(Permission::Typing), PermissionState::Granted);
        assert_eq!(permissions.standing(Permission::Typing), PermissionState::Stale);
        permissions.reset(Permission::Typing).unwrap();
        assert_eq!(permissions.standing(Permission::Typing), PermissionState::NotAsked);
        assert_eq!(permissions.were_reset(), [Permission::Typing]);
    }

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

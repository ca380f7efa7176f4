//! Starting at login: SMAppService, for the app's own bundle. The user sees it among the login items in System Settings.

use objc2::rc::autoreleasepool;
use objc2_service_management::{SMAppService, SMAppServiceStatus};
use tawk_core::login_item::LoginItem;
use tawk_core::ports::LoginItems;
use tawk_core::{Error, ErrorKind, Result};

/// The login items of this Mac's user.
pub(crate) struct SystemLoginItems;

impl SystemLoginItems {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl LoginItems for SystemLoginItems {
    #[allow(unsafe_code)]
    fn state(&self) -> LoginItem {
        // SAFETY: takes nothing, and may be called from any thread; outside a bundle it says not found.
        let status = autoreleasepool(|_| unsafe { SMAppService::mainAppService().status() });
        match status {
            SMAppServiceStatus::NotRegistered => LoginItem::Off,
            SMAppServiceStatus::Enabled => LoginItem::On,
            SMAppServiceStatus::RequiresApproval => LoginItem::NeedsApproval,
            SMAppServiceStatus::NotFound => LoginItem::NotFound,
            _ => LoginItem::Unknown,
        }
    }

    #[allow(unsafe_code)]
    fn set(&self, on: bool) -> Result<LoginItem> {
        let before = self.state();
        // What is so already is an error to the system. One that it does not find can still be registered: that is what it
        // says of an app that never was.
        if on == before.is_wanted() {
            return Ok(before);
        }
        let refusal = autoreleasepool(|_| {
            // SAFETY: both only change the registration of this app, and may be called from any thread.
            let done = unsafe {
                let app = SMAppService::mainAppService();
                if on { app.registerAndReturnError() } else { app.unregisterAndReturnError() }
            };
            done.err().map(|error| error.localizedDescription().to_string())
        });
        let after = self.state();
        match refusal {
            // Registered, and refused only until the user agrees.
            Some(_) if on == after.is_wanted() => Ok(after),
            Some(_) if !on && after == LoginItem::NotFound => Ok(after),
            Some(why) => Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "macOS did not change whether Tawk starts at login ({}). Put Tawk into Applications, start it from \
                     there, or change it in System Settings, General, Login Items.",
                    why.trim_end_matches('.')
                ),
            )),
            None => Ok(after),
        }
    }

    #[allow(unsafe_code)]
    fn open_settings(&self) -> Result<()> {
        // SAFETY: takes nothing and only opens System Settings.
        autoreleasepool(|_| unsafe { SMAppService::openSystemSettingsLoginItems() });
        Ok(())
    }
}

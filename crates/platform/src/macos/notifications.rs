//! Notifications in Notification Center.

use block2::RcBlock;
use objc2::rc::autoreleasepool;
use objc2::runtime::Bool;
use objc2_foundation::{NSBundle, NSError, NSString};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNMutableNotificationContent, UNNotificationRequest, UNUserNotificationCenter,
};
use tawk_core::ports::Notifications;
use tawk_core::{Error, ErrorKind, Result};

/// The name under which the last notification is taken the place of by the next.
const IDENTIFIER: &str = "app.tawk.Tawk.trouble";

/// The notifications of this Mac. The user is asked at the first one; whoever refuses sees trouble in the menu only.
pub(crate) struct SystemNotifications;

impl SystemNotifications {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Notifications for SystemNotifications {
    fn show(&self, message: &str) -> Result<()> {
        autoreleasepool(|_| {
            // Outside a bundle the system ends a program that asks for the notification center.
            if NSBundle::mainBundle().bundleIdentifier().is_none() {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "Only the app can show notifications, not a program outside it. Start Tawk.app.",
                ));
            }
            let message = message.to_owned();
            // Called at once when the user has answered before.
            let answered = RcBlock::new(move |granted: Bool, _: *mut NSError| {
                if granted.as_bool() {
                    autoreleasepool(|_| post(&message));
                } else {
                    tracing::info!("not notified: the user does not want notifications");
                }
            });
            let center = UNUserNotificationCenter::currentNotificationCenter();
            center.requestAuthorizationWithOptions_completionHandler(UNAuthorizationOptions::Alert, &answered);
            Ok(())
        })
    }
}

fn post(message: &str) {
    let content = UNMutableNotificationContent::new();
    content.setTitle(&NSString::from_str("Tawk"));
    content.setBody(&NSString::from_str(message));
    let identifier = NSString::from_str(IDENTIFIER);
    let request = UNNotificationRequest::requestWithIdentifier_content_trigger(&identifier, &content, None);
    UNUserNotificationCenter::currentNotificationCenter().addNotificationRequest_withCompletionHandler(&request, None);
}

//! `tawk autostart`: whether the system starts the app at login.

use std::process::ExitCode;

use clap::ValueEnum;
use tawk_core::Result;
use tawk_core::login_item::LoginItem;

use crate::{World, output};

/// What to make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Start Tawk at login
    On,
    /// Do not
    Off,
}

pub(crate) fn run(world: &World, switch: Option<Switch>) -> Result<ExitCode> {
    let items = &world.platform.login_items;
    let state = match switch {
        Some(switch) => items.set(switch == Switch::On)?,
        None => items.state(),
    };
    output::line(match state {
        LoginItem::Off => "off",
        LoginItem::On => "on",
        LoginItem::NeedsApproval => "needs approval",
        LoginItem::NotFound => "not found",
        LoginItem::Unknown => "unknown",
    });
    if let Some(advice) = state.advice() {
        output::note(advice);
    }
    Ok(ExitCode::SUCCESS)
}

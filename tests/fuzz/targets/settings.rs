//! [`tawk_fuzz::settings`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::settings);

//! [`tawk_fuzz::control`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::control);

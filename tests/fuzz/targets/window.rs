//! [`tawk_fuzz::window`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::window);

//! [`tawk_fuzz::wav`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::wav);

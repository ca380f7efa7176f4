//! [`tawk_fuzz::keystrokes`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::keystrokes);

//! [`tawk_fuzz::catalogue`] under libFuzzer.

#![no_main]

tawk_fuzz::target!(tawk_fuzz::catalogue);

//! Fetching model files over HTTPS.

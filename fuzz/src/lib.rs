//! Fuzzing campaigns.

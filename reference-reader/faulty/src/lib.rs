//! Readers with one fault each, which the conformance suite must catch.

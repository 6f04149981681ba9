//! The Cardwire reference reader on a host: TCP, serial, stdio; simulated card.

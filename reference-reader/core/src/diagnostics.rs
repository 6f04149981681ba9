//! Diagnostics: every change of every working state, for certification.

use crate::time::Instant;
use cardwire_codec::message::{DiagnosticRecord, Subject, WorkingState, limits::DIAGNOSTICS_MIN};

/// Records that are kept; older ones are overwritten and counted.
const CAPACITY: usize = DIAGNOSTICS_MIN;

/// A ring of records. The software is the same for every reader; whether the records are given out is decided by the
/// reader's identity (CW-DIAG-003).
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Diagnostics {
    records: [Record; CAPACITY],
    next: u32,
    /// What ticks are counted from, as `uptime` is: a board's clock may have run before its reader was made.
    booted: Instant,
}

/// What is kept of a record, whose number follows from its place.
#[derive(Clone, Copy)]
struct Record {
    tick: u32,
    id: u16,
    subject: u8,
    state: u8,
}

impl Diagnostics {
    #[inline(always)]
    pub(crate) fn new(booted: Instant) -> Self {
        Self {
            records: [Record {
                tick: 0,
                id: 0,
                subject: 0,
                state: 0,
            }; CAPACITY],
            next: 0,
            booted,
        }
    }

    /// Records that the working state of `subject` number `id` is now `state`.
    //= spec/book/src/diagnostics.md#cw-diag-001
    //# A reader with a certification identity MUST record each change of the working state of each module and interface, in order, with a monotonic tick, and give the records to a client of a later session.
    pub(crate) fn record(&mut self, now: Instant, subject: Subject, id: u16, state: WorkingState) {
        let number = self.next;
        self.records[number as usize % CAPACITY] = Record {
            tick: now.as_millis().saturating_sub(self.booted.as_millis()) as u32,
            id,
            subject: subject.value(),
            state: state.value(),
        };
        self.next = number.wrapping_add(1);
    }

    /// Number of the record that will be made next.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// Records that have been overwritten.
    pub(crate) fn overflow(&self) -> u32 {
        self.next.saturating_sub(CAPACITY as u32)
    }

    /// The records from number `from` on that are still kept, in order.
    pub(crate) fn since(&self, from: u32) -> impl Iterator<Item = DiagnosticRecord> + '_ {
        (from.max(self.overflow())..self.next).filter_map(|number| {
            let Record {
                tick,
                id,
                subject,
                state,
            } = self.records[number as usize % CAPACITY];
            Some(DiagnosticRecord {
                number,
                tick,
                subject: Subject::from_value(subject)?,
                id,
                state: WorkingState::from_value(state)?,
            })
        })
    }
}

//! The reader's clock. In a lab it may run faster than the one on the wall, so that nobody waits for silence to end.

use crate::{board::Times, faults::Faults};
use cardwire_core::Instant;
use core::{num::NonZero, time::Duration};

/// Shows milliseconds since the reader was switched on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    booted: std::time::Instant,
    /// What it shows grows by so many milliseconds in one.
    rate: u32,
}

impl Clock {
    /// A clock that is at 0.
    pub(crate) fn new(rate: NonZero<u16>) -> Self {
        Self {
            booted: std::time::Instant::now(),
            rate: rate.get().into(),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_millis(self.shown(self.booted.elapsed()))
    }

    /// How long it is until this clock shows `due`; zero where it does already.
    pub(crate) fn until(&self, due: Instant) -> Duration {
        let left = due.as_millis().saturating_sub(self.now().as_millis());
        Duration::from_millis(left) / self.rate
    }

    /// Modules take the time that they take, whatever the clock shows meanwhile.
    pub(crate) fn times(&self, Times { settle, work }: Times) -> Times {
        Times {
            settle: settle * self.rate,
            work: work * self.rate,
        }
    }

    /// The same for modules that are slow.
    pub(crate) fn faults(&self, faults: Faults) -> Faults {
        Faults {
            slow_card: faults.slow_card * self.rate,
            ..faults
        }
    }

    fn shown(&self, passed: Duration) -> u64 {
        let micros = passed.as_micros().saturating_mul(self.rate.into());
        u64::try_from(micros / 1000).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_shows_more_and_leaves_less_to_wait_for() {
        let clock = |rate| Clock::new(NonZero::new(rate).unwrap());
        for (rate, passed, shown) in [(1, 1_999, 1), (10, 1_999, 19), (1000, 1_999, 1_999)] {
            assert_eq!(clock(rate).shown(Duration::from_micros(passed)), shown, "{rate}");
        }
        let fast = clock(10);
        let minute = Instant::from_millis(60_000);
        let left = fast.until(minute);
        assert!(
            left <= Duration::from_secs(6) && left > Duration::from_secs(5),
            "{left:?}"
        );
        assert_eq!(fast.until(Instant::from_millis(0)), Duration::ZERO);
    }

    #[test]
    fn modules_take_the_same_time_by_any_clock() {
        let clock = Clock::new(NonZero::new(10).unwrap());
        let times = clock.times(Times {
            settle: Duration::from_millis(5),
            work: Duration::from_millis(2),
        });
        // On a clock that is ten times as fast, ten times as much.
        assert_eq!((times.settle.as_millis(), times.work.as_millis()), (50, 20));
    }
}

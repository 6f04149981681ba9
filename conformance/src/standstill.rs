//! Time in which the machine of the tester stands still, and deadlines that it does not use up.
//!
//! A virtual machine loses a processor for a second, a process is stopped and goes on: whatever was under way meanwhile is late, and
//! no device is to blame. A thread on each processor looks at the clock over and over; where two of its looks are far apart nothing
//! has run there. Deadlines of the device are put off by as much.

use core::time::Duration;
use place::places;
use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

/// How often each thread looks at the clock.
const TICK: Duration = Duration::from_millis(25);
/// Looks that are further apart than this are a standstill: on a processor that is only busy each thread has its turn sooner.
const STANDSTILL: Duration = Duration::from_millis(150);

/// When a device must have done something, or a pause is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    /// How long the machine had stood still when this was set; `None` where a standstill does not put it off.
    stood: Option<Duration>,
}

impl Deadline {
    /// So much time from now on, in which the machine does not stand still.
    pub(crate) fn within(time: Duration) -> Self {
        let (now, stood) = now();
        Self {
            at: now + time,
            stood: Some(stood),
        }
    }

    /// When it passes, as far as is known by now.
    pub(crate) fn instant(self) -> Instant {
        self.at + self.put_off()
    }

    pub(crate) fn is_past(self) -> bool {
        Instant::now() >= self.instant()
    }

    /// How long the machine has stood still since this was set.
    pub(crate) fn put_off(self) -> Duration {
        self.stood
            .map_or(Duration::ZERO, |stood| now().1.saturating_sub(stood))
    }
}

/// A pause: it is over when the clock says so.
impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self { at, stood: None }
    }
}

/// Measures how long a device takes; a standstill of the machine is not counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Deadline);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Deadline::within(Duration::ZERO))
    }

    pub(crate) fn elapsed(self) -> Duration {
        let now = Instant::now();
        now.saturating_duration_since(self.0.instant())
    }
}

/// What the threads that look at the clock have seen. They start with the first deadline, and end with the process.
static SEEN: LazyLock<Mutex<Seen>> = LazyLock::new(|| {
    for place in places() {
        let thread = thread::Builder::new().name("clock".into());
        // Where there are no more threads, standstills go unnoticed.
        let _ = thread.spawn(move || {
            place.stay();
            keep_looking();
        });
    }
    Mutex::default()
});

fn keep_looking() -> ! {
    let number = seen().begin(Instant::now());
    loop {
        thread::sleep(TICK);
        let mut seen = seen();
        seen.look(number, Instant::now());
    }
}

fn seen() -> MutexGuard<'static, Seen> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time, and for how long the machine has stood still by then.
fn now() -> (Instant, Duration) {
    let mut seen = seen();
    let now = Instant::now();
    (now, seen.stood(now))
}

#[derive(Debug, Default)]
struct Seen {
    /// When each thread looked last.
    looks: Vec<Instant>,
    /// What was a standstill up to here is counted.
    counted: Option<Instant>,
    /// How long the machine has stood still, whether one processor did or all.
    stood: Duration,
}

impl Seen {
    /// Another thread begins; its number.
    fn begin(&mut self, now: Instant) -> usize {
        self.looks.push(now);
        self.looks.len() - 1
    }

    fn look(&mut self, number: usize, now: Instant) {
        self.count(self.looks[number], now);
        self.looks[number] = now;
    }

    /// How long the machine has stood still by now, a standstill that lasts included.
    fn stood(&mut self, now: Instant) -> Duration {
        for number in 0..self.looks.len() {
            self.count(self.looks[number], now);
        }
        self.stood
    }

    /// Counts the time since a look, where it is a standstill, and once for all processors.
    fn count(&mut self, look: Instant, now: Instant) {
        if now.saturating_duration_since(look) > STANDSTILL {
            let from = self.counted.map_or(look, |counted| counted.max(look));
            self.stood += now.saturating_duration_since(from);
            self.counted = self.counted.max(Some(now));
        }
    }
}

#[cfg(target_os = "linux")]
mod place {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// A processor that this process may use.
    pub(super) struct Place(CpuSet);

    impl Place {
        /// Keeps the calling thread on it.
        pub(super) fn stay(&self) {
            // A thread that wanders sees less, and nothing wrong.
            let _ = sched_setaffinity(None, &self.0);
        }
    }

    pub(super) fn places() -> Vec<Place> {
        let Ok(usable) = sched_getaffinity(None) else {
            return vec![Place(CpuSet::new())];
        };
        let numbers = (0..CpuSet::MAX_CPU).filter(|&number| usable.is_set(number));
        let place = |number| {
            let mut one = CpuSet::new();
            one.set(number);
            Place(one)
        };
        numbers.map(place).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod place {
    /// Any processor: a standstill of all is noticed, and of one now and then.
    pub(super) struct Place;

    impl Place {
        pub(super) fn stay(&self) {}
    }

    pub(super) fn places() -> Vec<Place> {
        vec![Place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Two threads that look until `busy`; the first looks again after that.
    #[test]
    fn a_standstill_is_counted_once_whether_one_processor_stands_or_both() {
        let begun = Instant::now();
        let mut seen = Seen::default();
        assert_eq!((seen.begin(begun), seen.begin(begun)), (0, 1));
        for number in [0, 1] {
            seen.look(number, begun + STANDSTILL);
        }
        assert_eq!(seen.stood(begun + 2 * STANDSTILL), Duration::ZERO, "only busy");
        let both = begun + STANDSTILL + SECOND;
        // It is known while it lasts, and not counted again when it is over.
        assert_eq!(seen.stood(both), SECOND);
        seen.look(0, both);
        seen.look(1, both);
        assert_eq!(seen.stood(both), SECOND);
        // The second stands while the first goes on.
        let mut now = both;
        while now < both + SECOND {
            now += TICK;
            seen.look(0, now);
        }
        assert_eq!(seen.stood(now), 2 * SECOND);
        seen.look(1, now);
        assert_eq!(seen.stood(now + TICK), 2 * SECOND);
    }

    #[test]
    fn a_deadline_is_put_off_by_a_standstill_and_a_pause_is_not() {
        let deadline = Deadline::within(SECOND);
        let pause = Deadline::from(deadline.at);
        let stopwatch = Stopwatch::start();
        seen().stood += 3 * SECOND;
        assert_eq!(deadline.instant(), deadline.at + deadline.put_off());
        assert!(deadline.put_off() >= 3 * SECOND && !deadline.is_past());
        assert_eq!(pause.instant(), pause.at);
        assert_eq!(stopwatch.elapsed(), Duration::ZERO);
        assert!(Deadline::from(Instant::now()).is_past());
    }
}

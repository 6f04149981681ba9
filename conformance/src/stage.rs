//! A run as it goes on: a thread for each device, and one place where everything that happens to them comes together.

use crate::{
    certify::{Options, Progress, RunError, compare},
    plan::{Plan, Queue},
    report::keeper::{Keeper, REPORT_EVERY},
    run::{CaseResult, Run},
    tester::Bench,
    worker::{Done, Event, Worker},
};
use core::sync::atomic::Ordering;
use std::{
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
};

/// What a case may take of the stack, as on the main thread of a program.
const STACK: usize = 8 << 20;

/// All that a run works with.
pub(crate) struct Stage<'r> {
    options: &'r Options,
    plan: &'r Plan,
    progress: &'r mut dyn Progress,
    reports: Keeper<'r>,
    /// Why devices were lost, and whether one was stopped.
    lost: Vec<String>,
    stopped: bool,
}

impl<'r> Stage<'r> {
    pub(crate) fn new(options: &'r Options, plan: &'r Plan, progress: &'r mut dyn Progress) -> Self {
        Self {
            options,
            plan,
            progress,
            reports: Keeper::new(options.report.as_deref()),
            lost: Vec::new(),
            stopped: false,
        }
    }

    /// Puts all cases of the plan to the devices, and writes the reports.
    pub(crate) fn perform(mut self, run: &mut Run, benches: Vec<Bench>) -> Result<(), RunError> {
        if !self.options.resume {
            // Whoever looks for a report of this run finds no older one. A run that goes on has one already.
            self.reports.write(|| run.sheet());
            self.reports.result()?;
        }
        let queue = self.plan.queue(benches.len());
        let worked = thread::scope(|scope| {
            let (sender, events) = channel();
            let mut starts = Vec::new();
            for (device, bench) in (1..).zip(benches) {
                let worker = Worker {
                    options: self.options,
                    plan: self.plan,
                    queue: &queue,
                    device,
                    events: sender.clone(),
                };
                let (start, go) = channel();
                starts.push(start);
                let named = thread::Builder::new().name(format!("device {device}"));
                let started = named
                    .stack_size(STACK)
                    .spawn_scoped(scope, move || worker.run(bench, &go));
                started.map_err(|source| self.unreached(device, source))?;
            }
            drop(sender);
            self.watch(run, &events, starts)
        });
        self.end(run, &queue, worked)
    }

    fn watch(
        &mut self,
        run: &mut Run,
        events: &Receiver<Event>,
        starts: Vec<Sender<()>>,
    ) -> Result<(), RunError> {
        for _ in &starts {
            if let Ok(Event::Opened { device, opened }) = events.recv() {
                // The others end when nobody starts them.
                opened.map_err(|source| self.unreached(device, source))?;
            }
        }
        self.progress
            .begin(self.plan.size(starts.len()), self.options.seed);
        for start in starts {
            // Where a device's thread is gone, its end is seen below.
            let _ = start.send(());
        }
        loop {
            match events.recv_timeout(REPORT_EVERY) {
                Ok(event) => self.take(run, event)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            // Whoever ends a long run finds in the reports what had come out by then.
            self.reports.write_if_due(|| run.sheet());
        }
    }

    fn take(&mut self, run: &mut Run, event: Event) -> Result<(), RunError> {
        match event {
            Event::Opened { .. } => {}
            Event::Begins(case) => self.progress.case_begins(&case),
            Event::Ended(place, result) => {
                self.progress.case_ends(&result);
                run.insert(place, *result);
            }
            Event::Told { device, told, walked } => {
                run.model.merge(&walked);
                let is_new = run.tells(device, told);
                if let Some(why) = is_new.then(|| run.is_another_kind(device)).flatten() {
                    self.halt();
                    return Err(RunError::Usage(why));
                }
            }
            Event::Done(Done::Finished) => {}
            Event::Done(Done::Stopped) => self.stopped = true,
            Event::Done(Done::Lost(why)) => self.lost.push(why),
        }
        Ok(())
    }

    /// Has all devices end. What has come out is of no use to anybody.
    fn halt(&self) {
        self.options.stop.store(true, Ordering::Relaxed);
    }

    fn end(&mut self, run: &mut Run, queue: &Queue, worked: Result<(), RunError>) -> Result<(), RunError> {
        worked?;
        // Whoever stops a run is not told of cases that would not have been run anyway.
        let goes_on = !self.stopped && !self.options.stop.load(Ordering::Relaxed);
        if let Some(why) = self.lost.last().filter(|_| goes_on) {
            while let Some(planned) = queue.next() {
                let result = CaseResult::without_run(&planned.case, why);
                self.progress.case_begins(&planned.case);
                self.progress.case_ends(&result);
                run.insert(planned.place, result);
            }
        }
        run.finish(!self.stopped && queue.next().is_none());
        compare(self.options, run);
        self.reports.write(|| run.sheet());
        self.progress.end(run);
        self.reports.result()
    }

    fn unreached(&self, device: usize, source: io::Error) -> RunError {
        let station = &self.options.stations[device - 1];
        RunError::Device {
            endpoint: station.endpoint.clone(),
            source,
        }
    }
}

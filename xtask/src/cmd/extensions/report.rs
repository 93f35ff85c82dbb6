//! What the user sees: what is going on, a line for each that is over, and the sum.
use super::job::{Context, Job};
use super::totals::{Tested, Totals};
use crate::proc;
use anyhow::Context as _;
use indicatif::ProgressBar;
use std::sync::Mutex;
use std::time::Instant;

/// How many failing tests of one job are named.
const NAMED: usize = 25;

/// Tells the user what goes on and how it went, from two threads.
pub struct Report {
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Vec<String>,
    totals: Totals,
}

impl Report {
    /// A report of `count` jobs.
    pub fn new(count: usize) -> Self {
        Self {
            bar: proc::spinner(&format!("{count} to build and test")),
            state: Mutex::default(),
        }
    }

    /// Runs one job; a job that cannot be built or tested counts as one failed test.
    pub fn run(&self, job: &impl Job, context: &Context) {
        let name = job.name();
        let begin = Instant::now();
        self.now(name, "building");
        let built = job.build(context);
        let build_time = begin.elapsed();
        let result = built.context("it does not build").and_then(|()| {
            self.now(name, "testing");
            job.test(context)
        });
        let totals = match &result {
            Ok(Tested { totals, .. }) => *totals,
            Err(_) => Totals {
                failed: 1,
                ..Totals::default()
            },
        };
        let test_time = begin.elapsed().saturating_sub(build_time);
        let mut line = format!(
            "{name:16} {totals} (built in {:.1} s, tested in {:.1} s)",
            build_time.as_secs_f32(),
            test_time.as_secs_f32()
        );
        match result {
            Err(error) => line += &format!("\n{error:#}"),
            Ok(tested) => {
                for failure in tested.failures.iter().take(NAMED) {
                    line += &format!("\n  {failure}");
                }
                if totals.failed > 0 {
                    line += &format!("\n  the log: {}", tested.log.display());
                }
            }
        }
        self.done(name, totals, &line);
    }

    /// The sum over all jobs.
    pub fn totals(self) -> Totals {
        self.bar.finish_and_clear();
        self.state
            .into_inner()
            .expect("no thread panics while it counts")
            .totals
    }

    fn now(&self, name: &str, what: &str) {
        let mut state = self.state.lock().expect("no thread panics while it counts");
        state
            .running
            .retain(|other| !other.ends_with(&format!(" {name}")));
        state.running.push(format!("{what} {name}"));
        self.bar.set_message(state.running.join(", "));
    }

    fn done(&self, name: &str, totals: Totals, line: &str) {
        let mut state = self.state.lock().expect("no thread panics while it counts");
        state
            .running
            .retain(|other| !other.ends_with(&format!(" {name}")));
        self.bar.set_message(state.running.join(", "));
        state.totals.passed += totals.passed;
        state.totals.failed += totals.failed;
        state.totals.skipped += totals.skipped;
        self.bar.suspend(|| println!("{line}"));
    }
}

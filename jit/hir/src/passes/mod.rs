//! What is done to HIR after it was built, a file a pass.
mod counts;
mod dce;
mod fields;
mod fold;
mod guards;
mod phis;
mod replace;
mod types;

use crate::function::Function;
use crate::print::print;
use crate::validate::validate;
use pyroxene_jit_api::{Snapshot, Timing};
use std::time::Instant;

/// What is told of the passes.
#[derive(Debug, Default)]
pub struct Report {
    /// How long each took.
    pub timings: Vec<Timing>,
    /// The function after each, if that was wanted.
    pub dumps: Vec<(&'static str, String)>,
}

impl Report {
    /// Runs a step that makes or changes a function: takes its time, prints it if that is wanted, and in debug builds
    /// checks what it gives.
    ///
    /// # Panics
    /// In debug builds, if the function is not valid afterwards.
    pub fn step<E>(
        &mut self,
        step: &'static str,
        snapshot: &Snapshot,
        dump: bool,
        run: impl FnOnce() -> Result<Function, E>,
    ) -> Result<Function, E> {
        let start = Instant::now();
        let function = run()?;
        self.timings.push(Timing {
            step,
            time: start.elapsed(),
        });
        if dump {
            self.dumps.push((step, print(&function, snapshot)));
        }
        if cfg!(debug_assertions)
            && let Err(invalid) = validate(&function, snapshot)
        {
            panic!("after {step}: {invalid}\n{}", print(&function, snapshot));
        }
        Ok(function)
    }
}

/// Runs passes, each a module of this one with a function `run`.
macro_rules! run {
    ($report:ident, $function:ident, $snapshot:ident, $dump:ident: $($pass:ident)*) => {$(
        let result: Result<Function, core::convert::Infallible> =
            $report.step(stringify!($pass), $snapshot, $dump, || {
                let mut function = $function;
                $pass::run(&mut function, $snapshot);
                Ok(function)
            });
        let Ok($function) = result;
    )*};
}

/// Runs all passes.
pub fn optimise(
    function: Function,
    snapshot: &Snapshot,
    report: &mut Report,
    dump: bool,
) -> Function {
    run!(report, function, snapshot, dump: phis types fold guards counts dce);
    function
}

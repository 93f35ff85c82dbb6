//! What programs leave in the compiler's log.
use crate::folder::{Folder, log_of, succeed};
use crate::prefix::python;
use pyroxene_jit_log::{Event, Function, Line};

/// Runs a program in the eager mode with a log, and gives that.
pub fn logged(folder: &Folder, program: &str) -> Vec<Line> {
    let program = folder.program(program);
    succeed(
        python()
            .args(["-X", "jit=eager", "-X", "jit-log=log"])
            .arg(program)
            .current_dir(&folder.0),
    );
    log_of(&folder.0.join("log"))
}

/// The compilations of the functions of this name: their numbers.
pub fn compilations(log: &[Line], wanted: &str) -> Vec<u64> {
    let number = |line: &Line| match &line.event {
        Event::Ordered {
            compilation,
            function: Function { name, .. },
            ..
        } if name == wanted => Some(*compilation),
        _ => None,
    };
    log.iter().filter_map(number).collect()
}

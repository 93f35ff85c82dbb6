//! In which tiers functions are compiled, and in which order. Each test runs the interpreter of `target/dist` as a user does.
#[path = "prefix/folder.rs"]
mod folder;
mod prefix;

use folder::{Folder, log_of, succeed};
use prefix::python;
use pyroxene_jit_log::{Event, Line, Tier};
use std::fs;

/// Runs a program in which only these functions, each with its line, are compiled after so many calls, and gives the log.
fn logged(folder: &Folder, program: &str, only: &[(u32, &str)], after: &str) -> Vec<Line> {
    let program = folder.program(program);
    let list: String = only
        .iter()
        .map(|(line, name)| format!("{}:{line}:{name}\n", program.display()))
        .collect();
    fs::write(folder.0.join("only"), list).expect("it is written");
    succeed(
        python()
            .args(["-X", "jit=on", "-X", "jit-log=log", "-X", "jit-only=only"])
            .args(["-X", &format!("jit-after={after}")])
            .arg(&program)
            .current_dir(&folder.0),
    );
    log_of(&folder.0.join("log"))
}

/// The tiers of the compilations of the functions of this name.
fn tiers(log: &[Line], wanted: &str) -> Vec<Tier> {
    log.iter()
        .filter_map(|line| match &line.event {
            Event::Ordered { function, tier, .. } if function.name == wanted => Some(*tier),
            _ => None,
        })
        .collect()
}

/// What is hot is compiled quickly first, and again when that has run often, for a loop that never leaves its function too.
#[test]
fn what_runs_on_in_quick_code_goes_over_to_better() {
    let folder = Folder::new("tiers");
    let program = "import pyroxene, time\n\
         def called(x): return x + 1\n\
         def loops():\n\
         \x20   x = 0\n\
         \x20   while made() < 2:\n\
         \x20       for i in range(1000): x = x + i\n\
         def made():\n\
         \x20   return pyroxene.jit()['compiled'] if time.monotonic() < end else 9\n\
         end = time.monotonic() + 60\n\
         loops()\n\
         while made() < 4:\n\
         \x20   for i in range(1000): called(i)\n";
    let only = [(2, "called"), (3, "loops")];
    let log = logged(&folder, program, &only, "4000:20000");
    for wanted in ["called", "loops"] {
        let tiers = tiers(&log, wanted);
        assert_eq!(tiers.first(), Some(&Tier::Quick), "{wanted}");
        assert!(tiers[1..].contains(&Tier::Hot), "{wanted}: {tiers:?}");
    }
}

/// What gets hot slowly is not compiled quickly, but later, and well at once; what gets hot soon, as ever.
#[test]
fn what_gets_hot_slowly_is_compiled_well_at_once() {
    let folder = Folder::new("slowly");
    let program = "import pyroxene, time\n\
         def seldom(x): return x + 1\n\
         def often(x): return x + 1\n\
         end = time.monotonic() + 60\n\
         while not pyroxene.jit()['compiled'] and time.monotonic() < end:\n\
         \x20   for i in range(10): seldom(i)\n\
         \x20   time.sleep(0.01)\n\
         while pyroxene.jit()['compiled'] < 2 and time.monotonic() < end:\n\
         \x20   for i in range(1000): often(i)\n";
    let only = [(2, "seldom"), (3, "often")];
    let log = logged(&folder, program, &only, "100:1000000:400");
    assert_eq!(tiers(&log, "seldom"), [Tier::Hot]);
    assert_eq!(tiers(&log, "often"), [Tier::Quick]);
}

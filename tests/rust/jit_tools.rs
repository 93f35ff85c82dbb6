//! What the compiler tells of itself: the log, run by run. Each test runs the interpreter of `target/dist` as a user does.
#[path = "prefix/folder.rs"]
mod folder;
#[path = "prefix/logs.rs"]
mod logs;
mod prefix;

use folder::{Folder, log_of, succeed};
use logs::{compilations, logged};
use prefix::{home, python};
use pyroxene_jit_log::{Entry, Event, Line, Tier, Withdrawal};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files in a folder whose names begin like this, in order.
fn files(folder: &Folder, start: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(&folder.0)
        .expect("the folder is read")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            name.starts_with(start)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_log_tells_of_a_compilation_from_its_order_to_its_exits() {
    let folder = Folder::new("log");
    let log = logged(
        &folder,
        "def twice(x):\n    return x + x\nlist(map(twice, [1] * 20))\nlist(map(twice, 'a' * 30))\n",
    );
    let Event::Begin { mode, .. } = &log[0].event else {
        panic!("it begins with {:?}", log[0]);
    };
    assert_eq!(mode, "eager");
    assert_eq!(log.last().map(|line| &line.event), Some(&Event::End));
    let numbers = compilations(&log, "twice");
    let number = *numbers.first().expect("it is compiled");
    let mut steps = Vec::new();
    let mut exits = 0;
    for line in &log {
        match &line.event {
            Event::Ordered {
                compilation,
                function,
                tier,
                entries,
                ..
            } if *compilation == number => {
                assert!(function.file.ends_with("program.py"), "{function}");
                assert_eq!((function.line, *tier), (1, Tier::Quick));
                assert_eq!(entries, &[Entry::Call]);
                steps.push("ordered");
            }
            Event::Started { compilation } if *compilation == number => steps.push("started"),
            Event::Finished {
                compilation,
                bytes,
                steps: times,
                ..
            } if *compilation == number => {
                assert!(*bytes > 0);
                assert!(
                    times.values().sum::<u64>() < line.at,
                    "the steps fit into the time"
                );
                steps.push("finished");
            }
            Event::Published { compilation, .. } if *compilation == number => {
                steps.push("published");
            }
            Event::Exits { exits: places } => {
                for exit in places.iter().filter(|exit| exit.compilation == number) {
                    assert_eq!((exit.place.line, exit.place.reason.as_str()), (2, "class"));
                    exits += exit.count;
                }
            }
            _ => {}
        }
    }
    assert_eq!(steps, ["ordered", "started", "finished", "published"]);
    assert_eq!(exits, 30, "each call with a string leaves");
}

/// What a debugger shows of the C stack, with the lines of machine code and of calls that are inlined in it.
#[test]
fn gdb_shows_machine_code_with_its_lines() {
    let folder = Folder::new("gdb");
    let program = folder.program(
        "import os\n\
         def asks():\n\
         \x20   return os.getppid()\n\
         def hot():\n\
         \x20   return asks()\n\
         for _ in range(60): hot()\n",
    );
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-iex", "set debuginfod enabled off"]);
    gdb.args(["-iex", "set auto-load off"]);
    for command in [
        "set breakpoint pending on",
        "break getppid",
        "ignore 1 30",
        "run",
        "backtrace 12",
    ] {
        gdb.args(["-ex", command]);
    }
    let python = python();
    let output = gdb
        .arg("--args")
        .arg(python.get_program())
        .args(["-X", "jit=eager", "-X", "jit-gdb"])
        .arg(&program)
        .output()
        .expect("gdb is installed");
    let shown = String::from_utf8_lossy(&output.stdout);
    let program = program.display();
    for (function, line) in [("asks", 3), ("hot", 5)] {
        let frame = format!("{function} () at {program}:{line}");
        assert!(shown.contains(&frame), "{frame}: {shown}");
    }
}

/// What `-X jit-dump` shows of a function, and nothing of others.
#[test]
fn stages_of_a_compilation_are_shown() {
    let folder = Folder::new("dump");
    let program = folder.program(
        "def shown(x): return x + 1\n\
         def other(x): return x + 2\n\
         for number in range(50): shown(number), other(number)\n",
    );
    let output = succeed(
        python()
            .args(["-X", "jit=eager", "-X", "jit-dump=hir,llvm,asm:shown"])
            .arg(program),
    );
    let text = String::from_utf8_lossy(&output.stderr);
    for part in ["int_add", "define", "retq"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("other"), "{text}");
}

/// A name that nothing has is not met with silence.
#[test]
fn a_dump_of_what_is_not_compiled_says_so() {
    let folder = Folder::new("no-dump");
    let program = folder.program("for number in range(50): pass\n");
    let output = succeed(
        python()
            .args(["-X", "jit=eager", "-X", "jit-dump=hir:missing"])
            .arg(program),
    );
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("no function with the name \"missing\" was compiled"),
        "{text}"
    );
}

#[test]
fn the_log_tells_why_machine_code_is_taken_away() {
    let folder = Folder::new("withdrawn");
    let log = logged(
        &folder,
        "
import sys
def watched(x): return x + x
def gone(x): return x - x
for _ in range(20): watched(1); gone(1)
del gone
sys.settrace(lambda *_: lambda *_: None)
watched(1)
sys.settrace(None)
",
    );
    let why = |name| {
        let numbers = compilations(&log, name);
        log.iter().find_map(|line| match line.event {
            Event::Withdrawn { compilation, why } if numbers.contains(&compilation) => Some(why),
            _ => None,
        })
    };
    assert_eq!(why("watched"), Some(Withdrawal::Instrumented));
    assert_eq!(why("gone"), Some(Withdrawal::Gone));
}

#[test]
fn the_log_tells_of_the_garbage_collector() {
    let folder = Folder::new("garbage");
    let log = logged(
        &folder,
        "
import gc
gc.collect()
class Ring: pass
for _ in range(20000):
    ring = Ring()
    ring.itself = ring
gc.collect()
",
    );
    let (mut freed, mut unseen) = (0, 0);
    for line in &log {
        match &line.event {
            Event::Collected {
                start, collected, ..
            } => {
                assert!(*start <= line.at);
                freed += collected;
            }
            Event::CollectedUnseen { generations } => unseen += generations[2],
            _ => {}
        }
    }
    assert!(freed > 10_000, "{freed} were freed by collections");
    assert!(unseen >= 2, "gc.collect() and the end: {unseen}");
}

#[test]
fn a_forked_child_writes_a_log_of_its_own() {
    let folder = Folder::new("fork");
    let log = logged(
        &folder,
        "
import os, warnings
warnings.simplefilter('error')
def before(x): return x + x
for _ in range(20): before(1)
child = os.fork()
if child == 0:
    def within(x): return x * x
    for _ in range(20): within(1)
else:
    assert os.waitpid(child, 0)[1] == 0
    def after(x): return x - x
    for _ in range(20): after(1)
",
    );
    let Event::Begin { process, .. } = log[0].event else {
        panic!("it begins with {:?}", log[0]);
    };
    assert_eq!(compilations(&log, "before").len(), 1);
    assert_eq!(compilations(&log, "after").len(), 1);
    assert_eq!(compilations(&log, "within").len(), 0);
    let [child] = &files(&folder, "log.")[..] else {
        panic!("{:?}", files(&folder, ""));
    };
    let child = log_of(child);
    let Event::Begin { forked_from, .. } = child[0].event else {
        panic!("it begins with {:?}", child[0]);
    };
    assert_eq!(forked_from, Some(process));
    assert_eq!(compilations(&child, "before").len(), 0);
    assert_eq!(compilations(&child, "within").len(), 1);
}

#[test]
fn a_program_that_is_started_does_not_overwrite_the_log() {
    let folder = Folder::new("child");
    let program = folder.program(
        "
import subprocess, sys
def outer(x): return x + x
for _ in range(20): outer(1)
code = 'def inner(x): return x + x\\nfor _ in range(20): inner(1)'
subprocess.run([sys.executable, '-c', code], check=True)
",
    );
    succeed(
        python()
            .arg(program)
            .current_dir(&folder.0)
            .env("PYROXENE_JIT", "eager")
            .env("PYROXENE_JIT_LOG", "log"),
    );
    assert_eq!(
        compilations(&log_of(&folder.0.join("log")), "outer").len(),
        1
    );
    let [child] = &files(&folder, "log.")[..] else {
        panic!("{:?}", files(&folder, ""));
    };
    assert_eq!(compilations(&log_of(child), "inner").len(), 1);
}

#[test]
fn a_log_that_cannot_be_written_is_told_of() {
    let output = succeed(python().args(["-X", "jit-log=/nowhere/at/all", "-c", "pass"]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no jit-log: /nowhere/at/all"), "{said}");
}

#[test]
fn the_log_of_a_process_that_just_disappears_has_what_was_compiled() {
    let folder = Folder::new("killed");
    let log = logged(
        &folder,
        "
import os
def last(x): return x + x
for _ in range(20): last(1)
os._exit(0)
",
    );
    assert_ne!(log.last().map(|line| &line.event), Some(&Event::End));
    let number = compilations(&log, "last")[0];
    let is_told = |line: &Line| matches!(line.event, Event::Published { compilation, .. } if compilation == number);
    assert!(log.iter().any(is_told));
}

#[test]
fn only_the_functions_of_a_list_are_compiled() {
    let folder = Folder::new("only");
    let program = folder.program(
        "def one(x): return x + x\ndef other(x): return x - x\nfor _ in range(20): one(1); other(1)\n",
    );
    let list = folder.0.join("list");
    fs::write(&list, format!("{}:2:other\n", program.display())).expect("the list is written");
    let run = |list: &Path| {
        succeed(
            python()
                .args(["-X", "jit=eager", "-X", "jit-log=log", "-X"])
                .arg(format!("jit-only={}", list.display()))
                .arg(&program)
                .current_dir(&folder.0),
        )
    };
    run(&list);
    let log = log_of(&folder.0.join("log"));
    assert_eq!(compilations(&log, "one").len(), 0);
    assert_eq!(compilations(&log, "other").len(), 1);
    let output = run(&folder.0.join("missing"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("nothing is compiled: jit-only"), "{said}");
    assert_eq!(
        compilations(&log_of(&folder.0.join("log")), "other").len(),
        0
    );
}

/// Says how many functions were compiled, after so long that one must have been, and why others were not.
const COMPILES: &str = "
import pyroxene, time
def hot(): return pyroxene.jit()
end = time.monotonic() + (60 if waits else 0.2)
while not hot()['compiled'] and not hot()['refused'] and time.monotonic() < end:
    for i in range(1000): hot
    hot()
print(pyroxene.jit()['compiled'] > 0, pyroxene.jit()['refused'])
";

/// Without an option, code is compiled; a variable counts unless variables are not to count, and less than an option.
#[test]
fn code_is_compiled_unless_somebody_says_no() {
    let said = |variable: Option<&str>, options: &[&str], is_compiled: bool| {
        let mut command = python();
        command.env_remove("PYROXENE_JIT");
        if let Some(mode) = variable {
            command.env("PYROXENE_JIT", mode);
        }
        let waits = if is_compiled { "True" } else { "False" };
        let output = succeed(
            command
                .args(options)
                .args(["-X", "jit-after=10:1000", "-c"])
                .arg(format!("waits = {waits}{COMPILES}")),
        );
        let said = String::from_utf8_lossy(&output.stdout);
        let expected = if is_compiled { "True {}" } else { "False {}" };
        assert_eq!(said.trim(), expected, "{variable:?} {options:?}");
    };
    said(None, &[], true);
    said(None, &["-X", "jit"], true);
    said(None, &["-X", "jit=off"], false);
    said(Some("off"), &[], false);
    said(Some("off"), &["-E"], true);
    said(Some("off"), &["-X", "jit=on"], true);
    said(Some("on"), &["-I", "-X", "jit=off"], false);
}

/// A mode that there is not turns the compiler off, and one is told which there are.
#[test]
fn a_mode_that_there_is_not_is_told() {
    let output = succeed(
        python()
            .env("PYROXENE_JIT", "1")
            .args(["-c", "import pyroxene; print(pyroxene.jit()['mode'])"]),
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "off\n");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.starts_with("python: jit is off: it has no mode \"1\", but off ("),
        "{told}"
    );
}

/// Where the compiler library is missing, the program runs, and nobody is told who has not asked for it.
#[test]
fn without_the_compiler_library_the_evaluator_runs_everything() {
    let folder = Folder::new("missing");
    let home = home();
    for part in ["bin", "lib"] {
        fs::create_dir(folder.0.join(part)).expect("a folder is made");
    }
    for file in ["bin/python3.13", "lib/libpython3.13.so.1.0"] {
        fs::copy(home.join(file), folder.0.join(file)).expect("it is copied");
    }
    let modules = folder.0.join("lib/python3.13");
    std::os::unix::fs::symlink(home.join("lib/python3.13"), modules).expect("a link is made");
    for (options, is_told) in [(&[][..], false), (&["-X", "jit=on"][..], true)] {
        let output = succeed(
            Command::new(folder.0.join("bin/python3.13"))
                .env_remove("PYROXENE_JIT")
                .args(options)
                .args(["-X", "jit-after=10:1000", "-c"])
                .arg(format!("waits = True{COMPILES}")),
        );
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.starts_with("False {'no_library': "), "{said}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(told.contains("nothing is compiled"), is_told, "{told}");
    }
}

/// How often code runs before it is compiled is an option; without it, what runs some times only is not compiled.
#[test]
fn what_is_hot_may_be_said() {
    let folder = Folder::new("after");
    let program = folder.program(
        "def called(): pass\n\
         def loops(): \n\
         \x20   for i in range(100): pass\n\
         for i in range(100): called()\n\
         loops()\n",
    );
    let ordered = |options: &[&str]| {
        succeed(
            python()
                .args(["-X", "jit=on", "-X", "jit-log=log"])
                .args(options)
                .arg(&program)
                .current_dir(&folder.0),
        );
        let log = log_of(&folder.0.join("log"));
        ["called", "loops"].map(|name| compilations(&log, name).len())
    };
    assert_eq!(ordered(&[]), [0, 0]);
    assert_eq!(ordered(&["-X", "jit-after=50:1000"]), [1, 1]);
    let output = succeed(python().args(["-X", "jit=on", "-X", "jit-after=50", "-c", "pass"]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("jit-after is QUICK:HOT"), "{said}");
}

/// A program that runs a loop for as long as it takes to be seen.
const BUSY: &str = "
import time
def loop(n):
    s = 0
    for i in range(n):
        s += i & 3
    return s
end = time.process_time() + 1
while time.process_time() < end:
    loop(20000)
";

/// The rows of the table of lines: the parts of the time that evaluator, quick and hot tier and what they call had, as
/// printed, and the line.
fn rows(table: &str) -> Vec<(Vec<String>, String)> {
    let split = |row: &str| {
        let words: Vec<String> = row.split_whitespace().map(str::to_owned).collect();
        (words[..5].to_vec(), words[5..].join(" "))
    };
    table.lines().skip(2).map(split).collect()
}

/// A part as the table prints it.
fn percent(text: &str) -> f64 {
    text.trim_end_matches('%').parse().unwrap_or(0.0)
}

#[test]
fn lines_are_shown_with_who_ran_them() {
    let folder = Folder::new("lines");
    let program = folder.program(BUSY);
    for (mode, column) in [("off", 1), ("eager", 2)] {
        succeed(
            python()
                .args(["-X", &format!("jit={mode}"), "-X", "jit-lines=lines"])
                .arg(&program)
                .current_dir(&folder.0),
        );
        let table = fs::read_to_string(folder.0.join("lines")).expect("there is a table");
        let in_loop = |line: &str| [":5 ", ":6 "].iter().any(|place| line.contains(place));
        let rows: Vec<_> = rows(&table)
            .into_iter()
            .filter(|(_, line)| line.contains("program.py"))
            .filter(|(_, line)| in_loop(line))
            .collect();
        let time: f64 = rows.iter().map(|(words, _)| percent(&words[0])).sum();
        let theirs = rows
            .iter()
            .map(|(words, _)| percent(&words[0]) * percent(&words[column]));
        let theirs = theirs.sum::<f64>() / time;
        assert!(theirs > 90.0, "{mode}, {theirs} %:\n{table}");
        let add = rows
            .iter()
            .any(|(_, line)| line.ends_with("program.py:6 s += i & 3"));
        assert!(add, "{mode}:\n{table}");
    }
}

/// What is inlined is told by the lines of its own file.
#[test]
fn lines_of_inlined_calls_are_those_of_their_file() {
    let folder = Folder::new("inlined-lines");
    let other = folder.0.join("other.py");
    let source = "def work(x):\n    x = x * 3 & 255\n    return x * 5 & 255\n";
    fs::write(&other, source).expect("it is written");
    let program = folder.program(
        // Where the machine has much to do, the compiler may come late: the time is that after it has.
        "from other import work
import pyroxene, time
def loop(n):
    x = 1
    for _ in range(n):
        x = work(x)
    return x
late = time.monotonic() + 60
idle = 0
while idle < 20 and time.monotonic() < late:
    loop(10000)
    time.sleep(0.01)
    idle = 0 if pyroxene.jit()['waiting'] else idle + 1
end = time.process_time() + 1
while time.process_time() < end:
    loop(100000)
",
    );
    succeed(
        python()
            .args(["-X", "jit=on", "-X", "jit-after=16:2000"])
            .args(["-X", "jit-lines=lines"])
            .arg(&program)
            .current_dir(&folder.0),
    );
    let table = fs::read_to_string(folder.0.join("lines")).expect("there is a table");
    let in_hot: f64 = (rows(&table).iter())
        .filter(|(_, line)| line.contains("other.py:"))
        .map(|(words, _)| percent(&words[0]) * percent(&words[3]) / 100.0)
        .sum();
    assert!(in_hot > 5.0, "{table}");
}

/// What machine code calls is time of the line that calls it, in both tiers.
#[test]
fn time_in_c_belongs_to_the_line_of_the_call() {
    let folder = Folder::new("below");
    let program = |bytes: u32, compilations: u32| {
        format!(
            "import pyroxene, time, zlib
data = bytes({bytes})
def digest(end):
    times = 0
    while time.process_time() < end:
        zlib.crc32(data)
        times += 1
    return times
late = time.monotonic() + 60
while pyroxene.jit()['compiled'] < {compilations} and time.monotonic() < late:
    digest(time.process_time() + 0.01)
digest(time.process_time() + 0.4)
"
        )
    };
    let only = folder.0.join("only");
    let path = folder.0.join("program.py");
    fs::write(&only, format!("{}:3:digest\n", path.display())).expect("it is written");
    // Quick code that is slow to get through its loop is not made anew.
    let cases = [
        ("eager", 2_000_000, 1, 2),
        ("on", 2_000_000, 1, 2),
        ("on", 100_000, 2, 3),
    ];
    for (mode, bytes, compilations, column) in cases {
        let program = folder.program(&program(bytes, compilations));
        succeed(
            python()
                .args(["-X", &format!("jit={mode}"), "-X", "jit-after=16:2000"])
                .args(["-X", "jit-only=only", "-X", "jit-lines=lines"])
                .arg(&program)
                .current_dir(&folder.0),
        );
        let table = fs::read_to_string(folder.0.join("lines")).expect("there is a table");
        let in_function = |line: &str| (3..9).any(|at| line.contains(&format!("program.py:{at} ")));
        let below: Vec<(f64, String)> = rows(&table)
            .into_iter()
            .filter(|(_, line)| in_function(line))
            .map(|(words, line)| {
                let product = |parts: [usize; 3]| parts.map(|part| percent(&words[part]));
                let [time, theirs, below] = product([0, column, 4]);
                (time * theirs / 100.0 * below / 100.0, line)
            })
            .collect();
        let all: f64 = below.iter().map(|(time, _)| time).sum();
        let called = below
            .iter()
            .filter(|(_, line)| line.ends_with("program.py:6 zlib.crc32(data)"));
        let called: f64 = called.map(|(time, _)| time).sum();
        assert!(called > 1.0, "{mode}, {called} %:\n{table}");
        assert!(called > 0.9 * all, "{mode}, {called} of {all} %:\n{table}");
    }
}

#[test]
fn lines_of_threads_and_of_code_that_has_gone_are_shown() {
    let folder = Folder::new("gone-lines");
    let program = folder.program(&format!(
        "
import os, sys, threading
busy = {BUSY:?}
threading.Thread(target=lambda: exec(compile(busy, 'of-a-thread', 'exec'), {{}})).start()
exec(compile(busy, 'of-main', 'exec'), {{}})
child = os.fork()
if child == 0:
    sys.exit()
os.waitpid(child, 0)
"
    ));
    let output = succeed(
        python()
            .args(["-X", "jit=on", "-X", "jit-lines"])
            .arg(program),
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("of-a-thread:6"), "{said}");
    assert!(said.contains("of-main:6"), "{said}");
    assert_eq!(said.matches("processor time").count(), 1, "{said}");
}

#[test]
fn samples_do_not_disturb_who_waits() {
    let folder = Folder::new("waits");
    // In C, nobody tries again: an interrupted sleep gives what was left of it.
    let program = folder.program(
        "
import ctypes, threading
stop = threading.Event()
def busy():
    while not stop.is_set(): pass
thread = threading.Thread(target=busy)
thread.start()
left = ctypes.CDLL(None).usleep(200_000)
stop.set()
thread.join()
assert left == 0, left
",
    );
    succeed(python().args(["-X", "jit-lines"]).arg(program));
}

#[test]
fn the_log_tells_who_ran() {
    let folder = Folder::new("times");
    let log = logged(&folder, BUSY);
    let (mut quick, mut all) = (0, 0);
    for line in &log {
        if let Event::Time { times } = &line.event {
            quick += times.quick + times.quick_below;
            all += times.named().iter().map(|(_, time)| time).sum::<u64>();
        }
    }
    assert!(quick * 10 > all * 5, "{quick} of {all}");
}

/// A reader of numbers and text from bytes.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (first, rest) = self.0.split_first_chunk().expect("there is more");
        self.0 = rest;
        *first
    }

    fn int(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn long(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn text(&mut self) -> String {
        let end = self.0.iter().position(|&byte| byte == 0).expect("an end");
        let text = String::from_utf8(self.0[..end].to_vec()).expect("text");
        self.0 = &self.0[end + 1..];
        text
    }
}

#[test]
fn perf_gets_the_code_and_its_lines() {
    let folder = Folder::new("perf");
    let program = folder.program(BUSY);
    succeed(
        python()
            .args(["-X", "jit=eager", "-X", "jit-perf=dump"])
            .arg(&program)
            .current_dir(&folder.0),
    );
    let [dump] = &files(&folder, "jit-")[..] else {
        panic!("{:?}", files(&folder, ""));
    };
    let dump = fs::read(dump).expect("there is a dump");
    let mut header = Reader(&dump);
    assert_eq!(header.bytes(), *b"DTiJ");
    assert_eq!([header.int(), header.int(), header.int()], [1, 40, 62]);
    let mut rest = Reader(&dump[40..]);
    let mut lines = Vec::new();
    let (mut before, mut found) = (0, 0);
    while !rest.0.is_empty() {
        let start = rest.0;
        let (kind, size, at) = (rest.int(), rest.int() as usize, rest.long());
        assert!(at >= before, "records are in the order of time");
        before = at;
        let mut content = Reader(&start[16..size]);
        rest = Reader(&start[size..]);
        if kind == 2 {
            let (_code, count) = (content.long(), content.long());
            let mut entry = || (content.long(), content.int(), content.int(), content.text());
            lines = (0..count).map(|_| entry()).collect();
            continue;
        }
        assert_eq!(kind, 0);
        let (_process, _thread) = (content.int(), content.int());
        let [_, address, length, number] = [0; 4].map(|_| content.long());
        assert_eq!(number, found);
        found += 1;
        let name = content.text();
        assert_eq!(content.0.len() as u64, length, "all of the code is there");
        assert!(
            lines
                .iter()
                .all(|line| (address..address + length).contains(&line.0))
        );
        if name == "pyroxene:loop" {
            assert!(lines.iter().all(|line| line.3.ends_with("program.py")));
            for wanted in [5, 6, 7] {
                assert!(lines.iter().any(|line| line.1 == wanted), "{lines:?}");
            }
            return;
        }
    }
    panic!("the loop is not in the dump");
}

#[test]
fn statistics_count_what_became_of_compilations() {
    let folder = Folder::new("statistics");
    let program = folder.program(
        "
import pyroxene, sys
def twice(x): return x + x
space = {}
exec('def other(x): return x - x', space)
for _ in range(20): twice(1); space['other'](1)
first = pyroxene.jit()
assert first['limits']['memory'] >= first['memory'] >= first['bytes'] > 0, first
for _ in range(1000): twice('a')
again = pyroxene.jit()
assert again['recompiled'] > first['recompiled'], (first, again)
assert again['withdrawn'] > first['withdrawn'], (first, again)
space.clear()
last = pyroxene.jit()
assert last['withdrawn'] > again['withdrawn'], (again, last)
assert last['memory'] < again['memory'], last
assert 0 < last['limits']['attempts'] < 100
",
    );
    succeed(python().args(["-X", "jit=eager"]).arg(program));
}

#[test]
fn machine_code_leaves_by_chance_where_it_is_told_to() {
    let folder = Folder::new("chance");
    let program = folder.program(
        "
import pyroxene
def sum_of(items):
    sum = 0
    for item in items: sum += item
    return sum
for _ in range(100): assert sum_of([1, 2.5, 3]) == 6.5
told = pyroxene.jit()
print(told['left_by_chance'], told['recompiled'])
",
    );
    let run = |exits: Option<&str>| {
        let options = exits.map(|exits| format!("-Xjit-exits={exits}"));
        let output = succeed(
            python()
                .args(["-X", "jit=eager"])
                .args(options)
                .arg(&program)
                .env("PYTHONHASHSEED", "0"),
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (String::from_utf8_lossy(&output.stdout).into_owned(), said)
    };
    let (with_reason, _) = run(None);
    assert!(with_reason.starts_with("0 "), "{with_reason}");
    let (often, _) = run(Some("random:1:5"));
    let (seldom, _) = run(Some("random:1:500"));
    let number = |told: &str| -> u64 {
        told.split_once(' ')
            .expect("two numbers")
            .0
            .parse()
            .expect("a number")
    };
    assert!(number(&often) > 100, "{often}");
    assert!((1..number(&often)).contains(&number(&seldom)), "{seldom}");
    assert_eq!(run(Some("random:1:5")).0, often, "a seed determines them");
    assert_ne!(run(Some("random:2:5")).0, often);
    let (none, said) = run(Some("random:1"));
    assert_eq!(none, with_reason);
    assert!(said.contains("jit-exits is random:SEED:RATE"), "{said}");
}

//! The compiler's thread, where the process forks, ends or has no memory: nobody waits for it, and children compile. Each test runs the interpreter of
//! `target/dist`; what has happened is told by the compiler's log and counters, not by clocks.
mod prefix;

use prefix::python;
use pyroxene_jit_log::{Event, Line};
use std::fs;
use std::path::PathBuf;
use std::process::Output;

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("pyroxene-ends-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder is made");
        Self(path)
    }

    /// Runs a program that goes on behind [`PRELUDE`], with the compiler on, and nothing to say about threads.
    fn run(&self, program: &str) -> Output {
        self.run_with(&["-X", "jit-log=log"], program)
    }

    /// The same with other options, and without a log if they ask for none.
    fn run_with(&self, options: &[&str], program: &str) -> Output {
        let path = self.0.join("program.py");
        fs::write(&path, format!("{PRELUDE}\n{program}")).expect("the program is written");
        let only = "<string>:1:long\n<string>:1:f\n";
        fs::write(self.0.join("only"), only).expect("the list is written");
        let output = python()
            .args(["-X", "jit=on", "-X", "jit-after=2:2000"])
            .args(["-X", "jit-only=only"])
            .args(options)
            .args(["-W", "error::DeprecationWarning"])
            .arg(path)
            .current_dir(&self.0)
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        output
    }

    fn log(&self) -> Vec<Line> {
        let text = fs::read_to_string(self.0.join("log")).expect("there is a log");
        pyroxene_jit_log::read(&text).expect("it is one")
    }

    /// The compilation of `long` was begun, and nothing else is told of it.
    fn left_long_alone(&self) {
        let log = self.log();
        let number = log.iter().find_map(|line| match &line.event {
            Event::Ordered {
                compilation,
                function,
                ..
            } if function.name == "long" => Some(*compilation),
            _ => None,
        });
        let number = number.expect("it is ordered");
        let begun = Event::Started {
            compilation: number,
        };
        assert!(log.iter().any(|line| line.event == begun), "it is begun");
        for line in &log {
            match &line.event {
                Event::Finished { compilation, .. }
                | Event::Refused { compilation, .. }
                | Event::Dropped { compilation }
                | Event::Published { compilation, .. } => assert_ne!(*compilation, number),
                _ => {}
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder goes");
    }
}

/// The functions that are compiled: `long` takes the compiler longer than what the tests do meanwhile; `short` makes one of many
/// that take it no time. Waiting ends after a minute, as a failure.
const PRELUDE: &str = r#"
import json, os, pyroxene, sys, threading, time

def until(what):
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it takes too long"

lines = "".join(f"  a = (a * 3 + {i % 7}) & 65535\n  b ^= a\n" for i in range(3000))
exec("def long(a, b, times=1):\n for _ in range(times):\n" + lines + " return a + b\n")

def begun():
    """Whether the compiler works at `long`."""
    if not pyroxene.jit()["waiting"]:
        long(5, 7)
    lines = [json.loads(line) for line in open("log") if line.endswith("\n")]
    told = lambda event: [line["compilation"] for line in lines if line["event"] == event]
    ordered = [line for line in lines if line["event"] == "ordered" and line["name"] == "long"]
    number = ordered[-1]["compilation"] if ordered else None
    return number in told("started") and number not in told("finished")

def short(number):
    names = {}
    exec(f"def f(a):\n for i in range(50): a += i * {number}\n return a\n", names)
    return names["f"]

def compile_one(number):
    f = short(number)
    before = pyroxene.jit()["compiled"]
    def is_compiled():
        assert f(1) == 1225 * number + 1
        return pyroxene.jit()["compiled"] > before
    until(is_compiled)

def forked(work):
    process = os.fork()
    if process == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    return process

def succeeded(process):
    assert os.waitpid(process, 0)[1] == 0, "a child has failed"
"#;

#[test]
fn the_end_does_not_wait_for_a_compilation() {
    let folder = Folder::new("end");
    folder.run("until(begun)");
    folder.left_long_alone();
}

/// As a program in C ends, which never ends the interpreter.
#[test]
fn the_end_in_another_thread_does_not_wait_either() {
    let folder = Folder::new("thread");
    folder.run(
        r#"
import ctypes
until(begun)
sys.stdout.flush()
threading.Thread(target=ctypes.CDLL(None).exit, args=[0]).start()
while True:
    long(5, 7)
"#,
    );
    folder.left_long_alone();
}

/// Whatever the compiler is doing just then.
#[test]
fn ends_come_at_any_time() {
    let folder = Folder::new("times");
    for number in 0..12 {
        folder.run(&format!(
            r#"
functions = [short(number) for number in range(200)]
until(lambda: [f(1) for f in functions] and pyroxene.jit()["compiled"] >= {})
"#,
            number * 5
        ));
    }
}

/// The parent's compilation goes on, the child's is forgotten, and the child compiles what gets hot in it.
#[test]
fn a_fork_does_not_wait_for_a_compilation() {
    let folder = Folder::new("fork");
    folder.run(
        r#"
until(begun)
def work():
    compile_one(3)
    assert not pyroxene.jit()["waiting"], pyroxene.jit()
process = forked(work)
assert begun()
succeeded(process)
"#,
    );
}

/// A child leaves what waits in its parent until it has run for a while: many children do not.
#[test]
fn a_child_does_not_compile_at_once() {
    let folder = Folder::new("child");
    folder.run(
        r#"
until(begun)
functions = [short(number) for number in range(20)]
run = lambda: [f(1) for f in functions]
for _ in range(5):
    run()
assert pyroxene.jit()["waiting"] > 10, pyroxene.jit()
def work():
    before = pyroxene.jit()["compiled"]
    while True:
        names = [open(f"/proc/self/task/{number}/comm").read().strip() for number in os.listdir("/proc/self/task")]
        compiled = pyroxene.jit()["compiled"]
        if time.process_time() >= 0.05:
            break
        assert compiled == before and "pyroxene-jit" not in names, (compiled, before, names)
        run()
    until(lambda: run() and pyroxene.jit()["compiled"] > before + 10)
succeeded(forked(work))
"#,
    );
}

/// Nor does the child of a process that has compiled nothing yet; once it has run for a while, what gets hot is compiled, not only
/// what gets hot often.
#[test]
fn a_child_waits_for_no_more_than_it_must() {
    let folder = Folder::new("first");
    folder.run_with(
        &[],
        r#"
f = short(0)
ordered = lambda: pyroxene.jit()["compiled"] + pyroxene.jit()["waiting"]
def work():
    while True:
        f(1)
        before = ordered()
        if time.process_time() >= 0.05:
            break
        assert not before
    assert pyroxene.jit()["put_off"]["time"]
    time.sleep(0.01)
    for _ in range(10):
        f(1)
    assert ordered()
    until(lambda: f(1) and pyroxene.jit()["compiled"])
succeeded(forked(work))
"#,
    );
}

/// Children are forked while the compiler is busy, by two threads at once; they compile and fork themselves.
#[test]
fn forks_come_at_any_time() {
    let folder = Folder::new("forks");
    folder.run(
        r#"
import warnings
functions = [short(number) for number in range(600)]

def grandchild():
    compile_one(11)

def work():
    compile_one(7)
    for f in functions[:100]:
        f(1)
    succeeded(forked(grandchild))

def fork_often(count):
    for number in range(count):
        for f in functions[number * 10 : number * 10 + 40]:
            assert f(1) % 1225 == 1
        succeeded(forked(work))

# With the compiler's thread alone, nobody warns.
fork_often(25)
warnings.simplefilter("ignore")
threads = [threading.Thread(target=fork_often, args=[20]) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"#,
    );
}

/// The compiler's thread is no reason to warn of threads at a fork; others are, as they were.
#[test]
fn a_fork_warns_of_the_threads_of_the_program_only() {
    let folder = Folder::new("warns");
    let output = folder.run(
        r#"
import warnings
until(begun)
for count in range(3):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        succeeded(forked(lambda: None))
        assert not caught, caught[0]
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        succeeded(forked(lambda: None))
        print(len(caught))
    stop.set()
    thread.join()
    until(lambda: str(thread.native_id) not in os.listdir("/proc/self/task"))
assert begun()
"#,
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n1\n1\n");
}

/// So much may wait; what gets hot meanwhile is put off.
#[test]
fn what_waits_for_the_compiler_is_bounded() {
    let folder = Folder::new("queue");
    folder.run(
        r#"
functions = [short(number) for number in range(400)]
until(begun)
until(lambda: [f(1) for f in functions] and pyroxene.jit()["put_off"].get("queue"))
assert begun() and pyroxene.jit()["waiting"] == 257, pyroxene.jit()
"#,
    );
}

/// How programs limit themselves.
const LIMITS: &str = r#"
import resource
kinds = [(resource.RLIMIT_AS, 0), (resource.RLIMIT_DATA, 5)]
before = [resource.getrlimit(kind) for kind, _ in kinds]

def limit(more):
    used = open("/proc/self/statm").read().split()
    for kind, field in kinds:
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (int(used[field]) * 4096 + more, hard))

def no_limit():
    for (kind, _), limits in zip(kinds, before):
        resource.setrlimit(kind, limits)
"#;

/// Where there is little memory left, the compiler does not begin.
#[test]
fn with_little_memory_nothing_is_compiled() {
    let folder = Folder::new("headroom");
    folder.run(&format!(
        r#"{LIMITS}
limit(300 << 20)
f = short(3)
until(lambda: f(1) and pyroxene.jit()["put_off"].get("headroom"))
assert not pyroxene.jit()["compiled"], pyroxene.jit()
no_limit()
compile_one(5)
"#
    ));
}

/// Memory that ends while the compiler is at work ends the compiler, and nothing else.
#[test]
fn a_compiler_that_gets_no_memory_does_not_end_the_process() {
    let folder = Folder::new("memory");
    folder.run(&format!(
        r#"{LIMITS}
names = {{}}
exec("def same(a, b, times):\n for _ in range(times):\n" + lines + " return a + b\n", names)
value = names["same"](5, 7, 10)
until(begun)
limit(0)
until(lambda: pyroxene.jit()["refused"].get("no_memory"))
no_limit()
assert long(5, 7, 10) == value
before = pyroxene.jit()["compiled"]

def work():
    f = short(3)
    until(lambda: f(1) and pyroxene.jit()["put_off"].get("gave_up"))
    assert pyroxene.jit()["compiled"] == before
    assert not pyroxene.jit()["waiting"]

work()
succeeded(forked(work))
"#
    ));
    let refused =
        |line: &Line| matches!(&line.event, Event::Refused { reason, .. } if reason == "no_memory");
    assert_eq!(folder.log().iter().filter(|line| refused(line)).count(), 1);
}

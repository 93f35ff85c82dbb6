//! What the compiler uses up: programs that would have it work without end, or make machine code without measure, and the limits
//! that the user sets. Each runs in the interpreter of `target/dist`, without the compiler and with it in both of its modes.
mod prefix;

use prefix::python;
use std::collections::BTreeMap;

/// The modes of the compiler.
const MODES: [&str; 2] = ["on", "eager"];

/// The functions that programs use: `grown` calls something until the compiler has done all it will do, and tells what there is then.
const PRELUDE: &str = r#"
import pyroxene, sys, time

def grown(function, calls):
    for _ in range(calls):
        result = function()
    # Without the compiler, and in the eager mode, nothing is ever waited for.
    while pyroxene.jit()["waiting"]:
        time.sleep(0.01)
        result = function()
    return result

def tell(result, function):
    jit = pyroxene.jit()
    print("result", result)
    print("units", len(function.__code__.co_code) // 2)
    for name in ("compiled", "compiled_bytes", "recompiled", "given_up", "memory"):
        print(name, jit[name])
    for reasons in ("refused", "put_off", "limits"):
        for reason, count in jit[reasons].items():
            print(f"{reasons}.{reason}", count)
"#;

/// What a program has told.
struct Told {
    result: String,
    counts: BTreeMap<String, i64>,
}

impl Told {
    /// A counter; 0 if there is no such.
    fn count(&self, name: &str) -> i64 {
        self.counts.get(name).copied().unwrap_or_default()
    }
}

/// Runs a program, whose functions of these names only are compiled, and gives what it tells. Its text begins at line 1.
fn run(options: &[&str], program: &str, only: &[&str]) -> Told {
    let folder = std::env::temp_dir().join(format!(
        "pyroxene-budgets-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&folder).expect("a folder is made");
    let list: String = only
        .iter()
        .map(|name| format!("<string>:1:{name}\n"))
        .collect();
    std::fs::write(folder.join("only"), list).expect("the list is written");
    std::fs::write(folder.join("program.py"), format!("{PRELUDE}\n{program}"))
        .expect("the program is written");
    let mut command = python();
    // Programs that are small shall be hot.
    for option in options.iter().chain(&["jit-after=1:2000"]) {
        command.args(["-X", option]);
    }
    if !only.is_empty() {
        command.args(["-X", "jit-only=only"]);
    }
    let output = command
        .arg("program.py")
        .current_dir(&folder)
        .output()
        .expect("it starts");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    let text = String::from_utf8(output.stdout).expect("it is text");
    let mut told = Told {
        result: String::new(),
        counts: BTreeMap::new(),
    };
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("result", result)) => result.clone_into(&mut told.result),
            Some((name, count)) => {
                let count = count.parse().expect("a count");
                told.counts.insert(name.to_owned(), count);
            }
            None => panic!("{line}"),
        }
    }
    told
}

/// Runs a program in each mode, and looks at what it tells: it gives what it gives without the compiler.
fn in_each_mode(program: &str, only: &[&str], look: impl Fn(&str, &Told)) {
    let plain = run(&["jit=off"], program, &[]);
    for mode in MODES {
        let told = run(&[&format!("jit={mode}")], program, only);
        assert_eq!(told.result, plain.result, "{mode}");
        look(mode, &told);
    }
}

#[test]
fn code_without_end_is_not_compiled() {
    let program = r#"
lines = "".join(f" if a & {1 << i % 12}:\n  b += {i}\n else:\n  a += b & 3\n" for i in range(2500))
exec("def f(a, b):\n" + lines + " return a + b\n")
tell(grown(lambda: f(5, 7), 300), f)
"#;
    in_each_mode(program, &["f"], |mode, told| {
        assert!(told.count("units") > 50_000);
        assert_eq!(told.count("refused.too_large"), 1, "{mode}");
        assert_eq!(told.count("memory"), 0, "{mode}");
    });
}

#[test]
fn long_code_becomes_machine_code_of_its_own_size() {
    let program = r#"
lines = "".join(f"  a = a * 3 + {i % 7}\n  b ^= a\n  a &= 65535\n" for i in range(1000))
exec("def f(a, b):\n for _ in range(2):\n" + lines + " return a + b\n")
tell(grown(lambda: f(5, 7), 150), f)
"#;
    in_each_mode(program, &["f"], |mode, told| {
        let (units, compiled) = (told.count("units"), told.count("compiled"));
        assert!(compiled > 0, "{mode}");
        assert!(compiled <= 4, "{mode}: {compiled} times");
        assert!(
            told.count("compiled_bytes") <= compiled * units * 64,
            "{mode}"
        );
    });
}

#[test]
fn many_locals_do_not_make_each_exit_long() {
    let program = r#"
names = [f"v{i}" for i in range(700)]
begin = "".join(f" {v} = a + {i}.5\n" for i, v in enumerate(names))
loop = "".join(f"  {v} = {v} * 0.5 + b\n  b += l[0]\n" for v in names)
exec("def f(a, b):\n" + begin + " for _ in range(20):\n" + loop + " return int(" + "+".join(names) + ")\n")
l = [1]
tell(grown(lambda: f(5, 7), 150), f)
"#;
    in_each_mode(program, &["f"], |mode, told| {
        assert!(told.count("refused.too_many_exits") >= 1, "{mode}");
        assert!(told.count("memory") < 4 << 20, "{mode}");
    });
}

#[test]
fn many_tests_of_classes_stay_in_proportion() {
    let program = r#"
for i in range(500):
    exec(f"class K{i}: pass")
objects = [globals()[f"K{i}"]() for i in range(0, 500, 7)]
exec("def f(x):\n" + "".join(f" if isinstance(x, K{i}):\n  return {i}\n" for i in range(500)) + " return -1\n")
tell(grown(lambda: sum(map(f, objects)), 40), f)
"#;
    in_each_mode(program, &["f"], |mode, told| {
        let (units, compiled) = (told.count("units"), told.count("compiled"));
        let attempts = told.count("limits.attempts");
        assert!(
            (1..=2 * attempts).contains(&compiled),
            "{mode}: {compiled} times"
        );
        assert!(
            told.count("compiled_bytes") <= compiled * units * 100,
            "{mode}"
        );
    });
}

#[test]
fn one_place_that_meets_a_thousand_classes_is_not_made_anew_for_each() {
    let program = r#"
for i in range(1000):
    exec(f"class K{i}:\n def m(self): return self.v{i % 5}")
objects = [globals()[f"K{i}"]() for i in range(1000)]
for i, each in enumerate(objects):
    setattr(each, f"v{i % 5}", i)
    each.w = i
exec("def f(x):\n x.w = x.m() & 1023\n return x.m() + x.w\n")
tell(grown(lambda: sum(map(f, objects)), 40), f)
"#;
    in_each_mode(program, &["f"], |mode, told| {
        let compiled = told.count("compiled");
        let attempts = told.count("limits.attempts");
        assert!(
            (1..=2 * attempts).contains(&compiled),
            "{mode}: {compiled} times"
        );
        assert!(told.count("memory") <= 64 << 10, "{mode}");
    });
}

/// A program of many functions, each of which is called often.
const MANY: &str = r#"
functions = []
for i in range(300):
    exec(f"def f(a, b):\n for c in range(3):\n  a = a * b + {i} & 65535\n  b ^= a\n return a - b")
    functions.append(f)
tell(grown(lambda: sum(f(3, 5) for f in functions), 300), f)
"#;

#[test]
fn there_is_no_more_machine_code_than_the_user_wants() {
    let plain = run(&["jit=off"], MANY, &[]);
    for mode in MODES {
        let options = [&*format!("jit={mode}"), "jit-limits=memory:1"];
        let told = run(&options, MANY, &["f"]);
        assert_eq!(told.result, plain.result, "{mode}");
        assert!(told.count("compiled") > 100, "{mode}");
        let most = (1 << 20) + (64 << 10);
        let memory = told.count("memory");
        assert!(memory <= most, "{mode}: {memory}");
        assert!(told.count("put_off.memory") > 0, "{mode}");
        assert_eq!(told.count("limits.memory"), 1 << 20, "{mode}");
    }
}

#[test]
fn the_compiler_takes_no_more_time_than_the_user_wants() {
    let plain = run(&["jit=off"], MANY, &[]);
    let told = run(&["jit=eager", "jit-limits=time:0"], MANY, &["f"]);
    assert_eq!(told.result, plain.result);
    // Before the first, it has taken none.
    assert_eq!(told.count("compiled"), 1);
    assert!(told.count("put_off.time") > 0);
    assert_eq!(told.count("limits.time_percent"), 0);
}

#[test]
fn code_is_made_anew_no_more_often_than_the_user_wants() {
    let program = r#"
exec("def f(x): return x.v")
for i in range(6):
    exec(f"class K{i}:\n def __init__(self): self.w{i} = 0; self.v = {i}")
    x = globals()[f"K{i}"]()
    for _ in range(400):
        f(x)
tell(0, f)
"#;
    let often = run(&["jit=eager"], program, &["f"]);
    let once = run(&["jit=eager", "jit-limits=attempts:1"], program, &["f"]);
    assert_eq!(once.count("limits.attempts"), 1);
    assert!(
        once.count("compiled") < often.count("compiled"),
        "{} times",
        once.count("compiled")
    );
}

#[test]
fn a_limit_that_is_none_is_told() {
    let program = "tell(0, grown)";
    let told = run(&["jit=on", "jit-limits=memory:8,speed:3"], program, &[]);
    assert_eq!(told.count("limits.memory"), 8 << 20);
}

/// A program whose loops get hot one after the other has all of them compiled, however many there are.
#[test]
fn loops_that_follow_one_another_are_all_compiled() {
    let program = r#"
lines = "".join(f" for i in range({20_000 + number}):\n  total += i & {number}\n wait()\n" for number in range(14))
names = {"wait": lambda: grown(lambda: None, 1)}
exec("def f():\n total = 0\n" + lines + " return total\n", names)
f = names["f"]
tell(f(), f)
print("entries", pyroxene.jit()["entries"])
"#;
    in_each_mode(program, &["f"], |mode, told| {
        // The eager mode makes code anew for the more loops the longer they run.
        let least = if mode == "on" { 14 } else { 5 };
        assert!(told.count("entries") >= least, "{mode}");
    });
}

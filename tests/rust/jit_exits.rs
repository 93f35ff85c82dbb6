//! How machine code is entered and left, and when it is made anew because it is left. Each test runs the interpreter of `target/dist` as a
//! user does.
#[path = "prefix/folder.rs"]
mod folder;
#[path = "prefix/logs.rs"]
mod logs;
mod prefix;

use folder::{Folder, log_of, succeed};
use logs::{compilations, logged};
use prefix::python;
use pyroxene_jit_log::{Entry, Event, Exits, Line};

/// The exits that a log tells of.
fn exits(log: &[Line]) -> impl Iterator<Item = &Exits> {
    let told = log.iter().filter_map(|line| match &line.event {
        Event::Exits { exits } => Some(exits),
        _ => None,
    });
    told.flatten()
}

/// A function with a hot loop that was called some times is compiled whole, so that what comes after the loop does not leave.
#[test]
fn what_was_called_some_times_is_entered_by_calls_when_a_loop_is_hot() {
    let folder = Folder::new("whole");
    let program = folder.program(
        "def often(n):\n\
         \x20   for i in range(n): pass\n\
         def once(n):\n\
         \x20   for i in range(n): pass\n\
         for i in range(20): often(2)\n\
         often(100000)\n\
         once(100000)\n",
    );
    succeed(
        python()
            .args(["-X", "jit=on", "-X", "jit-log=log"])
            .arg(&program)
            .current_dir(&folder.0),
    );
    let log = log_of(&folder.0.join("log"));
    let entries = |wanted| {
        log.iter().find_map(|line| match &line.event {
            Event::Ordered {
                function, entries, ..
            } if function.name == wanted => Some(entries.clone()),
            _ => None,
        })
    };
    let whole = vec![Entry::Call, Entry::Loop { line: 2 }];
    assert_eq!(entries("often"), Some(whole));
    assert_eq!(entries("once"), Some(vec![Entry::Loop { line: 4 }]));
}

/// What `eval` runs has a namespace, which machine code lets go of: it does not leave for that.
#[test]
fn what_has_a_namespace_returns_from_machine_code() {
    let folder = Folder::new("namespace");
    let log = logged(
        &folder,
        "code = compile('x + 1', 'expression', 'eval')\n\
         for x in range(300): eval(code, globals(), {'x': x})\n",
    );
    let of_expression = log.iter().find_map(|line| match &line.event {
        Event::Ordered {
            compilation,
            function,
            ..
        } if function.file == "expression" => Some(*compilation),
        _ => None,
    });
    let number = of_expression.expect("it is compiled");
    let exits: Vec<_> = exits(&log)
        .filter(|exit| exit.compilation == number)
        .collect();
    assert!(exits.is_empty(), "{exits:?}");
}

/// The frame of a function that has caught an exception has an object, which its traceback made. It returns all the same, whether
/// somebody has that or not, and so does what is called in between.
#[test]
fn what_has_caught_an_exception_returns_from_machine_code() {
    let folder = Folder::new("caught");
    let log = logged(
        &folder,
        "def nobodys(key):\n\
         \x20   try: return {}[key]\n\
         \x20   except KeyError: pass\n\
         \x20   return key\n\
         def kept(key):\n\
         \x20   try: return {}[key]\n\
         \x20   except KeyError as error: seen.append(error)\n\
         def call():\n\
         \x20   for i in range(400):\n\
         \x20       nobodys(i)\n\
         \x20       kept(i)\n\
         seen = []\n\
         call()\n\
         list(map(nobodys, range(400)))\n\
         assert all(each.__traceback__.tb_frame.f_locals == {'key': each.args[0]} for each in seen)\n",
    );
    let exits: Vec<_> = exits(&log)
        .filter(|exit| matches!(exit.place.reason.as_str(), "return" | "disturbed"))
        .collect();
    assert!(exits.is_empty(), "{exits:?}");
}

/// Code that was made as often as it may be is made again all the same if its exits cost too much.
#[test]
fn code_that_leaves_very_often_is_made_more_often() {
    let folder = Folder::new("often");
    let log = logged(
        &folder,
        "def f(a, b, c, d, e, f, g, h, i, j):\n\
         \x20   if a: pass\n\
         \x20   if b: pass\n\
         \x20   if c: pass\n\
         \x20   if d: pass\n\
         \x20   if e: pass\n\
         \x20   if f: pass\n\
         \x20   if g: pass\n\
         \x20   if h: pass\n\
         \x20   if i: pass\n\
         \x20   if j: pass\n\
         for n in range(20): f(*[None] * 10)\n\
         for others in range(11):\n\
         \x20   values = [1.0] * others + [None] * (10 - others)\n\
         \x20   for n in range(250 if others < 8 else 14000): f(*values)\n",
    );
    let last = log.iter().rev().find_map(|line| match &line.event {
        Event::Ordered {
            function, failures, ..
        } if function.name == "f" => Some(failures.len()),
        _ => None,
    });
    assert_eq!(last, Some(10));
}

/// What has changed once is relied on again as it is then; what changes again is not.
#[test]
fn what_changes_once_is_relied_on_again() {
    let folder = Folder::new("changed");
    let log = logged(
        &folder,
        "def f(): return g\n\
         g = 1\n\
         def calls(n): list(zip(range(n), iter(f, 0)))\n\
         calls(20)\n\
         for changes in range(3):\n\
         \x20   globals()[f'new{changes}'] = changes\n\
         \x20   calls(1000)\n",
    );
    let failures: Vec<usize> = (log.iter())
        .filter_map(|line| match &line.event {
            Event::Ordered {
                function, failures, ..
            } if function.name == "f" => Some(failures.len()),
            _ => None,
        })
        .collect();
    assert_eq!(failures, [0, 0, 1]);
}

/// Of many places that take one sequence apart, which is no tuple any more, one guard fails, and not one after the other.
#[test]
fn what_one_place_finds_out_of_a_sequence_the_others_know() {
    let folder = Folder::new("varied");
    let log = logged(
        &folder,
        &format!(
            "def unpack(items):\n for _ in range(20):\n{}\n\
             for number in range(5): unpack((1, 2))\n\
             for number in range(2000): unpack((1, 2) if number % 2 else [1, 2])\n",
            "  a, b = items\n".repeat(12)
        ),
    );
    let count = compilations(&log, "unpack").len();
    assert!((2..=3).contains(&count), "{count}");
}

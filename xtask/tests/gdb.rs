//! gdb's commands for Python, as the script beside the library defines them, on the interpreter that `cargo xtask build`
//! installs. CPython's own tests of them run in its suite; those skip themselves where gdb finds no frame.
use std::path::{Path, PathBuf};
use std::process::Command;

/// A session in which the program of `tests/gdb` has stopped in a function of Rust.
fn session(commands: &[&str]) -> Option<String> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a folder of the checkout");
    let dist = checkout.join("target/dist");
    let safe = format!("add-auto-load-safe-path {}", dist.join("lib").display());
    let mut gdb = Command::new("gdb");
    gdb.args(["--batch", "-nx", "-iex", &safe]);
    let before = [
        "set breakpoint pending on",
        "set debuginfod enabled off",
        "tbreak builtin_id",
        "run",
        "tbreak PyObject_Repr",
        "continue",
        "echo === begin ===\\n",
    ];
    for command in before.iter().chain(commands) {
        gdb.args(["-ex", command]);
    }
    let done = gdb
        .arg("--args")
        .arg(dist.join("bin/python3.13"))
        .args(["-I", "-S"])
        .arg(program())
        .env_remove("PYTHONHOME")
        .output()
        .expect("gdb is among the packages that `cargo xtask build` installs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let why = String::from_utf8_lossy(&done.stderr);
    if why.contains("Could not trace the inferior process") || why.contains("ptrace: ") {
        eprintln!("this machine forbids debugging: {why}");
        return None;
    }
    let (_, answers) = said
        .split_once("=== begin ===\n")
        .unwrap_or_else(|| panic!("gdb did not get there: {said}\n{why}"));
    assert!(
        !why.contains("Error") && !why.contains("Traceback"),
        "{why}"
    );
    Some(answers.to_owned())
}

fn program() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    checkout
        .expect("a folder of the checkout")
        .join("tests/gdb/frames.py")
}

#[test]
fn the_whole_python_stack_is_shown() {
    let Some(said) = session(&["show language", "py-bt", "show language"]) else {
        return;
    };
    let rust = "The current source language is \"auto; currently rust\".\n";
    assert_eq!(said.matches(rust).count(), 2, "{said}");
    // Functions of C are shown between them as far as gdb can tell them.
    let python: Vec<_> = said
        .lines()
        .filter(|line| !line.starts_with("  <") && !rust.starts_with(line))
        .collect();
    let place = |line: u32, function: &str, text: &str| {
        [
            format!(
                "  File \"{}\", line {line}, in {function}",
                program().display()
            ),
            format!("    {text}"),
        ]
    };
    let expected: Vec<_> = [
        place(6, "innermost", "return repr(entry)"),
        place(12, "method", "return sorted(items, key=innermost)"),
        place(16, "generator", "yield holder.method([word])"),
        place(21, "outermost", "return numbers, list(generator(Holder()))"),
        place(24, "<module>", "outermost(3)"),
    ]
    .concat();
    assert_eq!(python[0], "Traceback (most recent call first):", "{said}");
    assert_eq!(python[1..], expected, "{said}");
}

#[test]
fn variables_and_source_are_shown() {
    let commands = [
        "py-bt-full",
        // From repr, where there are no variables of Python, to the function that called it.
        "py-up",
        "py-list 5,6",
        "py-print entry",
        "py-print len",
        "py-locals",
    ];
    let Some(said) = session(&commands) else {
        return;
    };
    for line in [
        "in innermost (entry='ruby')",
        ", line 12, in method (self=<Holder() at remote 0x",
        ", items=['ruby'])",
        "in outermost (count=3, numbers=[0, 1, 2])",
        "   5        id(entry)  # from here on the debugger looks for the next line\n  >6        return repr(entry)",
        "local 'entry' = 'ruby'",
        "builtin 'len' = <built-in method len of module object at remote 0x",
        "Locals for innermost\nentry = 'ruby'\n",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}

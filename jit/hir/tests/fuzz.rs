//! Random functions, run on the model in all ways (see `differential.rs`). `PYROXENE_FUZZ=FIRST,COUNT` says which.
mod model;

use core::fmt::Write as _;
use core::mem::take;
use model::driver::{Argument, Run};
use pyroxene_hir::assemble::assemble;
use pyroxene_hir::print::print;
use pyroxene_hir::validate::validate;

const LOCALS: [&str; 6] = ["p", "q", "a", "b", "c", "d"];

/// Which numbers the functions have that are run by default.
const DEFAULT: (u64, u64) = (0, 150);

/// At how many of its chances a function is made to leave.
const CHANCES: usize = 40;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// The functions that are called: f calls g and h, g calls h. Each is an argument of whoever calls it.
const CALLEES: [Callee; 2] = [
    Callee {
        name: "g",
        version: 7,
        arguments: "p q h",
    },
    Callee {
        name: "h",
        version: 8,
        arguments: "p q",
    },
];

struct Callee {
    name: &'static str,
    version: u32,
    arguments: &'static str,
}

/// Writes a function's text.
struct Writer {
    random: Random,
    text: String,
    labels: usize,
    entries: Vec<usize>,
    /// Handlers and failures.
    directives: String,
    /// What the code can call.
    callees: &'static [Callee],
    /// How many loops are around.
    loops: usize,
    /// Whether what is raised is handled.
    tries: bool,
}

impl Writer {
    fn write(seed: u64) -> String {
        let mut writer = Self {
            random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            text: String::new(),
            labels: 0,
            entries: Vec::new(),
            directives: String::new(),
            callees: &CALLEES,
            loops: 0,
            tries: false,
        };
        let statements = writer.statements(3, 2);
        let mut text = String::from(".code f\n.args 4\n.locals p q g h a b c d\n.stack 40\n");
        for Callee {
            name,
            version,
            arguments,
        } in &CALLEES
        {
            let count = arguments.split(' ').count();
            writeln!(text, ".callee {name} {version} {count}").unwrap();
        }
        // Not always all of them.
        if !writer.random.one_in(4) || writer.entries.is_empty() {
            text.push_str(".entry start\n");
        }
        for entry in writer.entries.clone() {
            let is_only = !text.contains(".entry");
            if is_only || !writer.random.one_in(4) {
                writeln!(text, ".entry L{entry}").unwrap();
            }
        }
        text.push_str(&statements);
        for (index, callee) in CALLEES.iter().enumerate() {
            let (name, arguments) = (callee.name, callee.arguments);
            writer.callees = &CALLEES[index + 1..];
            let count = arguments.split(' ').count();
            writeln!(text, ".code {name}\n.args {count}").unwrap();
            writeln!(text, ".locals {arguments} a b c d\n.stack 40").unwrap();
            text.push_str(&writer.statements(2, 1));
        }
        text
    }

    /// The statements of a function, and the directives that they need.
    fn statements(&mut self, count: usize, depth: usize) -> String {
        for local in &LOCALS[2..] {
            // Most are bound.
            if !self.random.one_in(6) {
                match self.random.below(3) {
                    0 => self.line("LOAD_FAST_CHECK q"),
                    1 => self.item(),
                    _ => self.literal(),
                }
                self.line(&format!("STORE_FAST {local}"));
            }
        }
        for _ in 0..count {
            self.statement(depth);
        }
        // The list is not to come into itself.
        let shown = self.random.pick(&LOCALS[1..]);
        self.line(&format!("LOAD_FAST_CHECK {shown}"));
        self.line("RETURN_VALUE");
        let (text, directives) = (take(&mut self.text), take(&mut self.directives));
        format!("{directives}start:\nRESUME_CHECK 0\n{text}")
    }

    /// A call, of what it was known to call as a rule.
    fn call(&mut self) {
        let callees = self.callees;
        let callee = &callees[self.random.below(callees.len())];
        let called = match self.random.one_in(12) {
            true => &callees[self.random.below(callees.len())],
            false => callee,
        };
        self.line(&format!("LOAD_FAST {}", called.name));
        self.line("PUSH_NULL");
        for argument in callee.arguments.split(' ') {
            if argument == "q" {
                self.expression(1);
            } else {
                self.line(&format!("LOAD_FAST_CHECK {argument}"));
            }
        }
        self.may_raise();
        let (name, version) = (callee.name, callee.version);
        let count = callee.arguments.split(' ').count();
        self.line(&format!(
            "CALL_PY_EXACT_ARGS {count} ; call {version} {name}"
        ));
    }

    /// Before an instruction that was perhaps seen to raise what is handled.
    fn may_raise(&mut self) {
        if self.tries && self.random.one_in(2) {
            let label = self.label();
            self.place(label);
            writeln!(self.directives, ".failure L{label} raised").unwrap();
        }
    }

    /// A statement what is raised in which is handled.
    fn handled(&mut self, depth: usize) {
        let [start, end, handler, after] = [(); 4].map(|()| self.label());
        let level = self.loops;
        writeln!(
            self.directives,
            ".handler L{start} L{end} L{handler} {level}"
        )
        .unwrap();
        self.place(start);
        self.tries = true;
        self.statement(depth);
        self.tries = false;
        self.place(end);
        self.line(&format!("JUMP_FORWARD L{after}"));
        self.place(handler);
        self.line("PUSH_EXC_INFO");
        self.line("POP_TOP");
        self.line("POP_EXCEPT");
        self.place(after);
        self.line("NOP");
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
    }

    fn label(&mut self) -> usize {
        self.labels += 1;
        self.labels
    }

    fn place(&mut self, label: usize) {
        self.line(&format!("L{label}:"));
    }

    fn statement(&mut self, depth: usize) {
        match self.random.below(if depth > 0 { 13 } else { 8 }) {
            12 if !self.tries => self.handled(depth),
            0..=3 => {
                self.expression(2);
                let local = self.random.pick(&LOCALS[1..]);
                self.line(&format!("STORE_FAST {local}"));
            }
            4 => {
                self.expression(1);
                self.expression(1);
                let (one, other) = (
                    self.random.pick(&LOCALS[1..]),
                    self.random.pick(&LOCALS[1..]),
                );
                if one != other {
                    self.line(&format!("STORE_FAST_STORE_FAST {one} {other}"));
                } else {
                    self.line(&format!("STORE_FAST {one}"));
                    self.line("POP_TOP");
                }
            }
            5 => {
                // An item is exchanged while the stack has another.
                self.item();
                self.expression(1);
                self.line("LOAD_FAST_CHECK p");
                let index = self.random.below(4);
                self.line(&format!("LOAD_CONST {index}"));
                let store = self.random.pick(&["STORE_SUBSCR", "STORE_SUBSCR_LIST_INT"]);
                self.line(store);
                let local = self.random.pick(&LOCALS[1..]);
                self.line(&format!("STORE_FAST {local}"));
            }
            6 => {
                self.expression(2);
                self.line("COPY 1");
                let (one, other) = (
                    self.random.pick(&LOCALS[1..]),
                    self.random.pick(&LOCALS[1..]),
                );
                self.line(&format!("STORE_FAST {one}"));
                self.line(&format!("STORE_FAST {other}"));
            }
            7 => {
                self.expression(1);
                self.expression(1);
                self.line("BUILD_TUPLE 2");
                let unpack = self
                    .random
                    .pick(&["UNPACK_SEQUENCE", "UNPACK_SEQUENCE_TWO_TUPLE"]);
                self.line(&format!("{unpack} 2"));
                let (one, other) = (
                    self.random.pick(&LOCALS[1..]),
                    self.random.pick(&LOCALS[1..]),
                );
                self.line(&format!("STORE_FAST_LOAD_FAST {one} {one}"));
                self.line("POP_TOP");
                self.line(&format!("STORE_FAST {other}"));
            }
            8 | 9 => {
                let (otherwise, end) = (self.label(), self.label());
                self.condition(otherwise);
                self.statement(depth - 1);
                self.line(&format!("JUMP_FORWARD L{end}"));
                self.place(otherwise);
                self.statement(depth - 1);
                self.place(end);
            }
            _ => {
                let (header, end) = (self.label(), self.label());
                if self.random.one_in(3) {
                    self.line("LOAD_FAST_CHECK q");
                } else {
                    self.line("LOAD_FAST_CHECK p");
                }
                self.line("GET_ITER");
                self.place(header);
                self.entries.push(header);
                let next = self
                    .random
                    .pick(&["FOR_ITER", "FOR_ITER_LIST", "FOR_ITER_RANGE"]);
                self.line(&format!("{next} L{end}"));
                let local = self.random.pick(&LOCALS[2..]);
                self.line(&format!("STORE_FAST {local}"));
                self.loops += 1;
                for _ in 0..=self.random.below(2) {
                    self.statement(depth - 1);
                }
                self.loops -= 1;
                self.line(&format!("JUMP_BACKWARD L{header}"));
                self.line("END_FOR");
                self.line("POP_TOP");
                self.place(end);
            }
        }
    }

    fn condition(&mut self, otherwise: usize) {
        match self.random.below(4) {
            0 => {
                let local = self.random.pick(&LOCALS);
                self.line(&format!("LOAD_FAST_CHECK {local}"));
                let jump = self
                    .random
                    .pick(&["POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE"]);
                self.line(&format!("{jump} L{otherwise}"));
            }
            1 => {
                self.expression(1);
                let truth =
                    self.random
                        .pick(&["TO_BOOL", "TO_BOOL_INT", "TO_BOOL_BOOL", "TO_BOOL_NONE"]);
                self.line(truth);
                self.line(&format!("POP_JUMP_IF_TRUE L{otherwise}"));
            }
            _ => {
                self.expression(1);
                self.expression(1);
                self.comparison();
                self.line(&format!("POP_JUMP_IF_FALSE L{otherwise}"));
            }
        }
    }

    fn comparison(&mut self) {
        let compare = self
            .random
            .pick(&["COMPARE_OP", "COMPARE_OP_INT", "COMPARE_OP_FLOAT"]);
        let operator = self.random.below(6);
        self.line(&format!("{compare} {}", operator << 5 | 16));
    }

    fn item(&mut self) {
        self.line("LOAD_FAST_CHECK p");
        let index = self.random.below(4);
        self.line(&format!("LOAD_CONST {index}"));
        let item = self
            .random
            .pick(&["BINARY_SUBSCR", "BINARY_SUBSCR_LIST_INT"]);
        self.line(item);
    }

    fn literal(&mut self) {
        let literals = ["0", "1", "-3", "1000", "0.5", "-2.0", "True", "None"];
        let literal = self.random.pick(&literals);
        self.line(&format!("LOAD_CONST {literal}"));
    }

    fn expression(&mut self, depth: usize) {
        match self.random.below(if depth > 0 { 18 } else { 6 }) {
            15.. if !self.callees.is_empty() => self.call(),
            12 | 13 => {
                // What is on the stack meanwhile may be borrowed from the local.
                self.expression(depth - 1);
                self.line("COPY 1");
                let local = self.random.pick(&LOCALS[1..]);
                self.line(&format!("STORE_FAST {local}"));
            }
            14 => {
                self.expression(depth - 1);
                self.line("COPY 1");
                self.line("LOAD_FAST_CHECK p");
                let index = self.random.below(4);
                self.line(&format!("LOAD_CONST {index}"));
                self.line("STORE_SUBSCR_LIST_INT");
            }
            0..=2 => {
                let local = self.random.pick(&LOCALS[1..]);
                self.line(&format!("LOAD_FAST_CHECK {local}"));
            }
            3 | 4 => self.literal(),
            5 => self.item(),
            6 => {
                self.expression(depth - 1);
                self.line("UNARY_NEGATIVE");
            }
            7 => {
                self.expression(depth - 1);
                self.expression(depth - 1);
                self.comparison();
            }
            8 => {
                self.expression(depth - 1);
                self.expression(depth - 1);
                let inverted = self.random.below(2);
                // Of two numbers it depends on who makes the objects.
                self.line("POP_TOP");
                self.line("LOAD_CONST None");
                self.line(&format!("IS_OP {inverted}"));
            }
            _ => {
                self.expression(depth - 1);
                self.expression(depth - 1);
                let (name, number) = *self.random.pick(&[
                    &("BINARY_OP", 0),
                    &("BINARY_OP_ADD_INT", 0),
                    &("BINARY_OP_ADD_FLOAT", 13),
                    &("BINARY_OP", 10),
                    &("BINARY_OP_SUBTRACT_INT", 10),
                    &("BINARY_OP_MULTIPLY_FLOAT", 5),
                    &("BINARY_OP", 11),
                    &("BINARY_OP", 6),
                    &("BINARY_OP", 2),
                ]);
                self.may_raise();
                self.line(&format!("{name} {number}"));
            }
        }
    }
}

fn arguments(random: &mut Random) -> [Argument; 4] {
    let mut instances = 0;
    let kind = random.below(4);
    let mut item = |random: &mut Random| match (kind, random.below(6)) {
        (0, _) => Argument::Int(random.below(7) as i64 - 3),
        (1, _) => Argument::Float(random.below(7) as f64 / 2.0 - 1.0),
        (_, 0) => Argument::Int(random.below(7) as i64 - 3),
        (_, 1 | 2) => Argument::Float(random.below(7) as f64 / 2.0 - 1.0),
        (_, 3) => Argument::None,
        _ => {
            instances += 1;
            Argument::Instance(instances)
        }
    };
    let list = Argument::List((0..4).map(|_| item(random)).collect());
    let other = match random.below(3) {
        0 => Argument::Range(0, 1, 3),
        1 => Argument::Float(1.5),
        _ => item(random),
    };
    [list, other, Argument::Function(0), Argument::Function(1)]
}

#[test]
fn random_functions() {
    let (first, count) = std::env::var("PYROXENE_FUZZ")
        .ok()
        .and_then(|range| {
            let (first, count) = range.split_once(',')?;
            Some((first.parse().ok()?, count.parse().ok()?))
        })
        .unwrap_or(DEFAULT);
    for seed in first..first + count {
        let text = Writer::write(seed);
        let run = std::panic::catch_unwind(|| check(seed, &text));
        assert!(run.is_ok(), "PYROXENE_FUZZ={seed},1\n{text}");
    }
}

fn check(seed: u64, text: &str) {
    let snapshot = assemble(text).expect("a right program");
    let (function, _) = pyroxene_hir::compile(&snapshot, false).expect("it is compiled");
    if let Err(invalid) = validate(&function, &snapshot) {
        panic!("{invalid}\n{}", print(&function, &snapshot));
    }
    let mut random = Random(seed.wrapping_mul(31) + 7);
    for _ in 0..2 {
        let arguments = arguments(&mut random);
        let expected = Run::new(&snapshot, &arguments).interpreted();
        for chance in 0..CHANCES {
            // The first ones all, later ones some.
            let patience = if chance < CHANCES / 2 {
                chance
            } else {
                chance + random.below(200)
            };
            let (seen, was_made) = Run::new(&snapshot, &arguments).compiled(&function, patience);
            assert_eq!(seen, expected, "left at chance {patience}");
            if !was_made {
                break;
            }
        }
    }
}

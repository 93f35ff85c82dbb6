//! Inlined calls on the model (`model/`): by bytecode alone, and by HIR that leaves at each of its chances in turn. The frames
//! that the evaluator finds, those that destructors and tracebacks can look at, and all counts must be the same.
mod model;

use model::driver::{Argument, check, check_inlined, floats, ints};
use pyroxene_hir::assemble::assemble;
use pyroxene_hir::function::FrameId;
use pyroxene_hir::validate::validate;
use pyroxene_hir::{Function, Insn, compile};

const F: Argument = Argument::Function(0);
const G: Argument = Argument::Function(1);

/// Numbers stay in registers; the loop and the branches are the callee's.
#[test]
fn a_loop_is_inlined_in_a_loop() {
    let text = "
.code sums
.args 3
.locals f rows start total row
.stack 7
.callee sum 7 2
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0.5
  STORE_FAST total
  LOAD_FAST rows
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST row
  LOAD_FAST total
  LOAD_FAST f
  PUSH_NULL
  LOAD_FAST_LOAD_FAST row start
  CALL_PY_EXACT_ARGS 2 ; call 7 sum
  BINARY_OP_ADD_FLOAT 13
  STORE_FAST total
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  RETURN_VALUE

.code sum
.args 2
.locals items total item
.stack 4
  RESUME_CHECK 0
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST item
  LOAD_FAST_LOAD_FAST total item
  BINARY_OP_ADD_FLOAT 0
  STORE_FAST total
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  LOAD_CONST 4.0
  COMPARE_OP_FLOAT 148
  POP_JUMP_IF_FALSE small
  LOAD_CONST 4.0
  RETURN_VALUE
small:
  LOAD_FAST total
  RETURN_VALUE
";
    let rows = Argument::List(vec![floats(&[1.0, 2.0]), floats(&[]), floats(&[3.0, 0.5])]);
    check_inlined(text, &[F, rows.clone(), Argument::Float(0.25)]);
    check(text, &[F, rows.clone(), Argument::Int(1)]);
    check(text, &[F, Argument::List(vec![]), Argument::Int(1)]);
    let rows = Argument::List(vec![floats(&[1.0]), ints(&[1, 2]), floats(&[3.0])]);
    check(text, &[F, rows, Argument::Float(0.5)]);
    let rows = Argument::List(vec![floats(&[1.0]), Argument::None]);
    check(text, &[F, rows, Argument::Float(0.5)]);
    // What is called is something else.
    let rows = Argument::List(vec![floats(&[1.0, 2.0])]);
    check(text, &[Argument::Instance(1), rows, Argument::Float(0.5)]);
}

/// Two calls deep, with values on each stack, and in the innermost instructions for which all frames are written.
const DEEP: &str = "
.code outer
.args 4
.locals f g items n
.stack 8
.callee middle 7 3
.callee inner 8 2
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST n
  LOAD_CONST 3
  BINARY_OP_MULTIPLY_INT 5
  STORE_FAST n
  LOAD_FAST n
  LOAD_FAST f
  PUSH_NULL
  LOAD_FAST g
  LOAD_FAST items
  LOAD_FAST n
  CALL_PY_EXACT_ARGS 3 ; call 7 middle
  BUILD_TUPLE 2
  LOAD_FAST n
  BUILD_TUPLE 2
  RETURN_VALUE

.code middle
.args 3
.locals g items k kept
.stack 8
  RESUME_CHECK 0
  LOAD_FAST items
  STORE_FAST kept
  LOAD_FAST k
  LOAD_CONST 1
  BINARY_OP_ADD_INT 0
  STORE_FAST k
  LOAD_FAST k
  LOAD_FAST g
  PUSH_NULL
  LOAD_FAST items
  LOAD_FAST k
  CALL_PY_EXACT_ARGS 2 ; call 8 inner
  STORE_FAST items
  LOAD_FAST items
  LOAD_FAST kept
  BUILD_TUPLE 3
  RETURN_VALUE

.code inner
.args 2
.locals items a b
.stack 5
  RESUME_CHECK 0
  LOAD_FAST a
  LOAD_CONST 2
  BINARY_OP_MULTIPLY_INT 5
  STORE_FAST b
  LOAD_FAST b
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER done
  LOAD_FAST a
  BINARY_OP 0
  STORE_FAST a
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST a
  BUILD_TUPLE 2
  RETURN_VALUE
";

#[test]
fn a_call_is_inlined_in_an_inlined_call() {
    for items in [
        Argument::Range(0, 2, 3),
        ints(&[1, 2]),
        floats(&[0.5]),
        Argument::List(vec![Argument::Instance(1)]),
        Argument::None,
    ] {
        check_inlined(DEEP, &[F, G, items.clone(), Argument::Int(1000)]);
        check(DEEP, &[F, G, items, Argument::Float(1.5)]);
    }
    check(DEEP, &[F, F, ints(&[1]), Argument::Int(5)]);
    check(DEEP, &[G, F, ints(&[1]), Argument::Int(5)]);
}

/// Frames that stay in memory, are not there, or have other callers are noticed.
#[test]
fn frames_are_validated() {
    let snapshot = assemble(DEEP).expect("a right program");
    let (function, _) = compile(&snapshot, false).expect("it is compiled");
    let refused = |change: &dyn Fn(&mut Function)| {
        let mut changed = function.clone();
        change(&mut changed);
        validate(&changed, &snapshot).is_err()
    };
    let mut changes = 0;
    for block in function.block_ids() {
        for (place, &value) in function[block].insns.iter().enumerate() {
            if let Insn::PopFrames { last, .. } = *function.insn(value) {
                let count = 0;
                assert!(refused(&|changed| {
                    changed[value].insn = Insn::PopFrames { count, last };
                }));
                changes += 1;
            }
            if let Insn::WriteFrames { .. } = function.insn(value) {
                assert!(refused(&|changed| {
                    changed[block].insns.remove(place);
                }));
                changes += 1;
            }
            let state = function.insn(value).state();
            let Some(state) = state.filter(|state| !function[*state].inlined.is_empty()) else {
                continue;
            };
            assert!(refused(&|changed| {
                let last = changed[state].inlined.last_mut().expect("there is one");
                last.pushed ^= true;
            }));
            assert!(refused(&|changed| {
                changed[state].inlined.pop();
            }));
            assert!(refused(&|changed| {
                changed[state].inlined[0].locals.pop();
            }));
            changes += 3;
        }
    }
    assert!(changes > 50, "{changes}");
    assert!(refused(&|changed| changed.frames[0].parent = FrameId(2)));
    assert!(refused(&|changed| changed.frames[1].call = 1000));
}

/// One of two functions is called, or a third one that is not inlined: numbers, borrowed objects and tuples that are not made
/// meet behind the call.
#[test]
fn one_of_several_calls_runs() {
    let text = "
.code several
.args 4
.locals functions thing n f total
.stack 8
.callee one 7 2
.callee other 8 2
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0
  STORE_FAST total
  LOAD_FAST functions
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST f
  LOAD_FAST n
  LOAD_CONST 1
  BINARY_OP_ADD_INT 0
  STORE_FAST n
  LOAD_FAST n
  LOAD_FAST f
  PUSH_NULL
  LOAD_FAST thing
  LOAD_FAST n
  CALL_PY_EXACT_ARGS 2 ; call 7 one | call 8 other
  UNPACK_SEQUENCE_TWO_TUPLE 2
  STORE_FAST total
  STORE_FAST thing
  LOAD_FAST total
  BUILD_TUPLE 2
  STORE_FAST total
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  LOAD_FAST thing
  BUILD_TUPLE 2
  RETURN_VALUE

.code one
.args 2
.locals thing n kept
.stack 5
  RESUME_CHECK 0
  LOAD_FAST n
  LOAD_CONST 2
  BINARY_OP_MULTIPLY_INT 5
  STORE_FAST n
  LOAD_FAST thing
  LOAD_FAST n
  BUILD_TUPLE 2
  RETURN_VALUE

.code other
.args 2
.locals thing n
.stack 5
  RESUME_CHECK 0
  LOAD_FAST n
  LOAD_FAST thing
  LOAD_CONST None
  STORE_FAST thing
  BUILD_TUPLE 2
  RETURN_VALUE
";
    let orders = [[F, G], [G, F], [F, F], [G, Argument::Instance(3)]];
    for functions in orders {
        for n in [Argument::Int(5), Argument::Float(0.5), Argument::None] {
            let functions = Argument::List(functions.to_vec());
            check(text, &[functions, Argument::Instance(1), n]);
        }
    }
    let functions = Argument::List(vec![F, G, F]);
    check_inlined(text, &[functions, Argument::Instance(1), Argument::Int(1)]);
}

/// What only an inlined call has dies in it, at its end, or when its frame is left by what was raised.
#[test]
fn objects_die_in_inlined_calls() {
    let text = "
.code deaths
.args 4
.locals f a items divisor x
.stack 8
.callee drop 7 3
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_FAST items
  GET_ITER
  LOAD_CONST None
  STORE_FAST items
loop:
  FOR_ITER_LIST done
  UNPACK_SEQUENCE_TWO_TUPLE 2
  STORE_FAST x
  LOAD_FAST f
  SWAP 2
  LOAD_FAST a
  LOAD_CONST None
  STORE_FAST a
  LOAD_FAST divisor
  CALL_PY_EXACT_ARGS 2 ; call 7 drop
  STORE_FAST a
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST a
  RETURN_VALUE

.code drop
.args 3
.locals thing other divisor number list
.stack 5
  RESUME_CHECK 0
  LOAD_CONST 3
  LOAD_FAST divisor
  BINARY_OP 11
  STORE_FAST number
  LOAD_FAST_LOAD_FAST thing other
  BUILD_LIST 2
  STORE_FAST list
  LOAD_CONST None
  STORE_FAST thing
  LOAD_CONST None
  STORE_FAST other
  LOAD_FAST number
  LOAD_CONST 2.0
  BINARY_OP_MULTIPLY_FLOAT 5
  STORE_FAST number
  LOAD_CONST None
  STORE_FAST list
  LOAD_FAST number
  LOAD_FAST list
  BUILD_TUPLE 2
  COPY 1
  STORE_FAST thing
  RETURN_VALUE
";
    let pair =
        |one, other| Argument::Tuple(vec![Argument::Instance(one), Argument::Instance(other)]);
    let items = Argument::List(vec![pair(1, 2), pair(3, 4), pair(5, 6)]);
    for divisor in [Argument::Int(2), Argument::Int(0), Argument::None] {
        let arguments = [F, Argument::Instance(7), items.clone(), divisor];
        check_inlined(text, &arguments);
    }
    check(
        text,
        &[
            Argument::None,
            Argument::Instance(7),
            items,
            Argument::Int(2),
        ],
    );
}

/// The argument is the caller's local, which changes while the call still has it; what is returned is an argument, or a local.
#[test]
fn results_are_arguments_and_locals() {
    let text = "
.code results
.args 4
.locals f g a b c
.stack 8
.callee give 7 2
.callee keep 8 2
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST f
  PUSH_NULL
  LOAD_FAST_LOAD_FAST a b
  CALL_PY_EXACT_ARGS 2 ; call 7 give
  STORE_FAST c
  LOAD_FAST_LOAD_FAST a c
  LOAD_FAST g
  PUSH_NULL
  LOAD_FAST_LOAD_FAST c b
  CALL_PY_EXACT_ARGS 2 ; call 8 keep
  STORE_FAST a
  LOAD_FAST g
  PUSH_NULL
  LOAD_FAST f
  LOAD_CONST None
  STORE_FAST f
  LOAD_FAST a
  BUILD_LIST 1
  CALL_PY_EXACT_ARGS 2 ; call 8 keep
  STORE_FAST b
  LOAD_FAST_LOAD_FAST a b
  BUILD_TUPLE 4
  RETURN_VALUE

.code give
.args 2
.locals a b
.stack 4
  RESUME_CHECK 0
  LOAD_FAST_LOAD_FAST a b
  STORE_FAST_STORE_FAST a b
  LOAD_FAST a
  RETURN_VALUE

.code keep
.args 2
.locals a b c
.stack 4
  RESUME_CHECK 0
  LOAD_FAST a
  STORE_FAST c
  LOAD_CONST 1.5
  STORE_FAST a
  LOAD_FAST c
  POP_JUMP_IF_NONE none
  DELETE_FAST c
  LOAD_FAST b
  RETURN_VALUE
none:
  LOAD_FAST_CHECK c
  RETURN_VALUE
";
    let things = [
        Argument::Instance(1),
        Argument::Float(2.5),
        Argument::Int(1000),
        Argument::None,
        ints(&[1, 2]),
    ];
    for a in &things {
        for b in &things {
            check_inlined(text, &[F, G, a.clone(), b.clone()]);
        }
    }
}

/// What an inlined call raises is handled by itself, by its caller, or by nobody.
#[test]
fn exceptions_leave_inlined_calls() {
    let text = "
.code handled
.args 4
.locals f g items divisor total each
.stack 9
.callee divide 7 3
.callee quotient 8 2
.handler try tried handler 1
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0.5
  STORE_FAST total
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST each
try:
  LOAD_FAST total
  LOAD_FAST f
  LOAD_FAST g
  LOAD_FAST_LOAD_FAST each divisor
  CALL_PY_EXACT_ARGS 2 ; call 7 divide
  BINARY_OP 13
  STORE_FAST total
tried:
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  RETURN_VALUE
handler:
  PUSH_EXC_INFO
  POP_TOP
  POP_EXCEPT
  JUMP_BACKWARD loop

.code divide
.args 3
.locals g a b c
.stack 8
.handler try tried handler 0
  RESUME_CHECK 0
  LOAD_FAST a
  STORE_FAST c
try:
  LOAD_FAST c
  LOAD_FAST g
  PUSH_NULL
  LOAD_FAST_LOAD_FAST a b
  CALL_PY_EXACT_ARGS 2 ; call 8 quotient
  BUILD_TUPLE 2
  STORE_FAST c
tried:
  LOAD_FAST c
  UNPACK_SEQUENCE 2
  POP_TOP
  RETURN_VALUE
handler:
  PUSH_EXC_INFO
  LOAD_FAST b
  POP_JUMP_IF_NONE other
  POP_TOP
  POP_EXCEPT
  LOAD_CONST 1.0
  RETURN_VALUE
other:
  COPY 2
  POP_EXCEPT
  RERAISE 0

.code quotient
.args 2
.locals a b c
.stack 4
  RESUME_CHECK 0
  LOAD_FAST a
  BUILD_LIST 1
  STORE_FAST c
  LOAD_FAST_LOAD_FAST a b
  BINARY_OP 11
  RETURN_VALUE
";
    for divisor in [Argument::Int(0), Argument::Int(1), Argument::None] {
        for items in [
            ints(&[1, 2, 3]),
            floats(&[0.5, -1.5]),
            Argument::List(vec![Argument::Int(1), Argument::Instance(1)]),
        ] {
            check_inlined(text, &[F, G, items.clone(), divisor.clone()]);
            check(text, &[F, F, items.clone(), divisor.clone()]);
            check(text, &[G, F, items, divisor.clone()]);
        }
    }
}

/// Calls that are not inlined, made by code that is, and recursion.
#[test]
fn inlined_calls_call() {
    let text = "
.code outer
.args 4
.locals f g n a
.stack 8
.callee outer 6 4
.callee countdown 7 3
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST n
  LOAD_FAST g
  PUSH_NULL
  LOAD_FAST g
  LOAD_FAST n
  LOAD_FAST a
  CALL_PY_EXACT_ARGS 3 ; call 7 countdown
  STORE_FAST a
  LOAD_FAST n
  LOAD_CONST 1
  COMPARE_OP_INT 148
  POP_JUMP_IF_FALSE end
  LOAD_FAST f
  PUSH_NULL
  LOAD_FAST f
  LOAD_FAST g
  LOAD_FAST n
  LOAD_CONST 1
  BINARY_OP_SUBTRACT_INT 23
  LOAD_FAST a
  CALL_PY_EXACT_ARGS 4 ; call 6 outer
  STORE_FAST a
end:
  LOAD_FAST a
  BUILD_TUPLE 2
  RETURN_VALUE

.code countdown
.args 3
.locals g n a
.stack 8
  RESUME_CHECK 0
  LOAD_FAST n
  LOAD_CONST 1
  BINARY_OP_SUBTRACT_INT 23
  STORE_FAST n
  LOAD_FAST n
  LOAD_CONST 0
  COMPARE_OP_INT 2
  POP_JUMP_IF_FALSE more
  LOAD_FAST_LOAD_FAST a n
  BUILD_LIST 2
  RETURN_VALUE
more:
  LOAD_FAST n
  LOAD_FAST g
  PUSH_NULL
  LOAD_FAST_LOAD_FAST g n
  LOAD_FAST a
  CALL_PY_EXACT_ARGS 3 ; call 7 countdown
  BUILD_TUPLE 2
  RETURN_VALUE
";
    for a in [Argument::Instance(1), Argument::Float(0.5)] {
        for n in [1, 3, -1] {
            check_inlined(text, &[F, G, Argument::Int(n), a.clone()]);
        }
        check(text, &[F, G, Argument::Float(2.5), a.clone()]);
        check(text, &[F, F, Argument::Int(3), a]);
    }
}

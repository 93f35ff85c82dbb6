//! Runs functions on the model (`model/`) by bytecode alone, and by HIR with bytecode where it leaves: made to leave at each
//! of its chances in turn. All must come to the same, with every reference accounted for.
mod model;

use model::driver::{Argument, check, floats, ints};
use pyroxene_hir::assemble::assemble;

#[test]
fn a_float_sum_over_a_range() {
    let text = "
.code float_sum
.args 1
.locals n s i
.stack 5
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0.0
  STORE_FAST s
  LOAD_FAST n
  GET_ITER
loop:
  FOR_ITER_RANGE done
  STORE_FAST_LOAD_FAST i s
  LOAD_FAST i
  LOAD_CONST 0.5
  BINARY_OP 5
  LOAD_FAST s
  LOAD_CONST 3.0
  BINARY_OP 11
  BINARY_OP 10
  BINARY_OP_ADD_FLOAT 13
  STORE_FAST s
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST s
  RETURN_VALUE
";
    check(text, &[Argument::Range(1, 2, 4)]);
    check(text, &[Argument::Range(1, 2, 0)]);
    check(text, &[ints(&[1, 2, 3])]);
    check(text, &[floats(&[1.5, -2.5])]);
    check(
        text,
        &[Argument::List(vec![Argument::Int(1), Argument::None])],
    );
}

/// What starts as an int and becomes a float, in nested loops, with a local that is not bound at first.
#[test]
fn a_sum_that_changes_its_type() {
    let text = "
.code mixed
.args 2
.locals rows columns total row t
.stack 5
.entry start
.entry outer
.entry inner
start:
  RESUME_CHECK 0
  LOAD_CONST 0
  STORE_FAST total
  LOAD_FAST rows
  GET_ITER
outer:
  FOR_ITER_LIST done
  STORE_FAST row
  LOAD_FAST row
  GET_ITER
inner:
  FOR_ITER_LIST next
  LOAD_CONST 2.0
  BINARY_OP_MULTIPLY_FLOAT 5
  STORE_FAST t
  LOAD_FAST_LOAD_FAST total t
  BINARY_OP_ADD_FLOAT 13
  STORE_FAST total
  JUMP_BACKWARD inner
  END_FOR
  POP_TOP
next:
  JUMP_BACKWARD outer
  END_FOR
  POP_TOP
done:
  LOAD_FAST_CHECK t
  LOAD_FAST total
  BUILD_TUPLE 2
  RETURN_VALUE
";
    let rows = Argument::List(vec![floats(&[1.0, 2.0]), floats(&[]), floats(&[3.0])]);
    check(text, &[rows, Argument::None]);
    check(text, &[Argument::List(vec![]), Argument::None]);
    let rows = Argument::List(vec![floats(&[1.0]), ints(&[1, 2]), floats(&[3.0])]);
    check(text, &[rows, Argument::None]);
}

/// Objects whose death is seen, in locals that are overwritten while the stack has borrowed them.
#[test]
fn destructors_run_in_order() {
    let text = "
.code deaths
.args 3
.locals a b items x y
.stack 6
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
  STORE_FAST_STORE_FAST x y
  LOAD_FAST_LOAD_FAST x y
  LOAD_FAST a
  STORE_FAST x
  BUILD_TUPLE 2
  STORE_FAST y
  LOAD_FAST_LOAD_FAST a b
  SWAP 2
  STORE_FAST_STORE_FAST a b
  LOAD_CONST 1.5
  STORE_FAST x
  DELETE_FAST y
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST a
  RETURN_VALUE
";
    let pair =
        |one, other| Argument::Tuple(vec![Argument::Instance(one), Argument::Instance(other)]);
    let items = Argument::List(vec![pair(1, 2), pair(3, 4), pair(5, 6)]);
    check(text, &[Argument::Instance(7), Argument::Float(8.0), items]);
}

/// Items of lists that are swapped and overwritten while the stack has borrowed them.
#[test]
fn items_are_swapped() {
    let text = "
.code swap
.args 3
.locals items i j
.stack 4
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_FAST_LOAD_FAST i j
  COMPARE_OP_INT 18
  POP_JUMP_IF_FALSE done
loop:
  LOAD_FAST_LOAD_FAST items j
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST_LOAD_FAST items i
  BINARY_SUBSCR_LIST_INT
  SWAP 2
  LOAD_FAST_LOAD_FAST items i
  STORE_SUBSCR_LIST_INT
  LOAD_FAST_LOAD_FAST items j
  STORE_SUBSCR_LIST_INT
  LOAD_FAST i
  LOAD_CONST 1
  BINARY_OP_ADD_INT 13
  STORE_FAST i
  LOAD_FAST j
  LOAD_CONST 1
  BINARY_OP_SUBTRACT_INT 23
  STORE_FAST j
  LOAD_FAST_LOAD_FAST i j
  COMPARE_OP_INT 18
  POP_JUMP_IF_FALSE done
  JUMP_BACKWARD loop
done:
  LOAD_FAST items
  RETURN_VALUE
";
    let instances = |names: &[u32]| {
        Argument::List(names.iter().map(|name| Argument::Instance(*name)).collect())
    };
    let two = [Argument::Int(0), Argument::Int(4)];
    let arguments = |items| [vec![items], two.to_vec()].concat();
    check(text, &arguments(instances(&[1, 2, 3, 4, 5])));
    check(text, &arguments(floats(&[1.0, 2.0, 3.0, 4.0, 5.0])));
    // The last index is wrong.
    check(text, &arguments(floats(&[1.0, 2.0])));
}

/// Integer arithmetic with signs, and what raises.
#[test]
fn ints_divide_as_python_does() {
    let text = "
.code divide
.args 2
.locals items by q r out item
.stack 6
.entry start
.entry loop
start:
  RESUME_CHECK 0
  BUILD_LIST 0
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST item
  LOAD_FAST_LOAD_FAST item by
  BINARY_OP 2
  STORE_FAST q
  LOAD_FAST_LOAD_FAST item by
  BINARY_OP 6
  STORE_FAST r
  LOAD_FAST_LOAD_FAST q by
  BINARY_OP_MULTIPLY_INT 5
  LOAD_FAST r
  BINARY_OP_ADD_INT 0
  LOAD_FAST_LOAD_FAST item by
  BINARY_OP 11
  LOAD_FAST r
  LOAD_CONST 1
  BINARY_OP 3
  LOAD_CONST 3
  BINARY_OP 12
  BUILD_TUPLE 3
  LIST_APPEND 2
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  RETURN_VALUE
";
    for by in [3, -3, 1, -1] {
        check(text, &[ints(&[7, -7, 0, 6, -6]), Argument::Int(by)]);
    }
    check(text, &[ints(&[7]), Argument::Int(0)]);
    check(text, &[floats(&[7.5, -7.5]), Argument::Int(2)]);
    check(text, &[floats(&[7.5, -7.5]), Argument::Float(-0.7)]);
}

/// Branches that leave a local unboxed on one side only, comparisons of both kinds, and a value that two locals share.
#[test]
fn branches_join() {
    let text = "
.code branches
.args 2
.locals items best m n k item
.stack 5
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0
  STORE_FAST k
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST item
  LOAD_FAST_LOAD_FAST item best
  COMPARE_OP_FLOAT 148
  POP_JUMP_IF_FALSE smaller
  LOAD_FAST item
  LOAD_CONST 2.0
  BINARY_OP_MULTIPLY_FLOAT 5
  COPY 1
  STORE_FAST m
  STORE_FAST n
  LOAD_FAST item
  STORE_FAST best
  JUMP_FORWARD joined
smaller:
  LOAD_FAST item
  STORE_FAST m
  LOAD_FAST k
  LOAD_CONST 1
  BINARY_OP_ADD_INT 13
  STORE_FAST k
joined:
  LOAD_FAST m
  LOAD_FAST item
  LOAD_FAST best
  COMPARE_OP_FLOAT 72
  TO_BOOL_BOOL
  UNARY_NOT
  POP_JUMP_IF_TRUE other
  POP_TOP
  JUMP_BACKWARD loop
other:
  STORE_FAST n
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST_CHECK n
  LOAD_FAST_LOAD_FAST best k
  BUILD_TUPLE 3
  RETURN_VALUE
";
    let items = floats(&[1.0, 3.0, 2.0, f64::NAN, 5.0, -0.0]);
    check(text, &[items.clone(), Argument::Float(0.5)]);
    check(text, &[items, Argument::Int(1)]);
    check(text, &[floats(&[]), Argument::Float(0.5)]);
}

/// An inlined comprehension: a local that is put aside on the stack and comes back.
#[test]
fn a_comprehension_puts_a_local_aside() {
    let text = "
.code comprehension
.args 2
.locals items x
.stack 6
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_FAST items
  GET_ITER
  LOAD_FAST_AND_CLEAR x
  SWAP 2
  BUILD_LIST 0
  SWAP 2
loop:
  FOR_ITER_LIST done
  STORE_FAST_LOAD_FAST x x
  TO_BOOL_INT
  POP_JUMP_IF_TRUE keep
  JUMP_BACKWARD loop
keep:
  LOAD_FAST_LOAD_FAST x x
  BINARY_OP_MULTIPLY_INT 5
  LIST_APPEND 2
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  SWAP 2
  STORE_FAST x
  RETURN_VALUE
";
    check(text, &[ints(&[1, 0, 3]), Argument::Instance(9)]);
    check(text, &[ints(&[1, 0, 3]), Argument::Float(9.0)]);
    check(text, &[floats(&[1.5, 0.0]), Argument::Int(1)]);
}

/// Floats are put where floats lie: one that the stack has borrowed or a local has stays what it is.
#[test]
fn floats_are_put_where_others_lie() {
    let text = "
.code put
.args 2
.locals items factor held
.stack 6
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST items
  LOAD_CONST 0
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST items
  LOAD_CONST 1
  BINARY_SUBSCR_LIST_INT
  STORE_FAST held
  LOAD_FAST items
  LOAD_CONST 0
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST factor
  BINARY_OP_MULTIPLY_FLOAT 5
  LOAD_FAST items
  LOAD_CONST 0
  STORE_SUBSCR_LIST_INT
  LOAD_FAST held
  LOAD_FAST factor
  BINARY_OP_MULTIPLY_FLOAT 5
  LOAD_FAST items
  LOAD_CONST 1
  STORE_SUBSCR_LIST_INT
  LOAD_FAST items
  LOAD_CONST 2
  COPY 2
  COPY 2
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST factor
  BINARY_OP_MULTIPLY_FLOAT 18
  SWAP 3
  SWAP 2
  STORE_SUBSCR_LIST_INT
  LOAD_FAST held
  BUILD_TUPLE 2
  RETURN_VALUE
";
    check(text, &[floats(&[1.5, -2.5, 4.0]), Argument::Float(3.0)]);
    check(text, &[floats(&[1.5, -2.5]), Argument::Float(3.0)]);
    check(text, &[ints(&[1, 2, 3]), Argument::Float(3.0)]);
    let mixed = vec![Argument::Float(0.5), Argument::Int(1), Argument::None];
    check(text, &[Argument::List(mixed), Argument::Float(3.0)]);
}

/// Slices of lists, and lists put in the place of parts: with items whose deaths nobody sees, and with others.
#[test]
fn slices_of_lists() {
    let text = "
.code slices
.args 3
.locals items i new
.stack 8
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST_LOAD_FAST items i
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST new
  LOAD_CONST 0
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST items
  LOAD_FAST i
  LOAD_CONST None
  BINARY_SLICE
  LOAD_FAST items
  LOAD_CONST None
  LOAD_FAST i
  STORE_SLICE
  LOAD_FAST_LOAD_FAST new items
  LOAD_FAST_LOAD_FAST i i
  LOAD_CONST 2
  BINARY_OP_ADD_INT 0
  STORE_SLICE
  BUILD_TUPLE 2
  LOAD_FAST items
  LOAD_CONST None
  LOAD_CONST -1
  BINARY_SLICE
  BUILD_TUPLE 2
  RETURN_VALUE
";
    for i in [-3, -1, 0, 1, 2] {
        let index = Argument::Int(i);
        check(
            text,
            &[floats(&[1.5, 2.5, 3.5]), index.clone(), ints(&[7, 8])],
        );
        check(text, &[ints(&[1, 2, 3]), index.clone(), ints(&[7])]);
        let seen = [4, 5, 6].map(Argument::Instance).to_vec();
        check(text, &[Argument::List(seen), index.clone(), ints(&[7, 8])]);
        let tuple = Argument::Tuple(vec![Argument::Int(1)]);
        check(text, &[ints(&[1, 2, 3]), index, tuple]);
    }
}

/// A slice that is put into a list at once is not made, and where the code leaves it is taken again.
#[test]
fn slices_that_are_not_made() {
    let text = "
.code turned
.args 3
.locals items i other
.stack 8
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST_LOAD_FAST items i
  LOAD_CONST None
  BINARY_SLICE
  LOAD_FAST items
  LOAD_CONST None
  LOAD_FAST i
  LOAD_CONST 1
  BINARY_OP_ADD_INT 0
  STORE_SLICE
  LOAD_FAST other
  LOAD_CONST None
  LOAD_FAST i
  BINARY_SLICE
  LOAD_FAST items
  LOAD_FAST i
  LOAD_CONST None
  STORE_SLICE
  LOAD_FAST_LOAD_FAST items other
  BUILD_TUPLE 2
  RETURN_VALUE
";
    for i in [-7, -2, -1, 0, 1, 2, 5] {
        let index = Argument::Int(i);
        let items = [ints(&[1, 2, 3, 4]), floats(&[1.5, 2.5, 3.5]), ints(&[])];
        for other in &items {
            for items in &items {
                check(text, &[items.clone(), index.clone(), other.clone()]);
            }
        }
        let seen = Argument::List([4, 5, 6].map(Argument::Instance).to_vec());
        check(text, &[seen.clone(), index.clone(), ints(&[7, 8])]);
        check(text, &[ints(&[7, 8]), index, seen]);
    }
}

/// A tuple that is taken apart is not made, and where the code leaves it is made of what it would have had.
#[test]
fn tuples_that_are_not_made() {
    let text = "
.code packed
.args 3
.locals a b items x
.stack 8
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST_LOAD_FAST a a
  BINARY_OP_MULTIPLY_FLOAT 5
  COPY 1
  LOAD_FAST b
  LOAD_FAST items
  LOAD_CONST 0
  BINARY_SUBSCR_LIST_INT
  LOAD_CONST 1.5
  BUILD_TUPLE 4
  COPY 1
  LOAD_CONST -2
  BINARY_SUBSCR_TUPLE_INT
  STORE_FAST x
  LOAD_FAST_LOAD_FAST b items
  LOAD_CONST 0
  STORE_SUBSCR_LIST_INT
  COPY 1
  UNPACK_SEQUENCE_TUPLE 4
  SWAP 3
  STORE_FAST b
  BUILD_TUPLE 3
  COPY 1
  BUILD_TUPLE 2
  LOAD_CONST 1
  BINARY_SUBSCR
  LOAD_FAST a
  LOAD_CONST 2.0
  BINARY_OP_ADD_FLOAT 0
  BUILD_TUPLE 4
  RETURN_VALUE
";
    let things = [
        Argument::Int(3),
        Argument::Instance(4),
        Argument::Tuple(vec![Argument::Instance(5)]),
    ];
    for thing in things {
        for items in [ints(&[1, 2]), Argument::List(vec![Argument::Instance(9)])] {
            check(text, &[Argument::Float(2.5), thing.clone(), items]);
        }
    }
}

/// A local that is only calculated with holds a number, from its store on and at the head of its loop.
#[test]
fn a_local_is_only_calculated_with() {
    let text = "
.code calculated
.args 2
.locals items total x before
.stack 4
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0.5
  STORE_FAST before
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST x
  LOAD_FAST_LOAD_FAST x before
  BINARY_OP_MULTIPLY_FLOAT 5
  LOAD_FAST total
  BINARY_OP_ADD_FLOAT 0
  STORE_FAST total
  LOAD_FAST items
  LOAD_CONST 0
  BINARY_SUBSCR_LIST_INT
  STORE_FAST before
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  RETURN_VALUE
";
    check(text, &[floats(&[1.5, 2.5]), Argument::Float(1.0)]);
    check(text, &[floats(&[]), Argument::Float(1.0)]);
    check(text, &[ints(&[1, 2]), Argument::Float(1.0)]);
    check(text, &[floats(&[1.5, 2.5]), Argument::Instance(3)]);
    let mixed = vec![Argument::Float(0.5), Argument::Int(1), Argument::None];
    check(text, &[Argument::List(mixed), Argument::Float(3.0)]);
}

/// What a program becomes in the end, as it is printed.
fn compiled(text: &str) -> String {
    let snapshot = assemble(text).expect("a right program");
    let (_, report) = pyroxene_hir::compile(&snapshot, true).expect("it is compiled");
    let (_, last) = report.dumps.last().expect("it is dumped");
    last.clone()
}

/// An operand that is sometimes a float and sometimes an int: the sum, which starts as an int, and the items.
#[test]
fn a_float_and_what_is_a_number() {
    let text = "
.code mixed
.args 2
.locals items factor total item
.stack 4
.entry start
.entry loop
.failure product class
.failure sum class
.failure loop loop_entry
start:
  RESUME_CHECK 0
  LOAD_CONST 0
  STORE_FAST total
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST item
  LOAD_FAST total
  LOAD_FAST_LOAD_FAST factor item
product:
  BINARY_OP_MULTIPLY_FLOAT 5 ; operands float int | operands float float
sum:
  BINARY_OP_ADD_FLOAT 0
  STORE_FAST total
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  RETURN_VALUE
";
    let last = compiled(text);
    assert_eq!(last.matches("unbox_number").count(), 2, "{last}");
    let factor = Argument::Float(1.5);
    check(text, &[floats(&[1.5, 2.5]), factor.clone()]);
    check(text, &[ints(&[1, -2, 3]), factor.clone()]);
    check(text, &[floats(&[]), factor.clone()]);
    let mixed = vec![Argument::Int(2), Argument::Float(0.5), Argument::None];
    check(text, &[Argument::List(mixed.clone()), factor]);
    check(text, &[Argument::List(mixed), Argument::Int(3)]);
}

/// Both operands are sometimes floats and sometimes ints: where both are ints, the result would be one.
#[test]
fn two_numbers_of_which_one_is_a_float() {
    let text = "
.code numbers
.args 2
.locals items factor product item
.stack 4
.entry start
.entry loop
start:
  RESUME_CHECK 0
  LOAD_CONST 0.0
  STORE_FAST product
  LOAD_FAST items
  GET_ITER
loop:
  FOR_ITER_LIST done
  STORE_FAST item
  LOAD_FAST item
  LOAD_FAST factor
  COMPARE_OP 18 ; operands int float | operands float int
  POP_JUMP_IF_FALSE loop_end
  LOAD_FAST_LOAD_FAST factor item
  BINARY_OP 5 ; operands float int | operands int float
  STORE_FAST product
loop_end:
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST product
  RETURN_VALUE
";
    let last = compiled(text);
    assert_eq!(last.matches("unbox_number exact").count(), 2, "{last}");
    assert_eq!(last.matches("unbox_number").count(), 4, "{last}");
    for factor in [Argument::Float(2.5), Argument::Int(2)] {
        check(text, &[floats(&[1.5, 2.5, 3.5]), factor.clone()]);
        check(text, &[ints(&[1, -2, 3]), factor.clone()]);
        let large = [1 << 53, (1 << 53) + 1, (1 << 53) + 2];
        check(text, &[ints(&large), factor.clone()]);
        let mixed = vec![Argument::Int(4), Argument::Float(0.5), Argument::None];
        check(text, &[Argument::List(mixed), factor]);
    }
    // As floats these would be the same.
    let large = Argument::Float(9_007_199_254_740_992.0);
    check(text, &[ints(&[(1 << 53) + 1]), large]);
}

/// Ints that did not fit registers are compared by the runtime from then on.
#[test]
fn large_ints_are_compared_without_leaving() {
    let text = |failure: &str| {
        format!(
            "
.code compared
.args 2
.locals left right
.stack 3
.entry start
{failure}
start:
  RESUME_CHECK 0
  LOAD_FAST left
  LOAD_FAST right
compared:
  COMPARE_OP 18 ; operands int int
  RETURN_VALUE
"
        )
    };
    for (failure, unboxed) in [("", 2), (".failure compared overflow", 0)] {
        let last = compiled(&text(failure));
        assert_eq!(last.matches("unbox_int").count(), unboxed, "{last}");
    }
}

/// The stack has borrowed a float from a local whose slot then holds it only until the local is written back.
#[test]
fn a_float_is_borrowed_from_a_local_that_changes() {
    let text = "
.code borrowed
.args 1
.locals items x
.stack 5
.entry start
start:
  RESUME_CHECK 0
  LOAD_FAST items
  LOAD_CONST 0
  BINARY_SUBSCR_LIST_INT
  STORE_FAST x
  LOAD_FAST items
  LOAD_CONST 1.5
  COPY 1
  LOAD_FAST items
  LOAD_CONST 0
  STORE_SUBSCR_LIST_INT
  POP_TOP
  POP_TOP
  LOAD_FAST_LOAD_FAST x x
  LOAD_CONST 2.0
  BINARY_OP_MULTIPLY_FLOAT 5
  STORE_FAST x
  LOAD_FAST items
  LOAD_CONST 1
  BINARY_SUBSCR_LIST_INT
  LOAD_FAST x
  BUILD_TUPLE 3
  RETURN_VALUE
";
    check(text, &[floats(&[1.0, 2.0])]);
    check(text, &[floats(&[1.0])]);
}

/// Exceptions that go to handlers in compiled code, with values of the loop and of locals on the stack, and nested handlers
/// that raise again.
#[test]
fn exceptions_go_to_their_handlers() {
    let text = "
.code handled
.args 2
.locals items divisor total each kept
.stack 8
.handler try tried handler 1
.handler handler handled cleanup 2 lasti
.failure divides raised
.failure iterates raised
.failure again raised
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
  LOAD_FAST_LOAD_FAST total each
  LOAD_FAST divisor
divides:
  BINARY_OP 11
  BINARY_OP 13
  STORE_FAST total
  LOAD_FAST_LOAD_FAST total each
iterates:
  GET_ITER
  POP_TOP
  POP_TOP
tried:
  JUMP_BACKWARD loop
  END_FOR
  POP_TOP
done:
  LOAD_FAST total
  RETURN_VALUE
handler:
  PUSH_EXC_INFO
  LOAD_FAST each
  POP_JUMP_IF_NONE other
  STORE_FAST kept
  POP_EXCEPT
  LOAD_FAST total
  LOAD_CONST 1.0
  BINARY_OP_ADD_FLOAT 13
  STORE_FAST total
  JUMP_BACKWARD loop
other:
again:
  RERAISE 0
handled:
cleanup:
  COPY 3
  POP_EXCEPT
  RERAISE 1
";
    for divisor in [0, 1] {
        let divisor = Argument::Int(divisor);
        check(text, &[ints(&[1, 2, 3]), divisor.clone()]);
        check(text, &[floats(&[0.5, -1.5]), divisor.clone()]);
        let mixed = [
            Argument::Int(1),
            Argument::Instance(1),
            Argument::List(vec![Argument::Instance(2)]),
            Argument::Range(0, 1, 3),
        ];
        check(text, &[Argument::List(mixed.to_vec()), divisor.clone()]);
        let with_none = [Argument::Float(1.0), Argument::None, Argument::Int(1)];
        check(text, &[Argument::List(with_none.to_vec()), divisor]);
    }
}

/// What the handler finds below its level is not boxed where it raises.
#[test]
fn numbers_stay_on_the_stack_of_a_handler() {
    let text = "
.code below
.args 1
.locals items total each
.stack 8
.handler try tried handler 2
.failure divides raised
.failure divides class
.failure divides domain
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
  LOAD_FAST total
try:
  LOAD_CONST 1.5
  LOAD_FAST each
divides:
  BINARY_OP 11
tried:
  BINARY_OP_ADD_FLOAT 13
  STORE_FAST total
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
  LOAD_CONST 0.25
  BINARY_OP_ADD_FLOAT 13
  STORE_FAST total
  JUMP_BACKWARD loop
";
    check(text, &[ints(&[1, 0, 2, 0, 0])]);
    check(text, &[floats(&[0.0, 1.0])]);
    let mixed = [Argument::Int(0), Argument::None, Argument::Float(2.0)];
    check(text, &[Argument::List(mixed.to_vec())]);
}

//! An evaluator of bytecode on the model, for the instructions that the tests use: CPython's semantics, one instruction at a
//! time, without looking at what is specialised.
use super::thread::{Frame, Thread};
use super::{Heap, Outcome, Ref, Thing, float_floor_divide, float_remainder, part, places};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Handler, Snapshot};

/// What an instruction led to.
pub enum Step {
    Next,
    Done(Outcome),
}

/// The name of an exception.
pub type Exception = &'static str;

pub type Run<T> = Result<T, Exception>;

/// Runs one instruction.
pub fn step(snapshot: &Snapshot, heap: &mut Heap, thread: &mut Thread) -> Step {
    match try_step(snapshot, heap, thread) {
        Ok(None) => Step::Next,
        Ok(Some(outcome)) => Step::Done(outcome),
        Err(raised) => match unwind(snapshot, heap, thread, 0, raised) {
            Ok(()) => Step::Next,
            Err(raised) => Step::Done(Outcome::Raised(raised)),
        },
    }
}

/// Finds who handles what the instruction at which the innermost frame stands has raised, and goes on there. Of so many frames, none
/// does: then it is given back.
pub fn unwind(
    snapshot: &Snapshot,
    heap: &mut Heap,
    thread: &mut Thread,
    others: usize,
    raised: Exception,
) -> Run<()> {
    while thread.frames.len() > others {
        let frame = thread.frame();
        let covers = |handler: &&Handler| (handler.start..handler.end).contains(&frame.at);
        let handlers = &frame.body(snapshot).handlers;
        if let Some(handler) = handlers.iter().find(covers) {
            let wanted = (handler.level as usize, handler.lasti);
            give(heap, frame, wanted, raised);
            heap.see_deaths(|heap| thread.look(snapshot, heap));
            thread.frame().at = handler.target;
            return Ok(());
        }
        // Who has the traceback can look at it.
        let frame = frame.look(snapshot, heap);
        heap.traceback.push(frame);
        thread.pop(heap);
        heap.see_deaths(|heap| thread.look(snapshot, heap));
    }
    Err(raised)
}

/// Runs the innermost frame, and what that calls, until it has returned to the one below, or raised there.
pub fn run_call(snapshot: &Snapshot, heap: &mut Heap, thread: &mut Thread) -> Run<()> {
    let others = thread.frames.len() - 1;
    while thread.frames.len() > others {
        if let Err(raised) = try_step(snapshot, heap, thread) {
            unwind(snapshot, heap, thread, others, raised)?;
        }
    }
    Ok(())
}

/// Calls an object: makes the frame of a function. It takes over the operands: what is called, `self` or NULL, and the arguments.
pub fn call(
    snapshot: &Snapshot,
    heap: &mut Heap,
    thread: &mut Thread,
    operands: Vec<Ref>,
) -> Run<()> {
    let called = operands[0].expect("something is called");
    let first = if operands[1].is_some() { 1 } else { 2 };
    if let Thing::Function(callee) = *heap.thing(called) {
        let callee = &snapshot.callees[callee as usize];
        let mut frame = Frame {
            inlined: callee.body,
            function: Some(called),
            locals: operands[first..].to_vec(),
            stack: Vec::new(),
            at: 0,
            next: 0,
        };
        let body = frame.body(snapshot);
        assert_eq!(body.name, callee.name, "it has code");
        if body.arguments as usize == frame.locals.len() {
            frame.locals.resize(body.locals.len(), None);
            thread.frames.push(frame);
            return Ok(());
        }
    }
    for operand in operands.into_iter().rev() {
        heap.release(operand);
    }
    Err("TypeError")
}

/// Makes the stack as a handler wants it.
pub fn give(heap: &mut Heap, frame: &mut Frame, handler: (usize, bool), raised: &str) {
    let (level, lasti) = handler;
    for value in frame.stack.split_off(level).into_iter().rev() {
        heap.release(value);
    }
    if lasti {
        push_thing(heap, frame, Thing::Int(frame.at.into()));
    }
    push_thing(heap, frame, Thing::Str(raised.to_owned()));
}

/// What can be raised.
const EXCEPTIONS: [&str; 6] = [
    "IndexError",
    "TypeError",
    "UnboundLocalError",
    "ValueError",
    "ZeroDivisionError",
    "the model's OverflowError",
];

/// Runs one instruction, and gives what it raises.
pub fn try_step(snapshot: &Snapshot, heap: &mut Heap, thread: &mut Thread) -> Run<Option<Outcome>> {
    let done = instruction(snapshot, heap, thread);
    heap.see_deaths(|heap| thread.look(snapshot, heap));
    if let Ok(Done::Next(next)) = done {
        thread.frame().at = next;
    }
    match done? {
        Done::Next(_) | Done::Called => Ok(None),
        Done::Returned(value) => {
            if thread.frames.is_empty() {
                let shown = heap.show(value);
                heap.release(value);
                heap.see_deaths(|_| Vec::new());
                return Ok(Some(Outcome::Returned(shown)));
            }
            let frame = thread.frame();
            frame.stack.push(value);
            frame.at = frame.next;
            Ok(None)
        }
    }
}

/// What an instruction has done.
enum Done {
    /// The frame goes on there.
    Next(u32),
    /// There is a new frame.
    Called,
    /// The frame is gone, and gives this.
    Returned(Ref),
}

fn instruction(snapshot: &Snapshot, heap: &mut Heap, thread: &mut Thread) -> Run<Done> {
    let frame = thread.frames.last_mut().expect("a frame runs");
    let body = frame.body(snapshot);
    let mut at = frame.at as usize;
    let mut oparg = 0;
    while Opcode::new(body.units[at].opcode) == Opcode::EXTENDED_ARG {
        oparg = (oparg | usize::from(body.units[at].oparg)) << 8;
        at += 1;
    }
    frame.at = u32::try_from(at).unwrap();
    let unit = body.units[at];
    oparg |= usize::from(unit.oparg);
    let opcode = Opcode::new(unit.opcode).generic();
    let next = at + 1 + opcode.caches();
    let mut to = next;
    let top = |frame: &Frame, depth: usize| frame.stack[frame.stack.len() - 1 - depth];
    match opcode {
        Opcode::NOP | Opcode::RESUME => {}
        Opcode::POP_TOP | Opcode::END_FOR => {
            let value = frame.stack.pop().unwrap();
            heap.release(value);
        }
        Opcode::PUSH_NULL => frame.stack.push(None),
        Opcode::COPY => {
            let value = top(frame, oparg - 1);
            heap.retain(value);
            frame.stack.push(value);
        }
        Opcode::SWAP => {
            let last = frame.stack.len() - 1;
            frame.stack.swap(last, last + 1 - oparg);
        }
        Opcode::LOAD_CONST => {
            push_new(heap, frame, |heap| Some(heap.object(body.constants[oparg])))
        }
        Opcode::LOAD_FAST => load(heap, frame, oparg)?,
        Opcode::LOAD_FAST_CHECK => load(heap, frame, oparg)?,
        Opcode::LOAD_FAST_LOAD_FAST => {
            load(heap, frame, oparg >> 4)?;
            load(heap, frame, oparg & 15)?;
        }
        Opcode::LOAD_FAST_AND_CLEAR => {
            let value = frame.locals[oparg].take();
            frame.stack.push(value);
        }
        Opcode::STORE_FAST => store(heap, frame, oparg),
        Opcode::STORE_FAST_LOAD_FAST => {
            store(heap, frame, oparg >> 4);
            load(heap, frame, oparg & 15)?;
        }
        Opcode::STORE_FAST_STORE_FAST => {
            store(heap, frame, oparg >> 4);
            store(heap, frame, oparg & 15);
        }
        Opcode::DELETE_FAST => {
            let value = frame.locals[oparg].take().ok_or("UnboundLocalError")?;
            heap.release(Some(value));
        }
        Opcode::BINARY_OP => binary(heap, frame, |heap, left, right| {
            arithmetic(heap, oparg % 13, left, right)
        })?,
        Opcode::COMPARE_OP => binary(heap, frame, |heap, left, right| {
            let (left, right) = (heap.thing(left).clone(), heap.thing(right).clone());
            Ok(Thing::Bool(compare(oparg >> 5, &left, &right)?))
        })?,
        Opcode::IS_OP => binary(heap, frame, |_, left, right| {
            Ok(Thing::Bool((left == right) != (oparg != 0)))
        })?,
        Opcode::BINARY_SUBSCR => {
            let (container, index) = (top(frame, 1), top(frame, 0));
            let item = *place(heap, container, index)?.0;
            heap.retain(Some(item));
            pop_release(heap, frame, 2);
            frame.stack.push(Some(item));
        }
        Opcode::STORE_SUBSCR => {
            let (container, index) = (top(frame, 1), top(frame, 0));
            let (_, index_number) = place(heap, container, index)?;
            let value = top(frame, 2).unwrap();
            let Thing::List(items) = heap.thing_mut(container.unwrap()) else {
                return Err("TypeError");
            };
            let old = core::mem::replace(&mut items[index_number], value);
            heap.release(Some(old));
            let rest = frame.stack.len() - 3;
            frame.stack.remove(rest);
            pop_release(heap, frame, 2);
        }
        Opcode::BINARY_SLICE => {
            let Thing::List(items) = heap.thing(top(frame, 2).unwrap()).clone() else {
                return Err("TypeError");
            };
            let (start, stop) = bounds(heap, frame)?;
            let places = places(items.len(), start, stop, 1);
            let taken: Vec<usize> = places.into_iter().map(|place| items[place]).collect();
            for item in &taken {
                heap.retain(Some(*item));
            }
            pop_release(heap, frame, 3);
            push_thing(heap, frame, Thing::List(taken));
        }
        Opcode::STORE_SLICE => {
            let [value, container] = [3, 2].map(|depth| top(frame, depth).unwrap());
            let (Thing::List(items), Thing::List(new)) =
                (heap.thing(container).clone(), heap.thing(value).clone())
            else {
                return Err("TypeError");
            };
            let (start, stop) = bounds(heap, frame)?;
            let part = part(items.len(), start, stop);
            for item in &new {
                heap.retain(Some(*item));
            }
            if let Thing::List(items) = heap.thing_mut(container) {
                items.splice(part.clone(), new);
            }
            for old in &items[part] {
                heap.release(Some(*old));
            }
            pop_release(heap, frame, 4);
        }
        Opcode::UNARY_NEGATIVE | Opcode::UNARY_INVERT | Opcode::UNARY_NOT | Opcode::TO_BOOL => {
            let value = top(frame, 0).unwrap();
            let result = match (opcode, heap.thing(value)) {
                (Opcode::UNARY_NEGATIVE, Thing::Int(number)) => Thing::Int(-number),
                (Opcode::UNARY_NEGATIVE, Thing::Float(number)) => Thing::Float(-number),
                (Opcode::UNARY_INVERT, Thing::Int(number)) => Thing::Int(!number),
                (Opcode::UNARY_NOT, Thing::Bool(truth)) => Thing::Bool(!truth),
                (Opcode::TO_BOOL, thing) => Thing::Bool(truth(thing)),
                _ => return Err("TypeError"),
            };
            pop_release(heap, frame, 1);
            push_thing(heap, frame, result);
        }
        Opcode::JUMP_FORWARD => to = next + oparg,
        Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT => to = next - oparg,
        Opcode::POP_JUMP_IF_TRUE | Opcode::POP_JUMP_IF_FALSE => {
            let value = top(frame, 0).unwrap();
            let jumps = *heap.thing(value) == Thing::Bool(opcode == Opcode::POP_JUMP_IF_TRUE);
            pop_release(heap, frame, 1);
            to = if jumps { next + oparg } else { next };
        }
        Opcode::POP_JUMP_IF_NONE | Opcode::POP_JUMP_IF_NOT_NONE => {
            let value = top(frame, 0).unwrap();
            let is_none = *heap.thing(value) == Thing::None;
            pop_release(heap, frame, 1);
            let jumps = is_none == (opcode == Opcode::POP_JUMP_IF_NONE);
            to = if jumps { next + oparg } else { next };
        }
        Opcode::GET_ITER => {
            let value = top(frame, 0).unwrap();
            match heap.thing(value) {
                Thing::List(_) | Thing::Tuple(_) => {
                    frame.stack.pop();
                    let iterator = heap.add(Thing::SequenceIterator {
                        index: 0,
                        sequence: Some(value),
                    });
                    frame.stack.push(Some(iterator));
                }
                Thing::RangeIterator { .. } | Thing::SequenceIterator { .. } => {}
                _ => return Err("TypeError"),
            }
        }
        Opcode::FOR_ITER => {
            let iterator = top(frame, 0).unwrap();
            match next_of(heap, iterator) {
                Some(item) => frame.stack.push(Some(item)),
                None => {
                    pop_release(heap, frame, 1);
                    to = next + oparg + 2;
                }
            }
        }
        Opcode::BUILD_LIST | Opcode::BUILD_TUPLE => {
            let rest = frame.stack.len() - oparg;
            let items = frame.stack.split_off(rest).into_iter().flatten().collect();
            push_thing(
                heap,
                frame,
                match opcode {
                    Opcode::BUILD_LIST => Thing::List(items),
                    _ => Thing::Tuple(items),
                },
            );
        }
        Opcode::LIST_APPEND => {
            let item = frame.stack.pop().unwrap().unwrap();
            let list = top(frame, oparg - 1).unwrap();
            let Thing::List(items) = heap.thing_mut(list) else {
                return Err("TypeError");
            };
            items.push(item);
        }
        Opcode::UNPACK_SEQUENCE => {
            let sequence = top(frame, 0).unwrap();
            let (Thing::List(items) | Thing::Tuple(items)) = heap.thing(sequence).clone() else {
                return Err("TypeError");
            };
            if items.len() != oparg {
                return Err("ValueError");
            }
            frame.stack.pop();
            for item in items.into_iter().rev() {
                heap.retain(Some(item));
                frame.stack.push(Some(item));
            }
            heap.release(Some(sequence));
        }
        Opcode::CALL => {
            let rest = frame.stack.len() - oparg - 2;
            let operands = frame.stack.split_off(rest);
            frame.next = u32::try_from(next).unwrap();
            call(snapshot, heap, thread, operands)?;
            return Ok(Done::Called);
        }
        Opcode::RETURN_VALUE => {
            let value = frame.stack.pop().unwrap();
            thread.pop(heap);
            return Ok(Done::Returned(value));
        }
        Opcode::RETURN_CONST => {
            let value = Some(heap.object(body.constants[oparg]));
            heap.retain(value);
            thread.pop(heap);
            return Ok(Done::Returned(value));
        }
        Opcode::PUSH_EXC_INFO => {
            let exception = frame.stack.pop().unwrap();
            heap.retain(exception);
            let before = exchange_handled(heap, &mut thread.handled, exception);
            frame.stack.extend([before, exception]);
        }
        Opcode::POP_EXCEPT => {
            let exception = frame.stack.pop().unwrap();
            let handled = exchange_handled(heap, &mut thread.handled, exception);
            heap.release(handled);
        }
        Opcode::RERAISE => {
            let Thing::Str(raised) = heap.thing(top(frame, 0).unwrap()) else {
                panic!("no exception");
            };
            let known = EXCEPTIONS.into_iter().find(|known| raised == known);
            return Err(known.expect("it was raised"));
        }
        other => panic!("the model has no {other:?}"),
    }
    Ok(Done::Next(u32::try_from(to).unwrap()))
}

/// Makes an exception the one that is handled, or none for `None`; gives the one before, or `None`.
pub fn exchange_handled(heap: &mut Heap, handled: &mut Ref, exception: Ref) -> Ref {
    let none = heap.add(Thing::None);
    let new = exception.filter(|exception| *exception != none);
    core::mem::replace(handled, new).or(Some(none))
}

fn push_thing(heap: &mut Heap, frame: &mut Frame, thing: Thing) {
    let value = heap.add(thing);
    frame.stack.push(Some(value));
}

fn push_new(heap: &mut Heap, frame: &mut Frame, value: impl FnOnce(&Heap) -> Ref) {
    let value = value(heap);
    heap.retain(value);
    frame.stack.push(value);
}

fn load(heap: &mut Heap, frame: &mut Frame, slot: usize) -> Run<()> {
    let value = frame.locals[slot].ok_or("UnboundLocalError")?;
    heap.retain(Some(value));
    frame.stack.push(Some(value));
    Ok(())
}

fn store(heap: &mut Heap, frame: &mut Frame, slot: usize) {
    let value = frame.stack.pop().unwrap();
    let old = core::mem::replace(&mut frame.locals[slot], value);
    heap.release(old);
}

fn pop_release(heap: &mut Heap, frame: &mut Frame, count: usize) {
    let rest = frame.stack.len() - count;
    for value in frame.stack.split_off(rest) {
        heap.release(value);
    }
}

fn binary(
    heap: &mut Heap,
    frame: &mut Frame,
    operation: impl FnOnce(&mut Heap, usize, usize) -> Run<Thing>,
) -> Run<()> {
    let (right, left) = (frame.stack.len() - 1, frame.stack.len() - 2);
    let (left, right) = (frame.stack[left].unwrap(), frame.stack[right].unwrap());
    let result = operation(heap, left, right)?;
    pop_release(heap, frame, 2);
    push_thing(heap, frame, result);
    Ok(())
}

fn place(heap: &Heap, container: Ref, index: Ref) -> Run<(&usize, usize)> {
    let (Thing::List(items) | Thing::Tuple(items)) = heap.thing(container.unwrap()) else {
        return Err("TypeError");
    };
    let Thing::Int(index) = *heap.thing(index.unwrap()) else {
        return Err("TypeError");
    };
    let length = i64::try_from(items.len()).unwrap();
    let index = if index < 0 { index + length } else { index };
    let index = usize::try_from(index).map_err(|_| "IndexError")?;
    Ok((items.get(index).ok_or("IndexError")?, index))
}

/// The next of an iterator, with a reference.
pub fn next_of(heap: &mut Heap, iterator: usize) -> Ref {
    match heap.thing_mut(iterator) {
        Thing::RangeIterator { start, step, left } => {
            if *left <= 0 {
                return None;
            }
            let number = *start;
            *start += *step;
            *left -= 1;
            Some(heap.add(Thing::Int(number)))
        }
        Thing::SequenceIterator { index, sequence } => {
            let (at, of) = (*index, (*sequence)?);
            *index += 1;
            let (Thing::List(items) | Thing::Tuple(items)) = heap.thing(of) else {
                unreachable!("a sequence");
            };
            if let Some(item) = items.get(at).copied() {
                heap.retain(Some(item));
                return Some(item);
            }
            if let Thing::SequenceIterator { sequence, .. } = heap.thing_mut(iterator) {
                *sequence = None;
            }
            heap.release(Some(of));
            None
        }
        other => panic!("{other:?} is no iterator"),
    }
}

fn truth(thing: &Thing) -> bool {
    match thing {
        Thing::None => false,
        Thing::Bool(truth) => *truth,
        Thing::Int(number) => *number != 0,
        Thing::Float(number) => *number != 0.0,
        Thing::Str(text) => !text.is_empty(),
        Thing::List(items) | Thing::Tuple(items) => !items.is_empty(),
        Thing::RangeIterator { .. }
        | Thing::SequenceIterator { .. }
        | Thing::Instance(_)
        | Thing::Function(_) => true,
    }
}

fn as_int(thing: &Thing) -> Option<i64> {
    match thing {
        Thing::Int(number) => Some(*number),
        Thing::Bool(truth) => Some(i64::from(*truth)),
        _ => None,
    }
}

fn as_float(thing: &Thing) -> Run<f64> {
    match thing {
        Thing::Float(number) => Ok(*number),
        other => Ok(as_int(other).ok_or("TypeError")? as f64),
    }
}

fn arithmetic(heap: &mut Heap, operator: usize, left: usize, right: usize) -> Run<Thing> {
    let (left, right) = (heap.thing(left), heap.thing(right));
    // The model has no larger ints: the tests stay below.
    let overflow = "the model's OverflowError";
    let ints = as_int(left).zip(as_int(right));
    if let (Some((left, right)), true) = (ints, operator != 11) {
        let number = match operator {
            0 => left.checked_add(right),
            1 => Some(left & right),
            5 => left.checked_mul(right),
            7 => Some(left | right),
            10 => left.checked_sub(right),
            12 => Some(left ^ right),
            2 | 6 if right == 0 => return Err("ZeroDivisionError"),
            2 => Some(div_floor(left, right)),
            6 => Some(left - div_floor(left, right) * right),
            3 | 9 if right < 0 => return Err("ValueError"),
            3 => left.checked_mul(1_i64.checked_shl(right as u32).ok_or(overflow)?),
            9 => Some(left >> right.min(63)),
            _ => return Err("TypeError"),
        };
        return number.map(Thing::Int).ok_or(overflow);
    }
    let (left, right) = (as_float(left)?, as_float(right)?);
    Ok(Thing::Float(match operator {
        0 => left + right,
        5 => left * right,
        10 => left - right,
        2 | 6 | 11 if right == 0.0 => return Err("ZeroDivisionError"),
        11 => left / right,
        2 => float_floor_divide(left, right),
        6 => float_remainder(left, right),
        8 => left.powf(right),
        _ => return Err("TypeError"),
    }))
}

fn div_floor(left: i64, right: i64) -> i64 {
    let quotient = left / right;
    quotient - i64::from(left % right != 0 && (left < 0) != (right < 0))
}

fn compare(operator: usize, left: &Thing, right: &Thing) -> Run<bool> {
    use core::cmp::Ordering::{Equal, Greater, Less};
    let ordering = match (left, right) {
        (Thing::Str(left), Thing::Str(right)) => Some(left.cmp(right)),
        _ => match as_int(left).zip(as_int(right)) {
            Some((left, right)) => Some(left.cmp(&right)),
            None => as_float(left)?.partial_cmp(&as_float(right)?),
        },
    };
    Ok(match operator {
        0 => ordering == Some(Less),
        1 => matches!(ordering, Some(Less | Equal)),
        2 => ordering == Some(Equal),
        3 => ordering != Some(Equal),
        4 => ordering == Some(Greater),
        _ => matches!(ordering, Some(Greater | Equal)),
    })
}

/// The bounds of a slice on the top of the stack.
fn bounds(heap: &Heap, frame: &Frame) -> Run<(i64, i64)> {
    let bound = |depth: usize, none| match heap
        .thing(frame.stack[frame.stack.len() - 1 - depth].unwrap())
    {
        Thing::None => Ok(none),
        Thing::Int(number) => Ok(*number),
        _ => Err("TypeError"),
    };
    Ok((bound(1, 0)?, bound(0, i64::MAX)?))
}

//! Frames of calls: pushed on the thread's stack of data with their arguments in place, and taken away again. Writes that
//! stack and the frames on it.
use crate::call;
use crate::call::arguments::unless_empty;
use crate::call::array::Few;
use crate::call::unpacked::Unpacked;
use crate::eval::arguments::{Arguments, Given, Parameters};
use crate::eval::{data_stack, recursion};
use crate::ffi;
use crate::field;
use crate::frame::{Frame, Owner, make_current};
use crate::generator::frame::State;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::mem::forget;
use core::ptr::null_mut;

/// Pushes a frame for a call of a Python function, ready to run but not linked to its caller
/// (ceval.c `_PyEvalFramePushAndInit`).
///
/// All references are consumed whatever happens: the function, the namespace, and those in the array.
///
/// # Errors
/// `TypeError` when the arguments do not fit the parameters; `MemoryError`.
///
/// # Safety
/// The thread runs this. `arguments` points at `positional` references that the caller gives away and, behind them, as many
/// as there are `names`. The array stays in place meanwhile, and is not where the frame will be.
#[inline(always)]
pub unsafe fn push_and_init(
    thread: ThreadState,
    function: Owned<ffi::PyFunctionObject>,
    namespace: Option<Owned>,
    arguments: *const *mut ffi::PyObject,
    positional: usize,
    names: Option<Borrowed<'_, ffi::PyTupleObject>>,
) -> Result<*mut ffi::_PyInterpreterFrame, Raised> {
    // SAFETY: as the caller promises; a function has its code, which the frame keeps once it is there.
    unsafe {
        let names = names.map_or(&[][..], Borrowed::items);
        let arguments = Arguments {
            positional: Given::new(arguments, positional),
            named: Given::new(arguments.add(positional), names.len()),
            names,
        };
        let code = code_of(&function);
        let Some(place) = data_stack::take(thread, code) else {
            return Err(no_space(function, namespace, arguments));
        };
        let place = place.as_ptr();
        if arguments.fit_exactly(code) {
            Frame::initialize(place, function, namespace, code, positional);
            let Arguments { positional, .. } = arguments;
            positional.move_to(ffi::_PyFrame_GetLocalsArray(place));
            return Ok(place);
        }
        Frame::initialize(place, function, namespace, code, 0);
        fill(thread, place, arguments)
    }
}

/// The code of a function, which whoever holds the function keeps, or the frame that runs it.
///
/// # Safety
/// Nobody exchanges the function's code for as long as the result is used, or somebody else keeps it.
#[inline(always)]
unsafe fn code_of<'a>(function: &Owned<ffi::PyFunctionObject>) -> Borrowed<'a, ffi::PyCodeObject> {
    let function = function.borrow();
    // SAFETY: a function has its code; the caller promises the rest.
    unsafe { Borrowed::from_raw_unchecked(field!(function.func_code).cast()) }
}

/// Drops all that a frame should have had, and raises `MemoryError`.
#[cold]
#[inline(never)]
fn no_space(
    function: Owned<ffi::PyFunctionObject>,
    namespace: Option<Owned>,
    arguments: Arguments<'_>,
) -> Raised {
    drop(function);
    drop(namespace);
    drop(arguments);
    Raised::no_memory()
}

/// Gives a new frame arguments that do not just fit, or takes the frame away again.
///
/// # Safety
/// The frame is new, on top of the running thread's stack of data, and its variables are NULL.
unsafe fn fill(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    arguments: Arguments<'_>,
) -> Result<*mut ffi::_PyInterpreterFrame, Raised> {
    // SAFETY: the frame owns its function and its code, and is cleared here if it does not become whole.
    unsafe {
        let function = Borrowed::from_raw_unchecked((*frame).f_funcobj.cast());
        let code = Borrowed::from_raw_unchecked(ffi::_PyFrame_GetCode(frame));
        let variables = ffi::_PyFrame_GetLocalsArray(frame);
        match Parameters::new(function, code, variables).fill(arguments) {
            Ok(()) => Ok(frame),
            Err(raised) => {
                clear_and_pop_call(thread, frame);
                Err(raised)
            }
        }
    }
}

/// The same with the arguments in a tuple and perhaps a dict, which are consumed too
/// (ceval.c `_PyEvalFramePushAndInit_Ex`).
///
/// # Errors
/// As [`push_and_init`]; `TypeError` for a key of the dict that is no `str`.
///
/// # Safety
/// The thread runs this.
#[inline(never)]
pub unsafe fn push_and_init_ex(
    thread: ThreadState,
    function: Owned<ffi::PyFunctionObject>,
    namespace: Option<Owned>,
    arguments: Owned<ffi::PyTupleObject>,
    keywords: Option<Owned<ffi::PyDictObject>>,
) -> Result<*mut ffi::_PyInterpreterFrame, Raised> {
    let items = arguments.borrow().items();
    let push = |arguments: call::Arguments<'_>| {
        let (array, positional) = (arguments.as_ptr(), arguments.count().cast_unsigned());
        // SAFETY: as the caller promises. The frame gets references of its own to the items of the tuple, which keeps them,
        // or those that unpacking the dict makes, to all of them.
        unsafe {
            push_and_init(
                thread,
                function,
                namespace,
                array,
                positional,
                arguments.names(),
            )
        }
    };
    let frame = match unless_empty(keywords.as_ref().map(Owned::borrow)) {
        Some(dict) => {
            let mut few = Few::new();
            Unpacked::new(&mut few, items, dict).and_then(|unpacked| unpacked.give(push))
        }
        None => {
            for item in items {
                forget(item.new_ref());
            }
            push(call::Arguments::of_slice(items))
        }
    };
    drop(arguments);
    drop(keywords);
    frame
}

/// Ends a frame that has returned or raised: drops what it holds, and takes it off the stack of data or marks its generator
/// as ended (ceval.c `_PyEval_FrameClearAndPop`). Runs destructors.
///
/// # Safety
/// The thread runs this, and the frame was its innermost; it is unlinked already. Its stack is saved. It is the thread's,
/// and then the topmost on the stack of data, or a generator's, whose exception state is the thread's innermost.
#[inline(always)]
pub unsafe fn clear_and_pop(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises.
    unsafe {
        if Owner::of(frame) == Owner::THREAD {
            clear_and_pop_call(thread, frame);
        } else {
            clear_other(thread, frame);
        }
    }
}

/// Ends the frame that a thread runs, which then runs its caller. Runs destructors.
///
/// # Safety
/// The thread runs the frame, which has its stack saved, and this.
pub unsafe fn end_running(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    recursion::leave_python(thread);
    // SAFETY: as the caller promises. It is unlinked before it is cleared, because destructors look at the frames.
    unsafe {
        make_current(thread, (*frame).previous);
        clear_and_pop(thread, frame);
    }
}

/// The same of a generator's frame.
///
/// # Safety
/// As [`end_running`], of a frame that is a generator's.
pub unsafe fn end_running_generator(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    recursion::leave_python(thread);
    // SAFETY: as the caller promises.
    unsafe {
        make_current(thread, (*frame).previous);
        clear_generator(thread, frame);
    }
}

/// Ends the frame of a call (ceval.c `clear_thread_frame`).
///
/// # Safety
/// As [`clear_and_pop`], of a frame that is the thread's.
#[inline(always)]
unsafe fn clear_and_pop_call(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises; the code is the frame's own reference, which clearing leaves.
    unsafe {
        let _below = Below::enter(thread);
        let code: Owned<ffi::PyCodeObject> =
            Owned::from_raw_unchecked(ffi::_PyFrame_GetCode(frame));
        debug_assert!({
            let size = (*code.as_ptr()).co_framesize as usize;
            frame.cast::<*mut ffi::PyObject>().add(size) == (*thread.as_ptr()).datastack_top
        });
        Frame::from_raw_unchecked(frame).clear_except_code();
        drop(code);
    }
    // SAFETY: the frame is the topmost, and free now.
    unsafe { data_stack::give_back(thread, frame) }
}

/// Ends the frame of a generator, or of what stands in for a function of C, which has not been counted as a call.
///
/// # Safety
/// As [`clear_and_pop`], of a frame that is not the thread's.
#[inline(never)]
unsafe fn clear_other(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises.
    unsafe {
        if Owner::of(frame) == Owner::C_STACK {
            recursion::count_python(thread);
            clear_and_pop_call(thread, frame);
        } else {
            clear_generator(thread, frame);
        }
    }
}

/// Ends the frame of a generator (ceval.c `clear_gen_frame`). Its code stays the generator's.
///
/// # Safety
/// As [`clear_and_pop`], of a frame that is a generator's.
#[inline(always)]
unsafe fn clear_generator(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises; whoever resumed the generator keeps it.
    unsafe {
        let generator = Frame::from_raw_unchecked(frame).holding_generator();
        generator.set_state(State::CLEARED);
        let handled = &raw mut (*generator.as_ptr()).gi_exc_state;
        debug_assert!((*thread.as_ptr()).exc_info == handled);
        (*thread.as_ptr()).exc_info = (*handled).previous_item;
        (*handled).previous_item = null_mut();
        {
            let _below = Below::enter(thread);
            generator.frame().clear_except_code();
            drop(Owned::exchange(&raw mut (*handled).exc_value, None));
        }
        (*frame).previous = null_mut();
    }
}

/// One unit of the C stack less for what destructors call, without a look at the limit, until this is dropped.
struct Below(ThreadState);

impl Below {
    #[inline(always)]
    fn enter(thread: ThreadState) -> Self {
        recursion::count_c(thread, 1);
        Self(thread)
    }
}

impl Drop for Below {
    #[inline(always)]
    fn drop(&mut self) {
        recursion::count_c(self.0, -1);
    }
}

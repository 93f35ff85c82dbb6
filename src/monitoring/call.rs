//! Calling what tools have registered. Runs any Python code.
use super::event::Event;
use super::interpreter::Interpreter;
use super::tool::{Tool, ToolSet};
use super::tracing::Tracing;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception};
use crate::raise_format;
use crate::thread::ThreadState;

/// The arguments of a callback, four at most, with a place before them that belongs to whoever is called
/// (`PY_VECTORCALL_ARGUMENTS_OFFSET`).
pub(super) struct EventArguments<'a> {
    vector: [Option<Borrowed<'a>>; 5],
    count: usize,
}

impl<'a> EventArguments<'a> {
    /// The code, where in it, and up to two arguments of the event itself.
    #[inline(always)]
    pub(super) fn new(code: Borrowed<'a>, position: Borrowed<'a>, others: &[Borrowed<'a>]) -> Self {
        let mut vector = [None, Some(code), Some(position), None, None];
        for (place, argument) in vector[3..].iter_mut().zip(others) {
            *place = Some(*argument);
        }
        Self {
            vector,
            count: 2 + others.len(),
        }
    }
}

/// What a callback has answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Nothing in particular.
    GoOn,
    /// `sys.monitoring.DISABLE`: it is not to be called again from here.
    Disable,
}

/// Tells tools of an event. `disable` is called for each that wants no more of it, and must be possible.
///
/// # Errors
/// What the callback raises that raises first; `ValueError` for an answer that is not possible, with which the callback is
/// removed.
pub(super) fn call_tools(
    thread: ThreadState,
    event: Event,
    tools: ToolSet,
    arguments: &mut EventArguments<'_>,
    mut disable: impl FnMut(Tool),
) -> Result<(), Raised> {
    for tool in tools {
        match call_tool(thread, event, tool, arguments)? {
            Answer::GoOn => {}
            Answer::Disable if event.is_local() => disable(tool),
            Answer::Disable => return Err(cannot_disable(thread, event, tool)),
        }
    }
    Ok(())
}

/// Calls what a tool has registered for an event; nothing happens if that is nothing. Meanwhile the thread counts as
/// tracing, so that no events come of it (instrumentation.c `call_one_instrument`).
fn call_tool(
    thread: ThreadState,
    event: Event,
    tool: Tool,
    arguments: &mut EventArguments<'_>,
) -> Result<Answer, Raised> {
    let Some(callback) = Interpreter::of(thread).callback(tool, event) else {
        return Ok(Answer::GoOn);
    };
    let result = {
        let _tracing = Tracing::of(thread, event);
        let count = arguments.count | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        // SAFETY: an optional borrowed reference has the bits of a C pointer, so the vector is C's, with a free place
        // before so many live arguments.
        unsafe {
            let first = arguments.vector.as_mut_ptr().add(1).cast();
            Owned::from_c(ffi::PyObject_Vectorcall(
                callback.as_ptr(),
                first,
                count,
                core::ptr::null_mut(),
            ))?
        }
    };
    let disable = &raw const ffi::_PyInstrumentation_DISABLE;
    Ok(if result.borrow().is_at(disable) {
        Answer::Disable
    } else {
        Answer::GoOn
    })
}

/// Refuses to disable an event for which no instruction can be changed back; the callback goes, or it would be asked for
/// ever.
#[cold]
fn cannot_disable(thread: ThreadState, event: Event, tool: Tool) -> Raised {
    // SAFETY: the format takes one C string.
    let raised = unsafe {
        raise_format!(
            exception::ValueError,
            c"Cannot disable %s events. Callback removed.",
            event.name().as_ptr(),
        )
    };
    drop(Interpreter::of(thread).replace_callback(tool, event, None));
    raised
}

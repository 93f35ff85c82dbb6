//! The module `sys.monitoring`. Runs under the GIL, from Python.
use super::control;
use super::event::{EVENTS, Event, EventSet, LOCAL_EVENTS};
use super::interpreter::Interpreter;
use super::tool::Tool;
use crate::ffi;
use crate::methods;
use crate::module::{IntoObject, Method, Module, SinglePhase};
use crate::object::lookup::set_string;
use crate::object::{Borrowed, Owned, Raised, audit, exception, raise};
use crate::raise_format;
use crate::thread::ThreadState;
use core::ffi::{CStr, c_int};

/// The module as its functions know it. What it is about is kept in the interpreter.
#[derive(Debug)]
struct Monitoring;

static DEFINITION: SinglePhase<Monitoring> = SinglePhase::new(c"sys.monitoring", METHODS);

const METHODS: &[Method<Monitoring>] = methods! { Monitoring:
    FASTCALL use_tool_id "($module, tool_id, name, /)"
        "Take a tool into use, under a name.";
    O free_tool_id "($module, tool_id, /)"
        "Say that a tool is in use no longer.";
    O get_tool "($module, tool_id, /)"
        "Return the name of a tool that is in use, or None.";
    FASTCALL register_callback "($module, tool_id, event, func, /)"
        "Have a function called when a tool is told of an event, or None.\n\n\
         Returns what was called before.";
    O get_events "($module, tool_id, /)"
        "Return the set of events of which a tool is told in all code.";
    FASTCALL set_events "($module, tool_id, event_set, /)"
        "Set of which events a tool is told in all code.";
    FASTCALL get_local_events "($module, tool_id, code, /)"
        "Return the set of events of which a tool is told in one code object.\n\n\
         Those of which it is told in all code are not in it.";
    FASTCALL set_local_events "($module, tool_id, code, event_set, /)"
        "Set of which events a tool is told in one code object.\n\n\
         Those of which it is told in all code come besides.";
    NOARGS restart_events "($module, /)"
        "Tell tools again of what they have answered DISABLE to.";
    NOARGS _all_events "($module, /)"
        "Return which tools are told of each event in all code, as a dict.";
};

/// Makes the module for a new interpreter (instrumentation.c `_Py_CreateMonitoringObject`).
///
/// # Errors
/// `MemoryError`.
pub fn create() -> Result<Owned, Raised> {
    let module = DEFINITION.create()?;
    let add = |name: &CStr, value: Borrowed<'_>| set_string(module.borrow(), name, Some(value));
    for (name, sentinel) in [
        (c"DISABLE", &raw mut ffi::_PyInstrumentation_DISABLE),
        (c"MISSING", &raw mut ffi::_PyInstrumentation_MISSING),
    ] {
        // SAFETY: an immortal static.
        add(name, unsafe { Borrowed::from_static(sentinel) })?;
    }
    add(c"events", events()?.borrow())?;
    for (name, number) in [
        (c"DEBUGGER_ID", ffi::PY_MONITORING_DEBUGGER_ID),
        (c"COVERAGE_ID", ffi::PY_MONITORING_COVERAGE_ID),
        (c"PROFILER_ID", ffi::PY_MONITORING_PROFILER_ID),
        (c"OPTIMIZER_ID", ffi::PY_MONITORING_OPTIMIZER_ID),
    ] {
        add(name, number.cast_signed().into_object()?.borrow())?;
    }
    Ok(module)
}

/// `sys.monitoring.events`: each event as the set of it alone, by its name.
fn events() -> Result<Owned, Raised> {
    // SAFETY: NULL stands for no attributes yet; a new reference or NULL with an exception.
    let events = unsafe { Owned::from_c(ffi::_PyNamespace_New(core::ptr::null_mut()))? };
    let add = |name: &CStr, set: EventSet| {
        let number = set.number().into_object()?;
        set_string(events.borrow(), name, Some(number.borrow()))
    };
    for event in Event::ALL {
        add(event.name(), EventSet::EMPTY.with(event))?;
    }
    add(c"NO_EVENTS", EventSet::EMPTY)?;
    Ok(events)
}

/// The running thread's interpreter.
fn interpreter() -> Interpreter {
    Interpreter::of(ThreadState::current())
}

/// `sys.monitoring.use_tool_id(tool_id, name)`. Errors: `ValueError` for what is no tool, no name, or in use.
fn use_tool_id(
    _: Module<'_, Monitoring>,
    tool_id: c_int,
    name: Borrowed<'_>,
) -> Result<(), Raised> {
    let tool = Tool::of_python(tool_id)?;
    if !name.is_str() {
        return Err(raise(exception::ValueError, c"tool name must be a str"));
    }
    if interpreter().tool_name(tool).is_some() {
        // SAFETY: the format takes one number.
        return Err(unsafe {
            raise_format!(exception::ValueError, c"tool %d is already in use", tool_id)
        });
    }
    drop(interpreter().replace_tool_name(tool, Some(name.new_ref())));
    Ok(())
}

/// `sys.monitoring.free_tool_id(tool_id)`. Errors: `ValueError` for what is no tool.
fn free_tool_id(_: Module<'_, Monitoring>, tool_id: c_int) -> Result<(), Raised> {
    let tool = Tool::of_python(tool_id)?;
    drop(interpreter().replace_tool_name(tool, None));
    Ok(())
}

/// `sys.monitoring.get_tool(tool_id)`. Errors: `ValueError` for what is no tool.
fn get_tool(_: Module<'_, Monitoring>, tool_id: c_int) -> Result<Option<Owned>, Raised> {
    let tool = Tool::of_python(tool_id)?;
    Ok(interpreter().tool_name(tool))
}

/// `sys.monitoring.register_callback(tool_id, event, func)`. Errors: `ValueError` for what is no tool or not one event, or
/// what an audit hook raises.
fn register_callback(
    _: Module<'_, Monitoring>,
    tool_id: c_int,
    event: c_int,
    func: Borrowed<'_>,
) -> Result<Option<Owned>, Raised> {
    let tool = Tool::of_python(tool_id)?;
    if event.count_ones() != 1 {
        return Err(raise(
            exception::ValueError,
            c"The callback can only be set for one event at a time",
        ));
    }
    let Some(known) = Event::from_number(event.trailing_zeros().cast_signed()) else {
        // SAFETY: the format takes one number.
        return Err(unsafe { raise_format!(exception::ValueError, c"invalid event %d", event) });
    };
    audit(c"sys.monitoring.register_callback", Some(func))?;
    let callback = (!func.is_none()).then(|| func.new_ref());
    Ok(interpreter().replace_callback(tool, known, callback))
}

/// `sys.monitoring.get_events(tool_id)`. Errors: `ValueError` for what is no tool.
fn get_events(_: Module<'_, Monitoring>, tool_id: c_int) -> Result<c_int, Raised> {
    let tool = Tool::of_python(tool_id)?;
    Ok(interpreter().monitors().events_of(tool).number())
}

/// `sys.monitoring.set_events(tool_id, event_set)`. Errors: `ValueError` for what is no tool, no set of events, or not in
/// use; those of instrumenting.
fn set_events(_: Module<'_, Monitoring>, tool_id: c_int, event_set: c_int) -> Result<(), Raised> {
    let tool = Tool::of_python(tool_id)?;
    let events = EventSet::from_number(event_set);
    if !events.is_among_first(EVENTS) {
        // SAFETY: the format takes one number.
        return Err(unsafe {
            raise_format!(exception::ValueError, c"invalid event set 0x%x", event_set)
        });
    }
    control::set_events(tool, without_ancillary(events)?)
}

/// `sys.monitoring.get_local_events(tool_id, code)`. Errors: `TypeError` for what is no code object, `ValueError` for what
/// is no tool.
fn get_local_events(
    _: Module<'_, Monitoring>,
    tool_id: c_int,
    code: Borrowed<'_>,
) -> Result<c_int, Raised> {
    let code = code_object(code)?;
    let tool = Tool::of_python(tool_id)?;
    Ok(control::local_events(code, tool).number())
}

/// `sys.monitoring.set_local_events(tool_id, code, event_set)`. Errors: `TypeError` for what is no code object, `ValueError`
/// for what is no tool, no set of local events, or not in use; those of instrumenting.
fn set_local_events(
    _: Module<'_, Monitoring>,
    tool_id: c_int,
    code: Borrowed<'_>,
    event_set: c_int,
) -> Result<(), Raised> {
    let code = code_object(code)?;
    let tool = Tool::of_python(tool_id)?;
    let events = without_ancillary(EventSet::from_number(event_set))?;
    if !events.is_among_first(LOCAL_EVENTS) {
        // SAFETY: the format takes one number.
        return Err(unsafe {
            raise_format!(
                exception::ValueError,
                c"invalid local event set 0x%x",
                events.number()
            )
        });
    }
    control::set_local_events(code, tool, events)
}

/// `sys.monitoring.restart_events()`. Errors: those of instrumenting.
fn restart_events(_: Module<'_, Monitoring>) -> Result<(), Raised> {
    control::restart_events()
}

/// `sys.monitoring._all_events()`. Errors: `MemoryError`.
fn _all_events(_: Module<'_, Monitoring>) -> Result<Owned, Raised> {
    // SAFETY: a new reference or NULL with an exception.
    let all = unsafe { Owned::from_c(ffi::PyDict_New())? };
    for event in Event::ALL {
        let tools = interpreter().tools(event);
        if tools.is_empty() {
            continue;
        }
        let tools = c_int::from(tools.bits()).into_object()?;
        let name = event.name().as_ptr();
        // SAFETY: a live dict, a C string, and a live object to which the dict takes its own reference.
        crate::object::check_status(unsafe {
            ffi::PyDict_SetItemString(all.as_ptr(), name, tools.as_ptr())
        })?;
    }
    Ok(all)
}

/// A set without the events that come with calls, which can only be asked for along with these.
fn without_ancillary(events: EventSet) -> Result<EventSet, Raised> {
    let is_asked = |event| events.has(event);
    let ancillary = [Event::CReturn, Event::CRaise];
    if ancillary.into_iter().any(is_asked)
        && !(ancillary.into_iter().all(is_asked) && is_asked(Event::Call))
    {
        return Err(raise(
            exception::ValueError,
            c"cannot set C_RETURN or C_RAISE events independently",
        ));
    }
    Ok(ancillary.into_iter().fold(events, EventSet::without))
}

/// An argument as a code object.
fn code_object(object: Borrowed<'_>) -> Result<Borrowed<'_, ffi::PyCodeObject>, Raised> {
    object
        .downcast()
        .ok_or_else(|| raise(exception::TypeError, c"code must be a code object"))
}

//! The type `traceback`: one entry of a traceback is an object that knows its frame, where that stood, and the next entry.
use crate::ffi;
use crate::module::Keywords;
use crate::object::rows::{attribute, member, method};
use crate::object::static_type::{Rows, static_type};
use crate::object::text::wrong_kind;
use crate::object::trashcan::Trashcan;
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::{field, keywords, type_slot};
use core::ffi::{CStr, c_int};
use core::mem::offset_of;
use core::ops::ControlFlow;
use core::ptr::null_mut;

/// The line of an entry that was made while an exception passed: it is computed when somebody asks.
const LINE_NOT_KNOWN_YET: c_int = -1;

impl Borrowed<'_, ffi::PyTracebackObject> {
    /// The entry of the function that this one's function called, nearer to where the exception was raised. Python code can
    /// put another in its place, so it is good until any runs.
    pub fn next(&self) -> Option<Borrowed<'_, ffi::PyTracebackObject>> {
        let entry = *self;
        // SAFETY: the member is NULL or an entry that this one owns.
        unsafe { Borrowed::from_c_optional(field!(entry.tb_next)) }
    }

    /// Shows this entry and all that follow to `visit`, which runs no Python code, until it breaks off.
    pub(super) fn walk<T>(
        self,
        mut visit: impl FnMut(Borrowed<'_, ffi::PyTracebackObject>) -> ControlFlow<T>,
    ) -> ControlFlow<T> {
        let mut next = self.as_ptr();
        // SAFETY: each entry owns the next, and nothing runs that could change that.
        while let Some(entry) = unsafe { Borrowed::from_c_optional(next) } {
            visit(entry)?;
            next = field!(entry.tb_next);
        }
        ControlFlow::Continue(())
    }

    /// The frame; an entry has one until the collector clears it.
    pub fn frame(&self) -> Option<Borrowed<'_, ffi::PyFrameObject>> {
        let entry = *self;
        // SAFETY: the member is NULL or a frame that this entry owns.
        unsafe { Borrowed::from_c_optional(field!(entry.tb_frame)) }
    }

    /// The line at which the frame stood; `None` when its code has none there, or the frame was cleared
    /// (traceback.c `tb_get_lineno`).
    pub fn line(self) -> Option<c_int> {
        match field!(self.tb_lineno) {
            LINE_NOT_KNOWN_YET => {
                let code = self.frame()?.frame().code();
                code.line_at(field!(self.tb_lasti))
            }
            known => Some(known),
        }
    }
}

/// Makes an entry. Without a known line ([`None`]) it is computed from the offset of the instruction, in bytes, when
/// somebody asks (traceback.c `tb_create_raw`).
///
/// # Errors
/// `MemoryError`.
pub fn create(
    next: Option<Borrowed<'_, ffi::PyTracebackObject>>,
    frame: Borrowed<'_, ffi::PyFrameObject>,
    code_offset: c_int,
    line: Option<c_int>,
) -> Result<Owned<ffi::PyTracebackObject>, Raised> {
    // SAFETY: the type is a container's, so the new object has a collector's header; it is tracked once every member is
    // set, and nothing runs before.
    unsafe {
        let new = ffi::_PyObject_GC_New(&raw mut ffi::PyTraceBack_Type);
        let entry = Owned::from_c(new.cast::<ffi::PyTracebackObject>())?;
        let members = entry.as_ptr();
        (*members).tb_next = next.map_or(null_mut(), |next| next.new_ref().into_raw());
        (*members).tb_frame = frame.new_ref().into_raw();
        (*members).tb_lasti = code_offset;
        (*members).tb_lineno = line.unwrap_or(LINE_NOT_KNOWN_YET);
        ffi::_PyObject_GC_TRACK(members.cast());
        Ok(entry)
    }
}

static NEW: Keywords = keywords!(
    c"traceback",
    ["tb_next", "tb_frame", "tb_lasti", "tb_lineno"],
    4
);

/// `types.TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)` (traceback.c `tb_new`).
fn new(
    _class: Borrowed<'_, ffi::PyTypeObject>,
    arguments: Borrowed<'_, ffi::PyTupleObject>,
    keywords: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    let [next, frame, code_offset, line] = NEW.required(arguments, keywords)?;
    let frame = frame
        .downcast::<ffi::PyFrameObject>()
        .ok_or_else(|| not_a_frame(frame))?;
    let (code_offset, line) = (int(code_offset)?, int(line)?);
    let next = entry_or_none(next, c"expected traceback object or None, got '%s'")?;
    create(next, frame, code_offset, Some(line)).map(Owned::upcast)
}

/// Raises `TypeError` for a `tb_frame` that is not one.
#[cold]
fn not_a_frame(object: Borrowed<'_>) -> Raised {
    // SAFETY: the strings are C strings, the object is alive.
    unsafe {
        ffi::_PyArg_BadArgument(
            c"traceback".as_ptr(),
            c"argument 'tb_frame'".as_ptr(),
            ffi::PyFrame_Type.tp_name,
            object.as_ptr(),
        );
    }
    Raised::on_c_word()
}

/// An argument as a C `int`; `TypeError` or `OverflowError` when it is none (longobject.c `PyLong_AsInt`).
fn int(object: Borrowed<'_>) -> Result<c_int, Raised> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyLong_AsInt(object.as_ptr()) };
    if value == -1 {
        Raised::pending()?;
    }
    Ok(value)
}

/// What `tb_next` may be: an entry, or None for none. The message of the `TypeError` takes the name of a type.
fn entry_or_none<'a>(
    object: Borrowed<'a>,
    message: &CStr,
) -> Result<Option<Borrowed<'a, ffi::PyTracebackObject>>, Raised> {
    if object.is_none() {
        return Ok(None);
    }
    object
        .downcast()
        .map(Some)
        .ok_or_else(|| wrong_kind(message, object))
}

/// `tb_next` (traceback.c `tb_next_get`).
fn get_next(entry: Borrowed<'_, ffi::PyTracebackObject>) -> Result<Owned, Raised> {
    let next = entry.next().map(Borrowed::upcast);
    Ok(next.unwrap_or(Borrowed::none()).new_ref())
}

/// Assignment to `tb_next`; `ValueError` when the entries would form a ring (traceback.c `tb_next_set`).
fn set_next(
    entry: Borrowed<'_, ffi::PyTracebackObject>,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let value =
        value.ok_or_else(|| raise(exception::TypeError, c"can't delete tb_next attribute"))?;
    let next = entry_or_none(value, c"expected traceback object, got '%s'")?;
    if next.is_some_and(|next| leads_to(next, entry)) {
        return Err(raise(exception::ValueError, c"traceback loop detected"));
    }
    // SAFETY: the member owns its reference or is NULL, and the entry is alive.
    let old = unsafe {
        Owned::exchange(
            &raw mut (*entry.as_ptr()).tb_next,
            next.map(Borrowed::new_ref),
        )
    };
    drop(old);
    Ok(())
}

/// Whether `target` is among the entries from `start` on.
fn leads_to(
    start: Borrowed<'_, ffi::PyTracebackObject>,
    target: Borrowed<'_, ffi::PyTracebackObject>,
) -> bool {
    start
        .walk(|entry| match entry.is(target) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
        .is_break()
}

/// `tb_lineno`: the line or None (traceback.c `tb_lineno_get`).
fn get_line(entry: Borrowed<'_, ffi::PyTracebackObject>) -> Result<Owned, Raised> {
    match entry.line() {
        // SAFETY: the result is a new reference, or NULL with an exception set.
        Some(line) => unsafe { Owned::from_c(ffi::PyLong_FromLong(line.into())) },
        None => Ok(Borrowed::none().new_ref()),
    }
}

/// `__dir__()` (traceback.c `tb_dir`).
fn dir(_entry: Borrowed<'_, ffi::PyTracebackObject>) -> Result<Owned, Raised> {
    // SAFETY: the format takes four C strings; the result is a new reference, or NULL with an exception set.
    unsafe {
        Owned::from_c(ffi::Py_BuildValue(
            c"[ssss]".as_ptr(),
            c"tb_frame".as_ptr(),
            c"tb_next".as_ptr(),
            c"tb_lasti".as_ptr(),
            c"tb_lineno".as_ptr(),
        ))
    }
}

/// What an entry refers to (traceback.c `tb_traverse`).
fn traverse(entry: Borrowed<'_, ffi::PyTracebackObject>, visitor: Visitor) -> ControlFlow<c_int> {
    visitor.visit(entry.next())?;
    visitor.visit(entry.frame())
}

/// Lets go of what an entry refers to, because it is part of a ring of garbage (traceback.c `tb_clear`).
fn clear(entry: Borrowed<'_, ffi::PyTracebackObject>) {
    let members = entry.as_ptr();
    // SAFETY: both members own their reference or are NULL, and the entry is alive.
    unsafe {
        drop(Owned::exchange(&raw mut (*members).tb_next, None));
        drop(Owned::exchange(&raw mut (*members).tb_frame, None));
    }
}

/// The end of an entry (traceback.c `tb_dealloc`). A chain of entries is as long as the recursion was deep, hence the
/// trashcan.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for an entry with a count of 0; its members are NULL or references that it owns, and its
    // memory is the collector's.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        let Some(_level) = Trashcan::enter(object, dealloc) else {
            return;
        };
        let members = object.cast::<ffi::PyTracebackObject>();
        drop(Owned::from_c_optional((*members).tb_next));
        drop(Owned::from_c_optional((*members).tb_frame));
        ffi::PyObject_GC_Del(object.cast());
    }
}

/// `tp_methods`
static METHODS: Rows<ffi::PyMethodDef, 1> = Rows::<ffi::PyMethodDef, _>::new([method(
    c"__dir__",
    type_slot!(noargs ffi::PyTracebackObject, dir),
    ffi::METH_NOARGS,
    None,
)]);

/// `tp_members`
static MEMBERS: Rows<ffi::PyMemberDef, 2> = Rows::<ffi::PyMemberDef, _>::new([
    ffi::PyMemberDef {
        flags: (ffi::Py_READONLY | ffi::Py_AUDIT_READ).cast_signed(),
        ..member(
            c"tb_frame",
            ffi::_Py_T_OBJECT,
            offset_of!(ffi::PyTracebackObject, tb_frame),
        )
    },
    member(
        c"tb_lasti",
        ffi::Py_T_INT,
        offset_of!(ffi::PyTracebackObject, tb_lasti),
    ),
]);

/// `tp_getset`
static ATTRIBUTES: Rows<ffi::PyGetSetDef, 2> = Rows::<ffi::PyGetSetDef, _>::new([
    attribute(
        c"tb_next",
        type_slot!(get ffi::PyTracebackObject, get_next),
        type_slot!(set ffi::PyTracebackObject, set_next),
        None,
    ),
    attribute(
        c"tb_lineno",
        type_slot!(get ffi::PyTracebackObject, get_line),
        None,
        None,
    ),
]);

/// The type as it stands before the interpreter starts; the static itself is
/// [`PyTraceBack_Type`](crate::capi::traceback::PyTraceBack_Type).
pub const fn type_object() -> ffi::PyTypeObject {
    ffi::PyTypeObject {
        tp_dealloc: Some(dealloc),
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC) as core::ffi::c_ulong,
        tp_doc: c"traceback(tb_next, tb_frame, tb_lasti, tb_lineno)\n--\n\n\
            One entry of a traceback, in front of the entry tb_next or of None."
            .as_ptr(),
        tp_traverse: type_slot!(traverse ffi::PyTracebackObject, traverse),
        tp_clear: type_slot!(clear ffi::PyTracebackObject, clear),
        tp_methods: METHODS.as_ptr(),
        tp_members: MEMBERS.as_ptr(),
        tp_getset: ATTRIBUTES.as_ptr(),
        tp_new: type_slot!(new new),
        ..static_type(c"traceback", size_of::<ffi::PyTracebackObject>())
    }
}

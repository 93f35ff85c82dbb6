//! The variables of a frame by their indices: locals, cells, and free variables of the functions around. Reads and writes
//! the frame's entries; writing may run a destructor.
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::field;
use crate::frame::Frame;
use crate::frame::code::Kind;
use crate::frame::object::FrameObject;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Owned, Raised, exception};
use crate::raise_format;
use core::ffi::c_int;

/// A variable of a frame.
#[derive(Clone, Copy)]
pub struct Variable<'a> {
    frame: Frame<'a>,
    index: usize,
}

impl<'a> Frame<'a> {
    /// Its variables, bound or not, in the order of their indices.
    pub fn variables(self) -> impl Iterator<Item = Variable<'a>> {
        (0..self.code().variable_count()).map(move |index| Variable { frame: self, index })
    }

    /// The variable at an index below the code's [`variable_count`](Borrowed::variable_count).
    #[inline]
    pub(super) fn variable(self, index: usize) -> Variable<'a> {
        debug_assert!(index < self.code().variable_count());
        Variable { frame: self, index }
    }

    /// Whether a comprehension that was compiled into this code is running, so that its variables must not be seen as the
    /// namespace's own (frameobject.c `_PyFrame_HasHiddenLocals`).
    pub fn has_hidden_variables(self) -> bool {
        self.variables()
            .any(|variable| variable.kind().is_hidden() && variable.value().is_some())
    }
}

impl<'a> Variable<'a> {
    /// Its name.
    #[inline]
    pub fn name(self) -> Borrowed<'a> {
        self.frame.code().variable_names()[self.index]
    }

    /// Its kind.
    #[inline]
    pub fn kind(self) -> Kind {
        self.frame.code().variable_kind(self.index)
    }

    /// Where it is kept, or its cell.
    #[inline]
    fn place(self) -> *mut *mut ffi::PyObject {
        // SAFETY: a frame has room for all variables of its code.
        unsafe { self.frame.entry(self.index) }
    }

    /// What lies in its place: its value, or its cell.
    #[inline]
    fn content(self) -> Option<Borrowed<'a>> {
        // SAFETY: the place is NULL or a reference that the frame owns.
        unsafe { Borrowed::from_c_optional(*self.place()) }
    }

    /// The cell that it lives in, if it does. The kind alone does not tell: an argument gets its cell when the function
    /// begins, and a variable of an inlined comprehension may share the place of one with a cell.
    #[inline]
    fn cell(self) -> Option<Borrowed<'a, ffi::PyCellObject>> {
        let kind = self.kind();
        self.content()
            .filter(|_| kind.is_free() || kind.is_cell())?
            .downcast()
    }

    /// What it is bound to (frameobject.c `framelocalsproxy_getval`).
    #[inline]
    pub fn value(self) -> Option<Borrowed<'a>> {
        match self.cell() {
            Some(cell) => cell_content(cell),
            None => self.content(),
        }
    }

    /// Whether its place is empty, so that there is not even a cell.
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.content().is_none()
    }

    /// Binds it to a value, in its cell if it has one, and drops what it was bound to.
    pub(super) fn bind(self, value: Borrowed<'_>) {
        if self.value().is_some_and(|bound| bound.is(value)) {
            return;
        }
        // SAFETY: the frame owns what lies in the place, and a cell what lies in it.
        drop(unsafe {
            let place = match self.cell() {
                Some(cell) => &raw mut (*cell.as_ptr()).ob_ref,
                None => self.place(),
            };
            Owned::exchange(place, Some(value.new_ref()))
        });
    }

    /// What it is bound to, for C that asks for a variable by name (frameobject.c `frame_get_var`): nothing for a free
    /// variable of a class body, and the content of a cell only once the function has made that.
    fn value_for_c(self) -> Option<Borrowed<'a>> {
        let kind = self.kind();
        if kind.is_free() && !self.frame.code().has_flag(ffi::CO_OPTIMIZED) {
            return None;
        }
        let in_cell = kind.is_free() || (kind.is_cell() && self.has_made_cell());
        match self.cell().filter(|_| in_cell) {
            Some(cell) => cell_content(cell),
            None => self.content(),
        }
    }

    /// Whether the frame has passed the instruction that puts the variable into a cell
    /// (frameobject.c `_PyFrame_OpAlreadyRan`). Before that, a cell in its place is an argument that happens to be one.
    fn has_made_cell(self) -> bool {
        let code = self.frame.code();
        let end = self.frame.instruction_index();
        let mut at = 0;
        let mut operand = 0;
        while (at as c_int) < end {
            let unit = original(code, at);
            operand |= usize::from(unit.oparg);
            match unit.opcode.generic() {
                Opcode::MAKE_CELL if operand == self.index => return true,
                Opcode::EXTENDED_ARG => operand <<= 8,
                _ => operand = 0,
            }
            at += 1 + unit.opcode.caches();
        }
        false
    }
}

/// What a cell holds.
#[inline]
fn cell_content<'a>(cell: Borrowed<'a, ffi::PyCellObject>) -> Option<Borrowed<'a>> {
    // SAFETY: the member is NULL or a reference that the cell owns.
    unsafe { Borrowed::from_c_optional(field!(cell.ob_ref)) }
}

/// The value of a variable by name (frameobject.c `PyFrame_GetVar`).
///
/// # Errors
/// `TypeError` for a name that is no `str`; `NameError` when there is no such variable, or it is not bound.
pub fn get(object: FrameObject<'_>, name: Borrowed<'_>) -> Result<Owned, Raised> {
    if !name.is_str() {
        return Err(wrong_kind(c"name must be str, not %s", name));
    }
    // SAFETY: both are alive and of type str.
    let is_named = |variable: &Variable<'_>| unsafe {
        ffi::_PyUnicode_Equal(variable.name().as_ptr(), name.as_ptr()) != 0
    };
    let mut variables = object.frame().variables();
    match variables.find(is_named).and_then(Variable::value_for_c) {
        Some(value) => Ok(value.new_ref()),
        // SAFETY: the format takes an object.
        None => Err(unsafe {
            raise_format!(
                exception::NameError,
                c"variable %R does not exist",
                name.as_ptr(),
            )
        }),
    }
}

//! `from module import *`: the names of a module into the locals of the frame that runs. Reads attributes, and stores items in
//! whatever mapping the locals are.
use crate::ffi;
use crate::frame::{VisibleFrames, namespace};
use crate::object::code_points::CodePoints;
use crate::object::{Borrowed, Owned, Raised, check_status, exception, lookup, raise};
use crate::thread::ThreadState;
use crate::{raise_format, static_id};
use core::ffi::CStr;

/// Puts what a module offers into the locals, and gives `None`.
pub(super) extern "C" fn import_star(
    tstate: ThreadState,
    module: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // Of locals that cannot be made the same is said as of none.
    let frame = VisibleFrames::of(tstate).next();
    let locals = frame.and_then(|frame| namespace::of_frame(frame).map_err(Raised::clear).ok());
    let none = || raise(exception::SystemError, c"no locals found during 'import *'");
    let locals = locals.ok_or_else(none)?;
    Offer::of(module)?.store_in(locals.borrow())?;
    Ok(Borrowed::none().new_ref())
}

/// The names that a module offers.
struct Offer<'m> {
    module: Borrowed<'m>,
    names: Owned,
    source: Source,
}

/// Where the names come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// What the module lists.
    All,
    /// What its namespace has, but for names that start with an underscore.
    Dict,
}

impl Source {
    /// How a message calls a name, and the attribute that it comes from.
    fn words(self) -> (&'static CStr, &'static CStr) {
        match self {
            Self::All => (c"Item", c"__all__"),
            Self::Dict => (c"Key", c"__dict__"),
        }
    }
}

impl<'m> Offer<'m> {
    /// The names in `__all__` or else the keys of `__dict__`.
    ///
    /// # Errors
    /// `ImportError` when there is neither; what looking for them raises.
    fn of(module: Borrowed<'m>) -> Result<Self, Raised> {
        let (names, source) = match lookup::optional(module, static_id!(_py___all__))? {
            Some(all) => (all, Source::All),
            None => {
                let dict = lookup::optional(module, static_id!(_py___dict__))?;
                let neither = c"from-import-* object has no __dict__ and no __all__";
                let dict = dict.ok_or_else(|| raise(exception::ImportError, neither))?;
                // SAFETY: a live object; the result is a new reference, or NULL with an exception.
                let keys = unsafe { Owned::from_c(ffi::PyMapping_Keys(dict.as_ptr()))? };
                (keys, Source::Dict)
            }
        };
        Ok(Self {
            module,
            names,
            source,
        })
    }

    /// Puts each into the locals, until the sequence of names ends.
    ///
    /// # Errors
    /// `TypeError` for a name that is no `str`; what reading and storing raise.
    fn store_in(&self, locals: Borrowed<'_>) -> Result<(), Raised> {
        let mut position = 0;
        while let Some(name) = self.name(position)? {
            if !name.borrow().is_str() {
                return Err(self.not_a_name(name.borrow()));
            }
            if self.source == Source::All || !is_private(name.borrow()) {
                let value = lookup::get(self.module, name.borrow())?;
                let stored = store(locals, name.borrow(), value.borrow());
                drop(name);
                stored?;
            }
            position += 1;
        }
        Ok(())
    }

    /// The name at a position, by the protocol of sequences: `IndexError` is the end.
    fn name(&self, position: ffi::Py_ssize_t) -> Result<Option<Owned>, Raised> {
        // SAFETY: a live object; the result is a new reference, or NULL with an exception.
        let name = unsafe { Owned::from_c(ffi::PySequence_GetItem(self.names.as_ptr(), position)) };
        match name {
            Err(raised) if raised.matches(exception::IndexError) => {
                raised.clear();
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// `TypeError` for a name that is no `str`, with the module's name in the message.
    #[cold]
    fn not_a_name(&self, name: Borrowed<'_>) -> Raised {
        let module = match lookup::get(self.module, static_id!(_py___name__)) {
            Ok(module) => module,
            Err(raised) => return raised,
        };
        if !module.borrow().is_str() {
            let format = c"module __name__ must be a string, not %.100s";
            return crate::object::text::wrong_kind(format, module.borrow());
        }
        let (item, attribute) = self.source.words();
        // SAFETY: the format takes three C strings and, in second place, a str.
        unsafe {
            raise_format!(
                exception::TypeError,
                c"%s in %U.%s must be str, not %.100s",
                item.as_ptr(),
                module.as_ptr(),
                attribute.as_ptr(),
                name.type_of().name().as_ptr(),
            )
        }
    }
}

/// Whether a name starts with an underscore.
fn is_private(name: Borrowed<'_>) -> bool {
    // SAFETY: a str, which does not change while it lives.
    let text = unsafe { CodePoints::of(name.as_ptr()) };
    text.and_then(CodePoints::first) == Some(u32::from(b'_'))
}

/// Stores a value in the locals: a dict nearly always.
fn store(locals: Borrowed<'_>, name: Borrowed<'_>, value: Borrowed<'_>) -> Result<(), Raised> {
    let (locals_ptr, name, value) = (locals.as_ptr(), name.as_ptr(), value.as_ptr());
    // SAFETY: live objects.
    check_status(unsafe {
        if locals.is_exactly(&raw const ffi::PyDict_Type) {
            ffi::PyDict_SetItem(locals_ptr, name, value)
        } else {
            ffi::PyObject_SetItem(locals_ptr, name, value)
        }
    })
}

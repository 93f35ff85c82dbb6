//! What can be told of an operand beside the version of its type: that it is of a class which the compiler knows, an array, or
//! a function with a known meaning. Reads objects, and asks the loader where code comes from.
use crate::ffi;
use crate::field;
use crate::image;
use crate::jit::pairs;
use crate::object::{Borrowed, Raised};
use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use pyroxene_jit_api::{Class, Function, Items, Operand};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The class of an object, as the compiler tells them apart.
pub fn class_of(object: Borrowed<'_>) -> Class {
    let types = [
        (&raw const ffi::_PyNone_Type, Class::None),
        (&raw const ffi::PyBool_Type, Class::Bool),
        (&raw const ffi::PyLong_Type, Class::Int),
        (&raw const ffi::PyFloat_Type, Class::Float),
        (&raw const ffi::PyUnicode_Type, Class::Str),
        (&raw const ffi::PyList_Type, Class::List),
        (&raw const ffi::PyTuple_Type, Class::Tuple),
        (&raw const ffi::PyDict_Type, Class::Dict),
        (&raw const ffi::PyRange_Type, Class::Range),
        (&raw const ffi::PyRangeIter_Type, Class::RangeIterator),
        (&raw const ffi::PyListIter_Type, Class::ListIterator),
        (&raw const ffi::PyTupleIter_Type, Class::TupleIterator),
        (&raw const ffi::PyEnum_Type, Class::Enumerate),
        (&raw const ffi::PyZip_Type, Class::Zip),
        (&raw const ffi::PyFunction_Type, Class::Function),
        (&raw const ffi::PyCell_Type, Class::Cell),
        (&raw const ffi::PyGen_Type, Class::Generator),
        (&raw const ffi::PyCoro_Type, Class::Coroutine),
    ];
    if object.type_of().as_heap_type().is_some() {
        return Class::Other;
    }
    types
        .into_iter()
        .find(|&(ty, _)| object.is_exactly(ty))
        .map_or(Class::Other, |(_, class)| class)
}

/// What can be told of an operand, or of a place of the stack without one.
pub fn operand(object: Option<Borrowed<'_>>) -> Operand {
    let Some(object) = object else {
        return Operand::Class(Class::Other);
    };
    match class_of(object) {
        Class::Other => function(object)
            .or_else(|| array(object))
            .unwrap_or(Operand::Class(Class::Other)),
        // SAFETY: it is alive.
        Class::Enumerate | Class::Zip => match unsafe { pairs::plain(object.as_ptr()) } {
            Some(class) => Operand::Class(class),
            None => Operand::Class(Class::Other),
        },
        class => Operand::Class(class),
    }
}

/// A function whose meaning is known.
fn function(object: Borrowed<'_>) -> Option<Operand> {
    let address = object.as_ptr().addr();
    let types = [
        (&raw const ffi::PyFloat_Type, Function::Float),
        (&raw const ffi::PyLong_Type, Function::Int),
        (&raw const ffi::PySet_Type, Function::Set),
        (&raw const ffi::PyTuple_Type, Function::Tuple),
    ];
    if let Some((_, function)) = types.into_iter().find(|(ty, _)| object.is_at(*ty)) {
        return Some(Operand::Function { function, address });
    }
    if !object.is_exactly(&raw const ffi::PyCFunction_Type) {
        return None;
    }
    // SAFETY: a function of C has a definition, with a name that is a C string. `PyMethodDef`s of modules are static. What it
    // says of its module is alive, or NULL.
    let (definition, name, module_name) = unsafe {
        let function = object.as_ptr().cast::<ffi::PyCFunctionObject>();
        let definition = (*function).m_ml;
        let name = CStr::from_ptr((*definition).ml_name);
        (
            definition,
            name,
            Borrowed::<ffi::PyObject>::from_c_optional((*function).m_module)?,
        )
    };
    let function = Function::ALL.iter().copied().find(|function| {
        let (module, known) = function.name();
        !function.is_type()
            && known.as_bytes() == name.to_bytes()
            && is_text(module_name, module)
            && is_of_standard_module(definition.cast(), module)
    })?;
    Some(Operand::Function {
        function,
        address: definition.addr(),
    })
}

/// Whether an object is an exact string of this text.
fn is_text(object: Borrowed<'_>, text: &str) -> bool {
    let size = text.len().cast_signed();
    // SAFETY: an exact string, and a text of that size.
    object.is_exactly(&raw const ffi::PyUnicode_Type)
        && unsafe {
            ffi::PyUnicode_EqualToUTF8AndSize(object.as_ptr(), text.as_ptr().cast(), size) != 0
        }
}

/// An `array.array` (arraymodule.c), as far as it is looked into.
#[repr(C)]
pub struct Array {
    base: ffi::PyVarObject,
    /// Its items.
    pub items: *mut c_char,
    allocated: isize,
    /// What they are.
    pub descriptor: *const Descriptor,
    weak_references: *mut ffi::PyObject,
    exports: isize,
}

/// What an array's items are: the start of `struct arraydescr`.
#[repr(C)]
pub struct Descriptor {
    /// The type code.
    pub code: c_char,
    size: c_int,
}

/// An array of the standard library that holds numbers.
fn array(object: Borrowed<'_>) -> Option<Operand> {
    let class: Borrowed<'_, ffi::PyTypeObject> = object.type_of();
    // SAFETY: a type's name is a C string.
    let name = unsafe { CStr::from_ptr(field!(class.tp_name)) };
    let new = field!(class.tp_new)?;
    let is_array = name == c"array.array"
        && field!(class.tp_basicsize).cast_unsigned() == size_of::<Array>()
        && is_of_standard_module(new as *const c_void, "array");
    if !is_array {
        return None;
    }
    // SAFETY: it is what the type says, and has a descriptor. To give a type a version runs nothing.
    let (code, has_version) = unsafe {
        let code = (*(*object.as_ptr().cast::<Array>()).descriptor).code;
        (code, ffi::PyUnstable_Type_AssignVersionTag(class.as_ptr()))
    };
    if has_version == 0 {
        return None;
    }
    Some(Operand::Array {
        version: field!(class.tp_version_tag),
        items: Items::of(code.cast_unsigned())?,
    })
}

/// Whether an address is one of the standard library's module of this name: of the library that is this one, or of the
/// extension that lies where those of the standard library do.
fn is_of_standard_module(address: *const c_void, module: &str) -> bool {
    image::find();
    if image::has(address.addr()) {
        return true;
    }
    let Some(path) = library_of(address) else {
        return false;
    };
    let extension = Path::new(path.file_name().unwrap_or_default());
    let stem = extension.to_str().and_then(|name| name.split('.').next());
    stem == Some(module) && path.parent() == extensions()
}

/// The file of the library of an address.
fn library_of(address: *const c_void) -> Option<&'static Path> {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: any address may be asked for; the answer is written when the result is not 0. Extensions and this library stay
    // loaded, and so do the names of their files.
    unsafe {
        if libc::dladdr(address, found.as_mut_ptr()) == 0 {
            return None;
        }
        let name = found.assume_init_ref().dli_fname;
        let name = CStr::from_ptr((!name.is_null()).then_some(name)?);
        Some(Path::new(std::ffi::OsStr::from_bytes(name.to_bytes())))
    }
}

/// The folder of the standard library's extensions.
fn extensions() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            // SAFETY: the interpreter runs. The object is borrowed, or NULL; its text is NULL with an exception, or a C string
            // that is copied at once.
            unsafe {
                let library = ffi::PySys_GetObject(c"_stdlib_dir".as_ptr());
                if library.is_null() || !ffi::PyUnicode_Check(library) {
                    return None;
                }
                let text = ffi::PyUnicode_AsUTF8(library);
                if text.is_null() {
                    drop(Raised::take_pending());
                    return None;
                }
                let text = CStr::from_ptr(text).to_str().ok()?;
                Some(Path::new(text).join("lib-dynload"))
            }
        })
        .as_deref()
}

//! Names in class bodies and modules, whose namespace is that of the frame which runs; and imports.
use super::{kept, object, status, taken};
use crate::eval::imports;
use crate::eval::instructions::cell;
use crate::eval::instructions::global::delete;
use crate::eval::instructions::name;
use crate::frame::Frame;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use pyroxene_jit_api::Raw;

/// The frame that runs.
///
/// # Safety
/// Machine code runs it.
pub(super) unsafe fn frame<'a>() -> Frame<'a> {
    // SAFETY: as the caller promises.
    unsafe { Frame::from_raw_unchecked((*ThreadState::current().as_ptr()).current_frame) }
}

/// The globals and the built-ins of the frame that runs.
///
/// # Safety
/// As [`frame`].
unsafe fn outer<'a>() -> (Borrowed<'a>, Borrowed<'a>) {
    // SAFETY: as the caller promises; a frame that runs has both.
    unsafe {
        let frame = frame().as_ptr();
        (
            Borrowed::from_raw_unchecked((*frame).f_globals),
            Borrowed::from_raw_unchecked((*frame).f_builtins),
        )
    }
}

pub(super) unsafe extern "C" fn get_name(wanted: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (globals, builtins) = outer();
        let found = name::namespace(frame().namespace())
            .and_then(|namespace| name::find(namespace, globals, builtins, kept(wanted)));
        object(found)
    }
}

pub(super) unsafe extern "C" fn name_or_global(namespace: Raw, wanted: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let namespace = taken(namespace);
        let (globals, builtins) = outer();
        let found = name::find_or_global(namespace.borrow(), globals, builtins, kept(wanted));
        drop(namespace);
        object(found)
    }
}

pub(super) unsafe extern "C" fn name_or_cell(namespace: Raw, local: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the frame has a cell in that local.
    unsafe {
        let namespace = taken(namespace);
        let found = cell::find_or_content(namespace.borrow(), frame(), local as usize);
        drop(namespace);
        object(found)
    }
}

pub(super) unsafe extern "C" fn set_name(value: Raw, wanted: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let value = taken(value);
        let bound = name::bind(frame().namespace(), kept(wanted), value.borrow());
        drop(value);
        status(bound)
    }
}

pub(super) unsafe extern "C" fn delete_name(wanted: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    status(unsafe { name::unbind(frame().namespace(), kept(wanted)) })
}

pub(super) unsafe extern "C" fn delete_global(globals: Raw, wanted: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    status(unsafe { delete(kept(globals), kept(wanted)) })
}

pub(super) unsafe extern "C" fn namespace() -> Raw {
    // SAFETY: machine code runs the frame.
    let namespace = name::namespace(unsafe { frame() }.namespace());
    object(namespace.map(Borrowed::new_ref))
}

pub(super) unsafe extern "C" fn set_up_annotations() -> i32 {
    // SAFETY: machine code runs the frame.
    status(name::set_up_annotations(unsafe { frame() }.namespace()))
}

pub(super) unsafe extern "C" fn class_builder(builtins: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(name::class_builder(unsafe { kept(builtins) }))
}

pub(super) unsafe extern "C" fn import_name(level: Raw, names: Raw, wanted: Raw) -> Raw {
    let thread = ThreadState::current();
    // SAFETY: as the folder says of what machine code gives; the frame runs.
    unsafe {
        let (level, names) = (taken(level), taken(names));
        let frame = frame().as_ptr();
        let module = imports::name(thread, frame, kept(wanted), names.borrow(), level.borrow());
        drop(level);
        drop(names);
        object(module)
    }
}

pub(super) unsafe extern "C" fn import_from(module: Raw, wanted: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(unsafe { imports::from(kept(module), kept(wanted)) })
}

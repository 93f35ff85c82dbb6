//! Looking into the subject of a `match`.
use super::{answer, kept, object, taken};
use crate::eval::instructions::matching::{is_of_kind, tuple};
use crate::eval::matching;
use crate::ffi;
use crate::object::Borrowed;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn is_mapping(subject: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    answer(Ok(is_of_kind(
        unsafe { kept(subject) },
        ffi::Py_TPFLAGS_MAPPING,
    )))
}

pub(super) unsafe extern "C" fn is_sequence(subject: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    answer(Ok(is_of_kind(
        unsafe { kept(subject) },
        ffi::Py_TPFLAGS_SEQUENCE,
    )))
}

pub(super) unsafe extern "C" fn match_keys(subject: Raw, keys: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the compiler puts a tuple there.
    object(unsafe { matching::keys(kept(subject), tuple(kept(keys))) })
}

pub(super) unsafe extern "C" fn match_class(
    subject: Raw,
    class: Raw,
    names: Raw,
    positional: u32,
) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the compiler puts a tuple there.
    unsafe {
        let (subject, class, names) = (taken(subject), taken(class), taken(names));
        let values = matching::class(
            subject.borrow(),
            class.borrow(),
            positional as usize,
            tuple(names.borrow()),
        );
        drop(subject);
        drop(class);
        drop(names);
        object(values.map(|values| values.unwrap_or_else(|| Borrowed::none().new_ref())))
    }
}

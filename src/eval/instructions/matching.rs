//! `match`: looking into a subject.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::matching;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};

/// `MATCH_MAPPING`: pushes whether the subject on top is a mapping.
#[inline(always)]
pub(in crate::eval) fn match_mapping(m: &mut Machine) -> Flow {
    let matches = is_of_kind(m.peek(1), ffi::Py_TPFLAGS_MAPPING);
    m.push_bool(matches);
    Ok(())
}

/// Whether the class of a subject says that patterns take its instances for mappings or sequences.
#[inline(always)]
pub(in crate::eval) fn is_of_kind(subject: Borrowed<'_>, kind: u32) -> bool {
    subject.type_of().has_feature(kind)
}

/// `MATCH_SEQUENCE`: pushes whether the subject on top is a sequence.
#[inline(always)]
pub(in crate::eval) fn match_sequence(m: &mut Machine) -> Flow {
    let matches = is_of_kind(m.peek(1), ffi::Py_TPFLAGS_SEQUENCE);
    m.push_bool(matches);
    Ok(())
}

/// `MATCH_KEYS`: looks the keys of the tuple on top up in the mapping below it; pushes a tuple of values, or `None`.
#[inline(always)]
pub(in crate::eval) fn match_keys(m: &mut Machine) -> Flow {
    // SAFETY: the compiler puts a tuple there.
    let values = matching::keys(m.peek(2), unsafe { tuple(m.peek(1)) })?;
    m.push(values);
    Ok(())
}

/// `MATCH_CLASS(positional)`: looks for attributes of the subject: so many that its class names in order, and those of the
/// tuple of names on top. Replaces subject, class and names by a tuple of values, or `None`.
#[inline(always)]
pub(in crate::eval) fn match_class(m: &mut Machine) -> Flow {
    // SAFETY: the compiler puts a tuple there.
    let names = unsafe { tuple(m.peek(1)) };
    let values = matching::class(m.peek(3), m.peek(2), m.operand(), names);
    m.drop_values(3);
    let values = values?.unwrap_or_else(|| Borrowed::none().new_ref());
    m.push(values);
    Ok(())
}

/// The tuple that an object is.
///
/// # Safety
/// It is one.
#[inline(always)]
pub(in crate::eval) unsafe fn tuple(object: Borrowed<'_>) -> Borrowed<'_, ffi::PyTupleObject> {
    // SAFETY: as the caller promises.
    unsafe { Borrowed::from_raw_unchecked(object.as_ptr().cast()) }
}

/// `GET_LEN`: pushes the length of the subject on top.
#[inline(always)]
pub(in crate::eval) fn get_len(m: &mut Machine) -> Flow {
    let length = length(m.peek(1))?;
    m.push(length);
    Ok(())
}

fn length(subject: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: a live object; the result is new, or NULL with an exception.
    unsafe {
        let length = ffi::PyObject_Length(subject.as_ptr());
        if length < 0 {
            return Err(Raised::on_c_word());
        }
        Owned::from_c(ffi::PyLong_FromSsize_t(length))
    }
}

//! What Python can ask a generator of any kind: its names, frame, code, state, size and text. Reads its members, and sets
//! the names.
use crate::ffi;
use crate::field;
use crate::generator::Generator;
use crate::generator::frame::State;
use crate::object::{Borrowed, Owned, Raised, audit_attribute, exception, raise};
use core::ffi::CStr;
use core::mem::offset_of;

/// A new name, which must be a `str`.
fn check_name<'a>(value: Option<Borrowed<'a>>, message: &CStr) -> Result<Borrowed<'a>, Raised> {
    value
        .filter(|value| value.is_str())
        .ok_or_else(|| raise(exception::TypeError, message))
}

/// `__name__`
pub(super) fn name(generator: Generator<'_>) -> Result<Owned, Raised> {
    // SAFETY: the name is set when the generator is made, and never unset while it lives.
    Ok(unsafe { Borrowed::from_raw_unchecked(field!(generator.gi_name)) }.new_ref())
}

/// Sets `__name__`.
pub(super) fn set_name(
    generator: Generator<'_>,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let value = check_name(value, c"__name__ must be set to a string object")?;
    // SAFETY: the member owns its reference.
    drop(unsafe {
        Owned::exchange(
            &raw mut (*generator.as_ptr()).gi_name,
            Some(value.new_ref()),
        )
    });
    Ok(())
}

/// `__qualname__`
pub(super) fn qualname(generator: Generator<'_>) -> Result<Owned, Raised> {
    // SAFETY: as for the name.
    Ok(unsafe { Borrowed::from_raw_unchecked(field!(generator.gi_qualname)) }.new_ref())
}

/// Sets `__qualname__`.
pub(super) fn set_qualname(
    generator: Generator<'_>,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let value = check_name(value, c"__qualname__ must be set to a string object")?;
    // SAFETY: the member owns its reference.
    drop(unsafe {
        Owned::exchange(
            &raw mut (*generator.as_ptr()).gi_qualname,
            Some(value.new_ref()),
        )
    });
    Ok(())
}

/// What it delegates to, or `None`: `gi_yieldfrom`, `cr_await`, `ag_await`.
pub(super) fn delegate(generator: Generator<'_>) -> Result<Owned, Raised> {
    Ok(generator
        .delegate()
        .unwrap_or_else(|| Borrowed::none().new_ref()))
}

/// Whether it runs: `gi_running`, `cr_running`.
pub(super) fn is_running(generator: Generator<'_>) -> Result<Owned, Raised> {
    Ok(Borrowed::from_bool(generator.state() == State::EXECUTING).new_ref())
}

/// Whether it stands in the middle of its body: `gi_suspended`, `cr_suspended`, `ag_suspended`.
pub(super) fn is_suspended(generator: Generator<'_>) -> Result<Owned, Raised> {
    Ok(Borrowed::from_bool(generator.state().is_suspended()).new_ref())
}

/// The frame object, or `None` when the generator has ended (genobject.c `_gen_getframe`).
fn frame(generator: Generator<'_>, attribute: &CStr) -> Result<Owned, Raised> {
    audit_attribute(generator.upcast(), attribute)?;
    if generator.state().is_finished() {
        return Ok(Borrowed::none().new_ref());
    }
    Ok(generator.frame_object()?.upcast().new_ref())
}

/// The code (genobject.c `_gen_getcode`).
fn code(generator: Generator<'_>, attribute: &CStr) -> Result<Owned, Raised> {
    audit_attribute(generator.upcast(), attribute)?;
    Ok(generator.code().upcast().new_ref())
}

macro_rules! audited {
    ($($function:ident: $work:ident $attribute:literal;)*) => {$(
        #[doc = concat!("`", stringify!($function), "`")]
        pub(super) fn $function(generator: Generator<'_>) -> Result<Owned, Raised> {
            $work(generator, $attribute)
        }
    )*};
}

audited! {
    gi_frame: frame c"gi_frame";
    cr_frame: frame c"cr_frame";
    ag_frame: frame c"ag_frame";
    gi_code: code c"gi_code";
    cr_code: code c"cr_code";
    ag_code: code c"ag_code";
}

/// The size of a generator without room for locals and stack: the `tp_basicsize` of its types.
pub(super) const BASIC_SIZE: usize =
    offset_of!(ffi::PyGenObject, gi_iframe) + offset_of!(ffi::_PyInterpreterFrame, localsplus);

/// `__sizeof__()` (genobject.c `gen_sizeof`).
pub(super) fn sizeof(generator: Generator<'_>) -> Result<Owned, Raised> {
    // SAFETY: the code is alive; a number is made.
    unsafe {
        let slots = ffi::_PyFrame_NumSlotsForCodeObject(generator.code().as_ptr());
        let size = BASIC_SIZE.cast_signed() + slots as isize * size_of::<*mut ()>().cast_signed();
        Owned::from_c(ffi::PyLong_FromSsize_t(size))
    }
}

/// The text `<kind object qualname at address>`.
fn text(generator: Generator<'_>, format: &CStr) -> Result<Owned, Raised> {
    // SAFETY: the formats given here take an object and an address.
    unsafe {
        Owned::from_c(ffi::PyUnicode_FromFormat(
            format.as_ptr(),
            field!(generator.gi_qualname),
            generator.as_ptr(),
        ))
    }
}

/// `repr(generator)`
pub(super) fn generator_repr(generator: Generator<'_>) -> Result<Owned, Raised> {
    text(generator, c"<generator object %S at %p>")
}

/// `repr(coroutine)`
pub(super) fn coroutine_repr(generator: Generator<'_>) -> Result<Owned, Raised> {
    text(generator, c"<coroutine object %S at %p>")
}

/// `repr(async_generator)`
pub(super) fn async_generator_repr(generator: Generator<'_>) -> Result<Owned, Raised> {
    text(generator, c"<async_generator object %S at %p>")
}

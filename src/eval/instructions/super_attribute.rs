//! `super().name` in one step, without making the super object where nobody can see it.
//!
//! The operand's lowest bit asks for a method, the next one says that `super` was called with arguments, and the rest is
//! the name.
use super::instrumented_call::Told;
use crate::bytecode::Opcode;
use crate::bytecode::cache::LoadSuperAttr;
use crate::call::{Arguments, vectorcall};
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, lookup};
use crate::specialize;
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// `LOAD_SUPER_ATTR(name)`: calls whatever `super` is now with the class and self, and loads an attribute of what that
/// gives.
#[inline(always)]
pub(in crate::eval) fn load_super_attr(m: &mut Machine) -> Flow {
    m.adapt::<LoadSuperAttr>(|m, site| {
        specialize::super_attributes::load(site, m.peek(3), m.peek(2), m.operand() & 1 != 0)
    })?;
    // SAFETY: class and self lie on top.
    let made = unsafe { call_super(m.thread(), m.peek(3), m.top(2), m.operand()) };
    attribute_of(m, made)
}

/// `INSTRUMENTED_LOAD_SUPER_ATTR(name)`: the same, and tells the tools of the call.
#[inline(always)]
pub(in crate::eval) fn instrumented_load_super_attr(m: &mut Machine) -> Flow {
    m.pause_counter();
    m.advance_counter();
    let first = (m.operand() & 2 != 0).then(|| m.peek(2));
    let told = Told::of(m, m.peek(3), first);
    // SAFETY: the frame runs at `this`, and the stack keeps global super, class and self.
    unsafe {
        if let Err(raised) = told.before() {
            // Upstream forgets the operands here, and leaks them.
            m.drop_values(3);
            return Err(raised.into());
        }
        let made = call_super_and_tell(told, m.peek(3), m.top(2), m.operand());
        attribute_of(m, made)
    }
}

/// Replaces global super, class and self by the attribute of the super object.
#[inline(always)]
fn attribute_of(m: &mut Machine, made: Result<Owned, Raised>) -> Flow {
    m.drop_values(3);
    let made = made?;
    let value = lookup::get(made.borrow(), m.name(m.operand() >> 2));
    drop(made);
    m.push(value?);
    if m.operand() & 1 != 0 {
        m.push_optional(None);
    }
    Ok(())
}

/// Calls `super` with the class and self, or without arguments where the source has none.
///
/// # Safety
/// `arguments` points at two live objects.
#[inline(never)]
pub(in crate::eval) unsafe fn call_super(
    thread: ThreadState,
    callable: Borrowed<'_>,
    arguments: *mut *mut ffi::PyObject,
    operand: usize,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises; the bit of the operand is worth two.
    let arguments = unsafe { Arguments::from_c(arguments, operand & 2, None) };
    vectorcall::call(thread, callable, arguments)
}

/// Calls `super`, and tells how that ended.
///
/// # Safety
/// As [`call_super`] and [`Told::after`].
#[cold]
#[inline(never)]
unsafe fn call_super_and_tell(
    told: Told,
    callable: Borrowed<'_>,
    arguments: *mut *mut ffi::PyObject,
    operand: usize,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises.
    unsafe { told.after(call_super(told.thread, callable, arguments, operand)) }
}

/// `LOAD_SUPER_ATTR_ATTR`: an attribute, where `super` is the built-in one.
#[inline(always)]
pub(in crate::eval) fn load_super_attr_attr(m: &mut Machine) -> Flow {
    guard_super(m)?;
    // SAFETY: a class, as just checked, and an object; the result is new, or NULL with an exception.
    let value = unsafe {
        Owned::from_c(ffi::_PySuper_Lookup(
            m.peek(2).as_ptr().cast(),
            m.peek(1).as_ptr(),
            m.name(m.operand() >> 2).as_ptr(),
            null_mut(),
        ))
    };
    m.drop_values(3);
    m.push(value?);
    Ok(())
}

/// `LOAD_SUPER_ATTR_METHOD`: a method and its self, where `super` is the built-in one.
#[inline(always)]
pub(in crate::eval) fn load_super_attr_method(m: &mut Machine) -> Flow {
    guard_super(m)?;
    let mut is_method = 0;
    // SAFETY: as above; only types that look attributes up in the usual way can have an unbound method.
    let value = unsafe {
        let receiver = m.peek(1);
        let class = receiver.type_of();
        let usual = crate::field!(class.tp_getattro).is_some_and(|getter| {
            getter as usize == ffi::PyObject_GenericGetAttr as *const () as usize
        });
        let flag = if usual {
            &raw mut is_method
        } else {
            null_mut()
        };
        Owned::from_c(ffi::_PySuper_Lookup(
            m.peek(2).as_ptr().cast(),
            receiver.as_ptr(),
            m.name(m.operand() >> 2).as_ptr(),
            flag,
        ))
    };
    let receiver = m.pop();
    let class = m.pop();
    let global_super = m.pop();
    drop(global_super);
    drop(class);
    match value {
        Err(raised) => {
            drop(receiver);
            Err(raised.into())
        }
        Ok(value) => {
            m.push(value);
            if is_method != 0 {
                m.push(receiver);
            } else {
                drop(receiver);
                m.push_optional(None);
            }
            Ok(())
        }
    }
}

/// Goes on only if `super` is the built-in one and its first argument a class.
#[inline(always)]
fn guard_super(m: &mut Machine) -> Flow {
    let is_super = m.peek(3).is_at(&raw const ffi::PySuper_Type);
    m.guard(is_super, Opcode::LOAD_SUPER_ATTR)?;
    let is_class = m
        .peek(2)
        .type_of()
        .has_feature(ffi::Py_TPFLAGS_TYPE_SUBCLASS);
    m.guard(is_class, Opcode::LOAD_SUPER_ATTR)
}

//! Operators and comparisons of objects whose classes say in Python what these do: the method that `left ∘ right` calls first, and what it
//! does when that gives `NotImplemented` (typeobject.c `SLOT1BINFULL` and `slot_tp_richcompare`, abstract.c `binary_op1` and `binary_iop1`,
//! object.c `do_richcompare`). Reads types; the second calls methods.
//!
//! Both have numbers: those of `BINARY_OP`, `NB_…`, and those of comparisons, `Py_LT` and so on, from [`FIRST_COMPARISON`] on.
use crate::eval::tables::Binary;
use crate::ffi;
use crate::field;
use crate::object::compare::{Comparison, compare_reflected};
use crate::object::singletons::not_implemented;
use crate::object::{Borrowed, Owned, Raised, Recursion, exception, lookup};
use crate::{raise_format, static_id};
use core::ffi::CStr;
use core::ptr::fn_addr_eq;

type Slot = Option<Binary>;
type Slots = ffi::PyNumberMethods;

/// A binary operator.
struct Operator {
    /// Its slot.
    slot: fn(&Slots) -> Slot,
    /// The slot of the operator that assigns in place, if it is that.
    in_place: Option<fn(&Slots) -> Slot>,
    /// The method of the left operand.
    method: Borrowed<'static>,
    /// That of the right one.
    reflected: Borrowed<'static>,
    /// What messages call it.
    symbol: &'static CStr,
}

macro_rules! operators {
    ($number:expr; $($plain:ident $slot:ident $method:ident $reflected:ident $symbol:literal, $assigning:ident $in_place:ident $text:literal;)*) => {
        match $number {
            $(ffi::$plain | ffi::$assigning => {
                let assigns = $number == ffi::$assigning;
                Some(Operator {
                    slot: |slots| slots.$slot,
                    in_place: assigns.then_some(|slots| slots.$in_place),
                    method: static_id!($method),
                    reflected: static_id!($reflected),
                    symbol: if assigns { $text } else { $symbol },
                })
            })*
            // That of three operands.
            _ => None,
        }
    };
}

/// The operator of a number, one of `NB_…`; nothing for powers.
fn operator(number: u32) -> Option<Operator> {
    operators! { number;
        NB_ADD nb_add _py___add__ _py___radd__ c"+", NB_INPLACE_ADD nb_inplace_add c"+=";
        NB_AND nb_and _py___and__ _py___rand__ c"&", NB_INPLACE_AND nb_inplace_and c"&=";
        NB_FLOOR_DIVIDE nb_floor_divide _py___floordiv__ _py___rfloordiv__ c"//", NB_INPLACE_FLOOR_DIVIDE nb_inplace_floor_divide c"//=";
        NB_LSHIFT nb_lshift _py___lshift__ _py___rlshift__ c"<<", NB_INPLACE_LSHIFT nb_inplace_lshift c"<<=";
        NB_MATRIX_MULTIPLY nb_matrix_multiply _py___matmul__ _py___rmatmul__ c"@", NB_INPLACE_MATRIX_MULTIPLY nb_inplace_matrix_multiply c"@=";
        NB_MULTIPLY nb_multiply _py___mul__ _py___rmul__ c"*", NB_INPLACE_MULTIPLY nb_inplace_multiply c"*=";
        NB_OR nb_or _py___or__ _py___ror__ c"|", NB_INPLACE_OR nb_inplace_or c"|=";
        NB_REMAINDER nb_remainder _py___mod__ _py___rmod__ c"%", NB_INPLACE_REMAINDER nb_inplace_remainder c"%=";
        NB_RSHIFT nb_rshift _py___rshift__ _py___rrshift__ c">>", NB_INPLACE_RSHIFT nb_inplace_rshift c">>=";
        NB_SUBTRACT nb_subtract _py___sub__ _py___rsub__ c"-", NB_INPLACE_SUBTRACT nb_inplace_subtract c"-=";
        NB_TRUE_DIVIDE nb_true_divide _py___truediv__ _py___rtruediv__ c"/", NB_INPLACE_TRUE_DIVIDE nb_inplace_true_divide c"/=";
        NB_XOR nb_xor _py___xor__ _py___rxor__ c"^", NB_INPLACE_XOR nb_inplace_xor c"^=";
    }
}

/// The number of the first comparison.
pub const FIRST_COMPARISON: u32 = 32;

/// The comparison of a number, if it is one.
fn comparison(number: u32) -> Option<Comparison> {
    let number = number.checked_sub(FIRST_COMPARISON)?;
    Comparison::from_c(number.cast_signed())
}

/// The method of a comparison.
fn method_of(comparison: Comparison) -> Borrowed<'static> {
    match comparison {
        Comparison::Lt => static_id!(_py___lt__),
        Comparison::Le => static_id!(_py___le__),
        Comparison::Eq => static_id!(_py___eq__),
        Comparison::Ne => static_id!(_py___ne__),
        Comparison::Gt => static_id!(_py___gt__),
        Comparison::Ge => static_id!(_py___ge__),
    }
}

/// What a class has for a slot of numbers.
fn slot(class: Borrowed<'_, ffi::PyTypeObject>, slot: fn(&Slots) -> Slot) -> Slot {
    let slots = field!(class.tp_as_number);
    // SAFETY: the member is NULL or a table that lives as long as the class.
    unsafe { slots.as_ref() }.and_then(slot)
}

/// What an operator does after its first method has given `NotImplemented`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rest {
    /// Nothing: there is no answer. Comparisons ask the right operand in any case.
    Nothing,
    /// It looks for the right operand's method.
    Method,
    /// It asks the slot of the right operand's class.
    Slot,
}

/// Where the number of an operator has [what it does after its first method](Rest): that is known before it is called, and stays so
/// whatever the method does.
const REST_SHIFT: u32 = 8;

/// The function of Python that an operator or a comparison of two objects calls first, with both; nothing if it calls another thing,
/// or if there is more to it than numbers' methods. It is true, and the function alive, as long as both classes have their versions.
pub fn first_method<'a>(
    left: Borrowed<'a>,
    right: Borrowed<'_>,
    number: u32,
) -> Option<(Borrowed<'a, ffi::PyFunctionObject>, Rest)> {
    let (class, other) = (left.type_of(), right.type_of());
    class.as_heap_type()?;
    if other.is_subtype(class) && !other.is(class) {
        return None;
    }
    let (name, rest) = match comparison(number) {
        Some(comparison) => (method_of(comparison), Rest::Nothing),
        None => {
            let operator = operator(number)?;
            let in_place = operator.in_place.and_then(|own| slot(class, own));
            if in_place.is_some() || joins(class) || joins(other) {
                return None;
            }
            let rest = match (slot(class, operator.slot), slot(other, operator.slot)) {
                _ if other.is(class) => Rest::Nothing,
                (_, None) => Rest::Nothing,
                (Some(own), Some(others)) if fn_addr_eq(own, others) => Rest::Method,
                (_, Some(_)) => Rest::Slot,
            };
            (operator.method, rest)
        }
    };
    // SAFETY: a live type, which is ready. What it has is borrowed from it or one of its bases.
    let found = unsafe {
        let found = ffi::_PyType_Lookup(class.as_ptr(), name.as_ptr());
        Borrowed::<ffi::PyObject>::from_c_optional(found)?
    };
    Some((found.downcast()?, rest))
}

/// Whether a class has what sequences are joined and repeated by, which operators try last.
fn joins(class: Borrowed<'_, ffi::PyTypeObject>) -> bool {
    let slots = field!(class.tp_as_sequence);
    // SAFETY: the member is NULL or a table that lives as long as the class.
    unsafe { slots.as_ref() }.is_some_and(|slots| {
        slots.sq_concat.is_some()
            || slots.sq_repeat.is_some()
            || slots.sq_inplace_concat.is_some()
            || slots.sq_inplace_repeat.is_some()
    })
}

/// The number by which [`after_first_method`] knows an operator and what that is to do.
pub fn number_with(number: u32, rest: Rest) -> u32 {
    number | u32::from(rest as u8) << REST_SHIFT
}

/// What an operator or a comparison does after its [first method](first_method) has given `NotImplemented`, by its
/// [number](number_with).
///
/// # Errors
/// `TypeError` if the other operand has no answer either; what that raises.
pub fn after_first_method(
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    number: u32,
) -> Result<Owned, Raised> {
    if let Some(comparison) = comparison(number) {
        let _level = Recursion::enter(c" in comparison")?;
        return compare_reflected(left, right, comparison);
    }
    let (number, rest) = (number & ((1 << REST_SHIFT) - 1), number >> REST_SHIFT);
    let operator = operator(number).expect("it has a first method");
    let (class, other) = (left.type_of(), right.type_of());
    let result = if rest == Rest::Method as u32 {
        match lookup::special(right, operator.reflected)? {
            Some(method) => Some(method.borrow().call(&[left])?),
            None => None,
        }
    } else if rest == Rest::Slot as u32
        && let Some(others) = slot(other, operator.slot)
    {
        // SAFETY: live objects; the result is new, or NULL with an exception.
        Some(unsafe { Owned::from_c(others(left.as_ptr(), right.as_ptr())) }?)
    } else {
        None
    };
    let answered = result.filter(|result| !result.borrow().is(not_implemented()));
    answered.ok_or_else(|| {
        // SAFETY: texts, as the format wants them.
        unsafe {
            raise_format!(
                exception::TypeError,
                c"unsupported operand type(s) for %.100s: '%.100s' and '%.100s'",
                operator.symbol.as_ptr(),
                class.name().as_ptr(),
                other.name().as_ptr(),
            )
        }
    })
}

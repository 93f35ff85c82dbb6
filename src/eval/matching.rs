//! Structural pattern matching (PEP 634): mapping patterns and class patterns. Runs any code.
use crate::ffi;
use crate::object::generic::{self, Method};
use crate::object::{Borrowed, Lookup, Owned, Raised, check_bool, check_status, exception, lookup};
use crate::object::{raise, singletons};
use crate::raise_format;
use crate::static_id;
use core::ptr::null_mut;

/// What a pattern has looked at already: a set.
struct Seen(Owned);

impl Seen {
    fn new() -> Result<Self, Raised> {
        // SAFETY: gives a new reference or NULL with an exception.
        unsafe { Owned::from_c(ffi::PySet_New(null_mut())).map(Self) }
    }

    /// Notes something; whether it is new.
    fn insert(&self, item: Borrowed<'_>) -> Result<bool, Raised> {
        let (set, item) = (self.0.as_ptr(), item.as_ptr());
        // SAFETY: a set and a live object.
        unsafe {
            if check_bool(ffi::PySet_Contains(set, item))? {
                return Ok(false);
            }
            check_status(ffi::PySet_Add(set, item))?;
        }
        Ok(true)
    }
}

/// What a pattern has found so far. If it does not match after all, the last goes first, as in the containers in which
/// upstream keeps it.
struct Found(Vec<Owned>);

impl Found {
    fn push(&mut self, item: Owned) -> Result<(), Raised> {
        self.0.try_reserve(1).map_err(|_| Raised::no_memory())?;
        self.0.push(item);
        Ok(())
    }

    fn to_tuple(&self) -> Result<Owned, Raised> {
        // SAFETY: an Owned has the bits of the pointer; the function takes references of its own.
        unsafe {
            let items = self.0.as_ptr().cast::<*mut ffi::PyObject>();
            Owned::from_c(ffi::_PyTuple_FromArray(items, self.0.len().cast_signed()))
        }
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

/// The values that a mapping has under the keys, as a tuple, or `None` if one is missing (ceval.c `_PyEval_MatchKeys`).
///
/// # Errors
/// `ValueError` for a key that is there twice; what `get` of the mapping raises.
pub fn keys(
    mapping: Borrowed<'_>,
    keys: Borrowed<'_, ffi::PyTupleObject>,
) -> Result<Owned, Raised> {
    let keys = keys.items();
    if keys.is_empty() {
        return Ok(singletons::empty_tuple().new_ref().upcast());
    }
    let method = generic::method(mapping, static_id!(_py_get))?;
    let seen = Seen::new()?;
    // A default of our own: asking whether the key is there first would be two questions, and `mapping[key]` may make one.
    let absent = {
        // SAFETY: a static type.
        let object = unsafe { Borrowed::from_static((&raw mut ffi::PyBaseObject_Type).cast()) };
        Borrowed::call(object, &[])?
    };
    let mut values = Found(Vec::new());
    for key in keys {
        if !seen.insert(*key)? {
            let format = c"mapping pattern checks duplicate key (%R)";
            // SAFETY: the format takes an object.
            return Err(unsafe { raise_format!(exception::ValueError, format, key.as_ptr()) });
        }
        let value = get(&method, mapping, *key, absent.borrow())?;
        if value.borrow().is(absent.borrow()) {
            return Ok(Borrowed::none().new_ref());
        }
        values.push(value)?;
    }
    values.to_tuple()
}

/// Calls the method `get` of a mapping.
fn get(
    method: &Method,
    mapping: Borrowed<'_>,
    key: Borrowed<'_>,
    default: Borrowed<'_>,
) -> Result<Owned, Raised> {
    match method {
        Method::Unbound(function) => function.borrow().call(&[mapping, key, default]),
        Method::Attribute(callable) => callable.borrow().call(&[key, default]),
    }
}

/// The attributes that a class pattern looks at, as a tuple, or nothing if the subject does not match: `positional` of them
/// by `__match_args__`, then the named ones (ceval.c `_PyEval_MatchClass`).
///
/// # Errors
/// `TypeError` for what is not a class, for a `__match_args__` that does not fit, and for an attribute that is looked at
/// twice; what `isinstance` and the attributes raise.
pub fn class(
    subject: Borrowed<'_>,
    class: Borrowed<'_>,
    positional: usize,
    names: Borrowed<'_, ffi::PyTupleObject>,
) -> Lookup {
    let Some(class) = class.downcast::<ffi::PyTypeObject>() else {
        return Err(raise(
            exception::TypeError,
            c"called match pattern must be a class",
        ));
    };
    if !lookup::is_instance(subject, class.upcast())? {
        return Ok(None);
    }
    let mut pattern = Pattern {
        subject,
        class,
        seen: Seen::new()?,
        attributes: Found(Vec::new()),
    };
    if positional > 0 && !pattern.match_positional(positional)? {
        return Ok(None);
    }
    for name in names.items() {
        if !pattern.match_name(*name)? {
            return Ok(None);
        }
    }
    pattern.attributes.to_tuple().map(Some)
}

/// A class pattern, and what it has found of its subject.
struct Pattern<'a> {
    subject: Borrowed<'a>,
    class: Borrowed<'a, ffi::PyTypeObject>,
    seen: Seen,
    attributes: Found,
}

impl Pattern<'_> {
    /// Looks at an attribute; whether it is there (ceval.c `match_class_attr`).
    fn match_name(&mut self, name: Borrowed<'_>) -> Result<bool, Raised> {
        if !self.seen.insert(name)? {
            let format = c"%s() got multiple sub-patterns for attribute %R";
            let class = self.class.name();
            // SAFETY: the format takes a C string and an object.
            return Err(unsafe {
                raise_format!(exception::TypeError, format, class.as_ptr(), name.as_ptr())
            });
        }
        match lookup::optional(self.subject, name)? {
            Some(attribute) => self.attributes.push(attribute).map(|()| true),
            None => Ok(false),
        }
    }

    /// Looks at the first attributes that the class names for patterns without names, or at the subject itself; whether all
    /// are there.
    fn match_positional(&mut self, count: usize) -> Result<bool, Raised> {
        let match_args = lookup::optional(self.class.upcast(), static_id!(_py___match_args__))?;
        let Some(match_args) = match_args else {
            // A class for which the subject itself is what it is made of, like `int`, unless a subclass says otherwise.
            let is_whole = self.class.has_feature(ffi::_Py_TPFLAGS_MATCH_SELF);
            self.check_count(usize::from(is_whole), count)?;
            self.attributes.push(self.subject.new_ref())?;
            return Ok(true);
        };
        if !match_args.borrow().is_exactly(&raw const ffi::PyTuple_Type) {
            let format = c"%s.__match_args__ must be a tuple (got %s)";
            let (class, given) = (self.class.name(), match_args.borrow().type_of().name());
            // SAFETY: the format takes two C strings.
            return Err(unsafe {
                raise_format!(exception::TypeError, format, class.as_ptr(), given.as_ptr())
            });
        }
        // SAFETY: a tuple, as just checked.
        let names: Borrowed<'_, ffi::PyTupleObject> =
            unsafe { Borrowed::from_raw_unchecked(match_args.as_ptr().cast()) };
        let names = names.items();
        self.check_count(names.len(), count)?;
        for name in &names[..count] {
            if !name.is_exactly(&raw const ffi::PyUnicode_Type) {
                let format = c"__match_args__ elements must be strings (got %s)";
                let given = name.type_of().name();
                // SAFETY: the format takes a C string.
                return Err(unsafe { raise_format!(exception::TypeError, format, given.as_ptr()) });
            }
            if !self.match_name(*name)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks whether the class accepts so many patterns without names.
    fn check_count(&self, allowed: usize, given: usize) -> Result<(), Raised> {
        if given <= allowed {
            return Ok(());
        }
        let plural = if allowed == 1 { c"" } else { c"s" };
        // SAFETY: the format takes a C string, a number, a C string and a number.
        Err(unsafe {
            raise_format!(
                exception::TypeError,
                c"%s() accepts %zd positional sub-pattern%s (%zd given)",
                self.class.name().as_ptr(),
                allowed,
                plural.as_ptr(),
                given,
            )
        })
    }
}

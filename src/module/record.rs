//! Records: tuples with named fields (`PyStructSequence`), their types and their instances.
use crate::bad_internal_call;
use crate::ffi;
use crate::module::IntoObject;
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::{CStr, c_int};

/// A field of a record type, in the list that C reads, which ends with [`RecordField::END`].
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct RecordField(ffi::PyStructSequence_Field);

// SAFETY: it points at static strings that nobody writes.
unsafe impl Sync for RecordField {}
// SAFETY: as above.
unsafe impl Send for RecordField {}

impl core::fmt::Debug for RecordField {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RecordField({:p})", self.0.name)
    }
}

impl RecordField {
    /// The end of the list.
    pub const END: Self = Self(ffi::PyStructSequence_Field {
        name: core::ptr::null(),
        doc: core::ptr::null(),
    });

    /// A field with its doc string.
    pub const fn new(name: &'static CStr, doc: &'static CStr) -> Self {
        Self(ffi::PyStructSequence_Field {
            name: name.as_ptr(),
            doc: doc.as_ptr(),
        })
    }
}

/// A record type before it is made: all its fields are items of the tuple.
#[derive(Debug)]
pub struct RecordType {
    name: &'static CStr,
    doc: &'static CStr,
    fields: &'static [RecordField],
}

impl RecordType {
    /// A type by its full name. `fields` ends with [`RecordField::END`]; a list that does not does not compile.
    pub const fn new(
        name: &'static CStr,
        doc: &'static CStr,
        fields: &'static [RecordField],
    ) -> Self {
        assert!(matches!(fields.last(), Some(last) if last.0.name.is_null()));
        Self { name, doc, fields }
    }

    /// Makes the type (structseq.c `PyStructSequence_NewType`).
    pub fn create(&self) -> Result<Owned<ffi::PyTypeObject>, Raised> {
        let mut description = ffi::PyStructSequence_Desc {
            name: self.name.as_ptr(),
            doc: self.doc.as_ptr(),
            fields: self.fields.as_ptr().cast_mut().cast(),
            n_in_sequence: (self.fields.len() - 1) as c_int,
        };
        // SAFETY: the description is read during the call; the strings, which the type keeps, are static.
        unsafe { Owned::from_c(ffi::PyStructSequence_NewType(&raw mut description)) }
    }
}

/// A record that is being filled.
#[derive(Debug)]
pub struct Record {
    object: Owned,
    filled: ffi::Py_ssize_t,
    size: ffi::Py_ssize_t,
}

impl Record {
    /// An empty record of a type from [`RecordType::create`] (structseq.c `PyStructSequence_New`).
    pub fn new(class: Borrowed<'_, ffi::PyTypeObject>) -> Result<Self, Raised> {
        // SAFETY: a live type; one that makes no records is an error of the function's own.
        let object = unsafe { Owned::from_c(ffi::PyStructSequence_New(class.as_ptr()))? };
        // SAFETY: a record is a tuple, whose size it keeps.
        let size = unsafe { ffi::PyTuple_Size(object.as_ptr()) };
        Ok(Self {
            object,
            filled: 0,
            size,
        })
    }

    /// The next field. One too many is an error like any other wrong use of the C API.
    pub fn push(&mut self, value: impl IntoObject) -> Result<(), Raised> {
        if self.filled >= self.size {
            return Err(bad_internal_call!());
        }
        let value = value.into_object()?.into_raw();
        // SAFETY: the position is in the record and still empty; the reference is stolen.
        unsafe { ffi::PyStructSequence_SetItem(self.object.as_ptr(), self.filled, value) };
        self.filled += 1;
        Ok(())
    }

    /// The record. Fields that were not filled are missing, so fill all.
    pub fn finish(self) -> Owned {
        debug_assert_eq!(self.filled, self.size);
        self.object
    }
}

//! The built-in static types: made ready when an interpreter starts, torn down when it ends. Touches types only.
use crate::config::{Failure, Status};
use crate::ffi::{self, PyTypeObject};
use crate::monitoring::legacy::EVENT_HANDLER_TYPE;
use crate::object::lookup::dict_item;
use crate::object::{Borrowed, Owned};
use crate::static_id;
use core::ffi::CStr;

/// The addresses of static types.
macro_rules! addresses {
    ($($name:ident)*) => { [$(&raw mut $name),*] };
}

use ffi::{
    _Py_GenericAliasIterType, _PyAnextAwaitable_Type, _PyAsyncGenASend_Type,
    _PyAsyncGenAThrow_Type, _PyAsyncGenWrappedValue_Type, _PyBufferWrapper_Type,
    _PyContextTokenMissing_Type, _PyCoroWrapper_Type, _PyHamt_ArrayNode_Type,
    _PyHamt_BitmapNode_Type, _PyHamt_CollisionNode_Type, _PyHamt_Type, _PyHamtItems_Type,
    _PyHamtKeys_Type, _PyHamtValues_Type, _PyInstructionSequence_Type, _PyLineIterator,
    _PyManagedBuffer_Type, _PyMemoryIter_Type, _PyMethodWrapper_Type, _PyNamespace_Type,
    _PyNoDefault_Type, _PyNone_Type, _PyNotImplemented_Type, _PyPositionsIterator,
    _PyTypeAlias_Type, _PyUnicodeASCIIIter_Type, _PyUnion_Type, _PyWeakref_CallableProxyType,
    _PyWeakref_ProxyType, _PyWeakref_RefType, Py_GenericAliasType, PyAsyncGen_Type,
    PyBaseObject_Type, PyBool_Type, PyByteArray_Type, PyByteArrayIter_Type, PyBytes_Type,
    PyBytesIter_Type, PyCFunction_Type, PyCMethod_Type, PyCallIter_Type, PyCapsule_Type,
    PyCell_Type, PyClassMethod_Type, PyClassMethodDescr_Type, PyCode_Type, PyComplex_Type,
    PyContext_Type, PyContextToken_Type, PyContextVar_Type, PyCoro_Type, PyDict_Type,
    PyDictItems_Type, PyDictIterItem_Type, PyDictIterKey_Type, PyDictIterValue_Type,
    PyDictKeys_Type, PyDictProxy_Type, PyDictRevIterItem_Type, PyDictRevIterKey_Type,
    PyDictRevIterValue_Type, PyDictValues_Type, PyEllipsis_Type, PyEnum_Type, PyFilter_Type,
    PyFloat_Type, PyFrame_Type, PyFrameLocalsProxy_Type, PyFrozenSet_Type, PyFunction_Type,
    PyGen_Type, PyGetSetDescr_Type, PyInstanceMethod_Type, PyList_Type, PyListIter_Type,
    PyListRevIter_Type, PyLong_Type, PyLongRangeIter_Type, PyMap_Type, PyMemberDescr_Type,
    PyMemoryView_Type, PyMethod_Type, PyMethodDescr_Type, PyModule_Type, PyModuleDef_Type,
    PyODict_Type, PyODictItems_Type, PyODictIter_Type, PyODictKeys_Type, PyODictValues_Type,
    PyPickleBuffer_Type, PyProperty_Type, PyRange_Type, PyRangeIter_Type, PyReversed_Type,
    PySTEntry_Type, PySeqIter_Type, PySet_Type, PySetIter_Type, PySlice_Type, PyStaticMethod_Type,
    PyStdPrinter_Type, PySuper_Type, PyTraceBack_Type, PyTuple_Type, PyTupleIter_Type, PyType_Type,
    PyUnicode_Type, PyUnicodeIter_Type, PyWrapperDescr_Type, PyZip_Type,
};

/// The built-in static types that nothing else makes ready. A base comes before its subclasses: the two of which all
/// others are made first, and last the six whose base is not `object`.
const STATIC_TYPES: [*mut PyTypeObject; 113] = addresses! {
    PyBaseObject_Type
    PyType_Type
    PyAsyncGen_Type
    PyByteArrayIter_Type
    PyByteArray_Type
    PyBytesIter_Type
    PyBytes_Type
    PyCFunction_Type
    PyCallIter_Type
    PyCapsule_Type
    PyCell_Type
    PyClassMethodDescr_Type
    PyClassMethod_Type
    PyCode_Type
    PyComplex_Type
    PyContextToken_Type
    PyContextVar_Type
    PyContext_Type
    PyCoro_Type
    PyDictItems_Type
    PyDictIterItem_Type
    PyDictIterKey_Type
    PyDictIterValue_Type
    PyDictKeys_Type
    PyDictProxy_Type
    PyDictRevIterItem_Type
    PyDictRevIterKey_Type
    PyDictRevIterValue_Type
    PyDictValues_Type
    PyDict_Type
    PyEllipsis_Type
    PyEnum_Type
    PyFilter_Type
    PyFloat_Type
    PyFrame_Type
    PyFrameLocalsProxy_Type
    PyFrozenSet_Type
    PyFunction_Type
    PyGen_Type
    PyGetSetDescr_Type
    PyInstanceMethod_Type
    PyListIter_Type
    PyListRevIter_Type
    PyList_Type
    PyLongRangeIter_Type
    PyLong_Type
    PyMap_Type
    PyMemberDescr_Type
    PyMemoryView_Type
    PyMethodDescr_Type
    PyMethod_Type
    PyModuleDef_Type
    PyModule_Type
    PyODictIter_Type
    PyPickleBuffer_Type
    PyProperty_Type
    PyRangeIter_Type
    PyRange_Type
    PyReversed_Type
    PySTEntry_Type
    PySeqIter_Type
    PySetIter_Type
    PySet_Type
    PySlice_Type
    PyStaticMethod_Type
    PyStdPrinter_Type
    PySuper_Type
    PyTraceBack_Type
    PyTupleIter_Type
    PyTuple_Type
    PyUnicodeIter_Type
    PyUnicode_Type
    PyWrapperDescr_Type
    PyZip_Type
    Py_GenericAliasType
    _PyAnextAwaitable_Type
    _PyAsyncGenASend_Type
    _PyAsyncGenAThrow_Type
    _PyAsyncGenWrappedValue_Type
    _PyBufferWrapper_Type
    _PyContextTokenMissing_Type
    _PyCoroWrapper_Type
    _Py_GenericAliasIterType
    _PyHamtItems_Type
    _PyHamtKeys_Type
    _PyHamtValues_Type
    _PyHamt_ArrayNode_Type
    _PyHamt_BitmapNode_Type
    _PyHamt_CollisionNode_Type
    _PyHamt_Type
    _PyInstructionSequence_Type
    EVENT_HANDLER_TYPE
    _PyLineIterator
    _PyManagedBuffer_Type
    _PyMemoryIter_Type
    _PyMethodWrapper_Type
    _PyNamespace_Type
    _PyNone_Type
    _PyNotImplemented_Type
    _PyPositionsIterator
    _PyUnicodeASCIIIter_Type
    _PyUnion_Type
    _PyWeakref_CallableProxyType
    _PyWeakref_ProxyType
    _PyWeakref_RefType
    _PyTypeAlias_Type
    _PyNoDefault_Type
    PyBool_Type
    PyCMethod_Type
    PyODictItems_Type
    PyODictKeys_Type
    PyODictValues_Type
    PyODict_Type
};

/// Why an interpreter could not make its types, as C says it (initconfig.h `_PyStatus_ERR`).
#[cold]
const fn failed(message: &'static CStr) -> Failure {
    Failure::error(c"_PyTypes_InitTypes", message)
}

/// Makes the static types ready for an interpreter (object.c `_PyTypes_InitTypes`).
///
/// # Errors
/// When one of them cannot be, which is fatal for the interpreter.
///
/// # Safety
/// `interp` is being started by the thread that calls.
pub unsafe fn init(interp: *mut ffi::PyInterpreterState) -> Status {
    // SAFETY: as the caller promises; the dict of `object` is there once it is ready. The cache holds its own reference
    // as a borrowed one, as upstream does: `object` keeps the function alive.
    unsafe {
        for class in STATIC_TYPES {
            if ffi::_PyStaticType_InitBuiltin(interp, class) < 0 {
                return Err(failed(c"Can't initialize builtin type"));
            }
        }
        let dict = ffi::_PyType_GetDict(&raw mut ffi::PyBaseObject_Type);
        let reduce = dict_item(
            Borrowed::from_raw_unchecked(dict),
            static_id!(_py___reduce__),
        )
        .map_err(|_| failed(c"Can't get __reduce__ from base object"))?;
        (*interp).cached_objects.objreduce =
            reduce.as_ref().map_or(core::ptr::null_mut(), Owned::as_ptr);
        if ffi::_Py_initialize_generic(interp) < 0 {
            return Err(failed(c"Can't initialize generic types"));
        }
    }
    Ok(())
}

/// Tears the static types down for an interpreter, subclasses before their bases (object.c `_PyTypes_FiniTypes`). A type
/// that still has subclasses stays as it is.
///
/// # Safety
/// `interp` is being ended by the thread that calls.
pub unsafe fn finish(interp: *mut ffi::PyInterpreterState) {
    for class in STATIC_TYPES.into_iter().rev() {
        // SAFETY: as the caller promises.
        unsafe { ffi::_PyStaticType_FiniBuiltin(interp, class) }
    }
}

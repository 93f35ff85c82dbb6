//! What machine code needs to know of the runtime: from bindgen's layouts and the addresses of C's objects.
use super::pairs::{Enumerate, Zip};
use super::{chance, enter, exits, helpers, options, worker};
use crate::eval::operations::OPERATIONS;
use crate::ffi;
use crate::profile::operand::Array;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::{MaybeUninit, offset_of};
use pyroxene_jit_api::{CodeRange, Host, Layout, Singletons, Types};
use std::sync::OnceLock;

/// How much machine code there can be, in bytes.
pub(super) const CODE_SIZE: usize = 64 << 20;

/// Where machine code lies: in the library's own image, so that it reaches the helpers by direct calls, and so that who asks
/// the loader for the library of a return address gets the evaluator's. Pages that are not used cost nothing.
#[repr(C, align(4096))]
struct Code(UnsafeCell<MaybeUninit<[u8; CODE_SIZE]>>);

// SAFETY: nothing but an address is taken of it here; the compiler library manages what is there.
unsafe impl Sync for Code {}

static CODE: Code = Code(UnsafeCell::new(MaybeUninit::uninit()));

/// Where machine code lies that gdb is told of: near the library, but not in its image, of which gdb knows already what is there.
/// Where the system gives nothing near, in the image all the same.
fn code_start(for_debugger: bool) -> *mut c_void {
    /// How far the first and the last of what refer to each other may be from one another.
    const REACH: usize = 1 << 30;
    let image: *mut c_void = CODE.0.get().cast();
    if !for_debugger {
        return image;
    }
    let reserved = (1..16).map(|step| {
        let hint = image.wrapping_byte_sub(step * CODE_SIZE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: the address is a wish only: nothing is taken from anybody.
        unsafe { libc::mmap(hint, CODE_SIZE, libc::PROT_NONE, flags, -1, 0) }
    });
    let is_near = |start: &*mut c_void| {
        *start != libc::MAP_FAILED && start.addr().abs_diff(image.addr()) < REACH
    };
    // Addresses cost nothing: those that are too far away are kept.
    reserved.into_iter().find(is_near).unwrap_or(image)
}

/// What the compiler library is told.
pub(super) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| Host {
        layout: layout(),
        types: types(),
        singletons: Singletons {
            none: (&raw mut ffi::_Py_NoneStruct).cast(),
            r#true: (&raw mut ffi::_Py_TrueStruct).cast(),
            r#false: (&raw mut ffi::_Py_FalseStruct).cast(),
            // SAFETY: only the address is taken.
            small_ints: unsafe { &raw mut ffi::_PyRuntime.static_objects.singletons.small_ints }
                .cast(),
            init_cleanup: (&raw const ffi::_Py_InitCleanup).cast_mut().cast(),
        },
        helpers: helpers::helpers(),
        operations: OPERATIONS.addresses(),
        code_range: CodeRange {
            start: code_start(options::for_debugger()).cast(),
            size: CODE_SIZE,
        },
        // SAFETY: the place in the main interpreter, which is there for good.
        frame_evaluator: unsafe { &raw mut (*ffi::_PyRuntime.interpreters.main).eval_frame }.cast(),
        // SAFETY: as above.
        dict_versions: unsafe {
            &raw mut (*ffi::_PyRuntime.interpreters.main)
                .dict_state
                .global_version
        }
        .cast(),
        alarm: enter::alarm(),
        exit_values: exits::values(),
        chance: chance::address(),
        for_debugger: options::for_debugger(),
        cannot_go_on: worker::cannot_go_on,
    })
}

/// The offset of a member; it fits 32 bits.
macro_rules! at {
    ($struct:ident . $($member:ident).+) => {
        const { offset_of!(ffi::$struct, $($member).+) as u32 }
    };
}

fn layout() -> Layout {
    Layout {
        refcount: at!(_object.__bindgen_anon_1),
        class: at!(_object.ob_type),
        size: at!(PyVarObject.ob_size),
        float_value: at!(PyFloatObject.ob_fval),
        int_tag: at!(_longobject.long_value.lv_tag),
        small_ints: [
            -(ffi::_PY_NSMALLNEGINTS as i64),
            ffi::_PY_NSMALLPOSINTS as i64 - 1,
        ],
        small_int_size: size_of::<ffi::PyLongObject>() as u32,
        int_digit_bits: ffi::PyLong_SHIFT,
        int_digits: at!(_longobject.long_value.ob_digit),
        list_items: at!(PyListObject.ob_item),
        tuple_items: at!(PyTupleObject.ob_item),
        array_items: offset_of!(Array, items) as u32,
        array_descriptor: offset_of!(Array, descriptor) as u32,
        c_function_definition: at!(PyCFunctionObject.m_ml),
        cell_value: at!(PyCellObject.ob_ref),
        enumerate_index: offset_of!(Enumerate, index) as u32,
        enumerate_pair: offset_of!(Enumerate, pair) as u32,
        zip_pair: offset_of!(Zip, pair) as u32,
        range_iterator_start: at!(_PyRangeIterObject.start),
        range_iterator_step: at!(_PyRangeIterObject.step),
        range_iterator_len: at!(_PyRangeIterObject.len),
        sequence_iterator_index: at!(_PyListIterObject.it_index),
        sequence_iterator_sequence: at!(_PyListIterObject.it_seq),
        type_version: at!(_typeobject.tp_version_tag),
        type_flags: at!(_typeobject.tp_flags),
        type_basic_size: at!(_typeobject.tp_basicsize),
        inline_values: at!(_dictvalues.values),
        inline_values_capacity: at!(_dictvalues.capacity),
        inline_values_size: at!(_dictvalues.size),
        inline_values_valid: at!(_dictvalues.valid),
        managed_dict: MANAGED_DICT,
        type_init: at!(_heaptypeobject._spec_cache.init),
        type_get_item: at!(_heaptypeobject._spec_cache.getitem),
        type_cached_keys: at!(_heaptypeobject.ht_cached_keys),
        module_dict: at!(PyModuleObject.md_dict),
        dict_used: at!(PyDictObject.ma_used),
        dict_version: at!(PyDictObject.ma_version_tag),
        dict_version_watchers: ffi::DICT_WATCHER_MASK,
        dict_version_step: ffi::DICT_VERSION_INCREMENT,
        collector_next: COLLECTOR_NEXT,
        dict_keys: at!(PyDictObject.ma_keys),
        dict_values: at!(PyDictObject.ma_values),
        keys_version: at!(_dictkeysobject.dk_version),
        keys_entries: at!(_dictkeysobject.dk_nentries),
        keys_kind: at!(_dictkeysobject.dk_kind),
        keys_log2_index_bytes: at!(_dictkeysobject.dk_log2_index_bytes),
        keys_indices: at!(_dictkeysobject.dk_indices),
        unicode_entry_size: size_of::<ffi::PyDictUnicodeEntry>() as u32,
        unicode_entry_key: at!(PyDictUnicodeEntry.me_key),
        unicode_entry_value: at!(PyDictUnicodeEntry.me_value),
        eval_breaker: at!(_ts.eval_breaker),
        exception_info: at!(_ts.exc_info),
        generator_frame: at!(PyGenObject.gi_iframe),
        generator_state: at!(PyGenObject.gi_frame_state),
        generator_suspended: ffi::FRAME_SUSPENDED as i8,
        generator_executing: ffi::FRAME_EXECUTING as i8,
        generator_exceptions: at!(PyGenObject.gi_exc_state),
        generator_exceptions_below: at!(PyGenObject.gi_exc_state.previous_item),
        current_exception: at!(_ts.current_exception),
        exc_value: at!(_err_stackitem.exc_value),
        thread_frame: at!(_ts.current_frame),
        thread_python_left: at!(_ts.py_recursion_remaining),
        thread_data_chunk: at!(_ts.datastack_chunk),
        thread_data_top: at!(_ts.datastack_top),
        thread_data_limit: at!(_ts.datastack_limit),
        chunk_data: at!(_stack_chunk.data),
        code_units: at!(PyCodeObject.co_code_adaptive),
        function_version: at!(PyFunctionObject.func_version),
        function_code: at!(PyFunctionObject.func_code),
        function_defaults: at!(PyFunctionObject.func_defaults),
        function_named_defaults: at!(PyFunctionObject.func_kwdefaults),
        function_closure: at!(PyFunctionObject.func_closure),
        function_globals: at!(PyFunctionObject.func_globals),
        function_builtins: at!(PyFunctionObject.func_builtins),
        method_function: at!(PyMethodObject.im_func),
        method_receiver: at!(PyMethodObject.im_self),
        frame_previous: at!(_PyInterpreterFrame.previous),
        frame_function: at!(_PyInterpreterFrame.f_funcobj),
        frame_namespace: at!(_PyInterpreterFrame.f_locals),
        frame_object: at!(_PyInterpreterFrame.frame_obj),
        frame_return_offset: at!(_PyInterpreterFrame.return_offset),
        frame_owner: at!(_PyInterpreterFrame.owner),
        owned_by_thread: ffi::FRAME_OWNED_BY_THREAD as i8,
        owned_by_c: ffi::FRAME_OWNED_BY_CSTACK as i8,
        frame_executable: at!(_PyInterpreterFrame.f_executable),
        frame_globals: at!(_PyInterpreterFrame.f_globals),
        frame_builtins: at!(_PyInterpreterFrame.f_builtins),
        frame_instruction: at!(_PyInterpreterFrame.instr_ptr),
        frame_stack_top: at!(_PyInterpreterFrame.stacktop),
        frame_locals: at!(_PyInterpreterFrame.localsplus),
        // SAFETY: a static object, whose size nobody changes.
        init_frame_size: unsafe { ffi::_Py_InitCleanup.co_framesize.cast_unsigned() },
    }
}

/// Where `_gc_next` of an object lies, before it (pycore_gc.h `_Py_AS_GC`).
const COLLECTOR_NEXT: i32 =
    offset_of!(ffi::PyGC_Head, _gc_next) as i32 - size_of::<ffi::PyGC_Head>() as i32;

/// Where the managed dictionary of an instance lies, before the object (pycore_object.h `MANAGED_DICT_OFFSET`).
const MANAGED_DICT: i32 = -(size_of::<*mut ffi::PyObject>() as i32) * 3;

// An iterator of a tuple looks like one of a list.
const _: () = {
    assert!(
        offset_of!(ffi::_PyTupleIterObject, it_index)
            == offset_of!(ffi::_PyListIterObject, it_index)
    );
    assert!(
        offset_of!(ffi::_PyTupleIterObject, it_seq) == offset_of!(ffi::_PyListIterObject, it_seq)
    );
};

fn types() -> Types {
    Types {
        none: (&raw mut ffi::_PyNone_Type).cast(),
        bool: (&raw mut ffi::PyBool_Type).cast(),
        int: (&raw mut ffi::PyLong_Type).cast(),
        float: (&raw mut ffi::PyFloat_Type).cast(),
        str: (&raw mut ffi::PyUnicode_Type).cast(),
        list: (&raw mut ffi::PyList_Type).cast(),
        tuple: (&raw mut ffi::PyTuple_Type).cast(),
        dict: (&raw mut ffi::PyDict_Type).cast(),
        range: (&raw mut ffi::PyRange_Type).cast(),
        range_iterator: (&raw mut ffi::PyRangeIter_Type).cast(),
        list_iterator: (&raw mut ffi::PyListIter_Type).cast(),
        tuple_iterator: (&raw mut ffi::PyTupleIter_Type).cast(),
        enumerate: (&raw mut ffi::PyEnum_Type).cast(),
        zip: (&raw mut ffi::PyZip_Type).cast(),
        function: (&raw mut ffi::PyFunction_Type).cast(),
        cell: (&raw mut ffi::PyCell_Type).cast(),
        generator: (&raw mut ffi::PyGen_Type).cast(),
        coroutine: (&raw mut ffi::PyCoro_Type).cast(),
        module: (&raw mut ffi::PyModule_Type).cast(),
        method: (&raw mut ffi::PyMethod_Type).cast(),
        c_function: (&raw mut ffi::PyCFunction_Type).cast(),
        object: (&raw mut ffi::PyBaseObject_Type).cast(),
        metatype: (&raw mut ffi::PyType_Type).cast(),
    }
}

//! `Host`: what machine code needs to know of the runtime, offsets in objects and addresses of helpers.
//!
//! The core fills it in from its own bindings, so that the library knows no C header.
#[cfg(doc)]
use crate::Operation;
use crate::door::CannotGoOn;
use crate::{Entrance, Exit};
use core::ffi::c_void;

/// An address in the runtime: an object, a thread state or a frame.
pub type Raw = *mut c_void;

/// What machine code needs to know of the runtime. The same for every compilation of a process.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Where things lie in objects.
    pub layout: Layout,
    /// Addresses of type objects.
    pub types: Types,
    /// Addresses of objects of which there is one.
    pub singletons: Singletons,
    /// Addresses of functions.
    pub helpers: Helpers,
    /// The address of the helper of each [`Operation`], by its number.
    pub operations: &'static [Raw],
    /// Where machine code is to lie: pages that nobody else uses, near enough for the code to call the helpers directly.
    pub code_range: CodeRange,
    /// The address of the interpreter's pointer to a frame evaluator that somebody has put in the place of ours (PEP 523),
    /// or NULL: then the evaluator makes all calls.
    pub frame_evaluator: Raw,
    /// The address of the last 64 bits by which the interpreter has numbered what dictionaries hold.
    pub dict_versions: Raw,
    /// The address of a byte that is 0 unless a local variable of some frame was written from outside, or machine code was taken
    /// away while it ran: then it asks [`Helpers::disturbed`] wherever other code has run.
    pub alarm: Raw,
    /// The address of [`EXIT_VALUES`] words, in which machine code leaves what it had in registers when it leaves.
    pub exit_values: Raw,
    /// The address of 64 bits that machine code counts down wherever it may leave at will, and leaves when they are 0, for
    /// tests. NULL where it leaves with reason only.
    pub chance: Raw,
    /// Whether gdb is to be told of machine code.
    pub for_debugger: bool,
    /// What the library calls where it gets no memory, or LLVM fails. In the compiler's thread, it does not return.
    pub cannot_go_on: CannotGoOn,
}

/// How many words machine code may leave at an exit. What has more, a function with so many variables, is not compiled.
pub const EXIT_VALUES: usize = 4096;

/// How many items tuples have at most, all together, that machine code does not make until it leaves.
pub const VIRTUAL_ITEMS: usize = 64;

/// How many frames of inlined calls there are at most, one above the other, in one piece of machine code: whoever enters that has
/// room for them, and so many calls left.
pub const INLINED_FRAMES: u32 = 6;

/// How many words of the data stack they take together at most.
pub const INLINED_WORDS: u32 = 200;

/// How many words of these the frame between a call of a class and that of `__init__` has, at most.
pub const CLASS_WORDS: u32 = 16;

/// What [`Helpers::callee_left`] gives if the caller is to leave by the callee's exit.
pub const PASSED_ON: i32 = -1;

/// What is done with an exception before its handler begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Catch {
    /// How high the handler wants the stack, before what it is given.
    pub level: u32,
    /// Whether it is given the place of the exception before the exception.
    pub lasti: bool,
    /// Whether the traceback has the frame already.
    pub noted: bool,
}

impl Catch {
    /// As one number.
    pub const fn pack(self) -> u32 {
        self.level << 2 | (self.lasti as u32) << 1 | self.noted as u32
    }

    /// From such a number.
    pub const fn unpack(number: u32) -> Self {
        Self {
            level: number >> 2,
            lasti: number & 2 != 0,
            noted: number & 1 != 0,
        }
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug)]
pub struct CodeRange {
    /// Its first address, that of a page.
    pub start: Raw,
    /// Its size in bytes.
    pub size: usize,
}

/// Where things lie in objects, in bytes from their start.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// `ob_refcnt` of an object, 64 bits of which the low 32 say whether it is immortal.
    pub refcount: u32,
    /// `ob_type`.
    pub class: u32,
    /// `ob_size` of an object of variable size.
    pub size: u32,
    /// `ob_fval` of a float.
    pub float_value: u32,
    /// `lv_tag` of an int.
    pub int_tag: u32,
    /// The least and the greatest of the ints of which there is one object each.
    pub small_ints: [i64; 2],
    /// How far one of these lies behind the other.
    pub small_int_size: u32,
    /// How many bits a digit of an int has.
    pub int_digit_bits: u32,
    /// `ob_digit` of an int.
    pub int_digits: u32,
    /// `ob_item` of a list, an address.
    pub list_items: u32,
    /// `ob_item` of a tuple, the items themselves.
    pub tuple_items: u32,
    /// `ob_item` of an `array.array`, an address.
    pub array_items: u32,
    /// `ob_descr` of the same: the address of what begins with the type code.
    pub array_descriptor: u32,
    /// `m_ml` of a function of C.
    pub c_function_definition: u32,
    /// `ob_ref` of a cell.
    pub cell_value: u32,
    /// The number of an `enumerate`'s next pair.
    pub enumerate_index: u32,
    /// The pair that it keeps.
    pub enumerate_pair: u32,
    /// The pair that a `zip` keeps.
    pub zip_pair: u32,
    /// `start`, `step` and `len` of a range's iterator.
    pub range_iterator_start: u32,
    /// See `range_iterator_start`.
    pub range_iterator_step: u32,
    /// See `range_iterator_start`.
    pub range_iterator_len: u32,
    /// `it_index` of a list's or tuple's iterator.
    pub sequence_iterator_index: u32,
    /// `it_seq` of the same.
    pub sequence_iterator_sequence: u32,
    /// `tp_version_tag` of a type.
    pub type_version: u32,
    /// The low half of `tp_flags` of a type, whose highest bit says that its instances are types.
    pub type_flags: u32,
    /// `tp_basicsize` of a type, which is where the inline values of its instances start.
    pub type_basic_size: u32,
    /// `values` of an instance's inline values.
    pub inline_values: u32,
    /// How many of them there can be, 8 bits.
    pub inline_values_capacity: u32,
    /// How many there are, 8 bits.
    pub inline_values_size: u32,
    /// `valid` of the same.
    pub inline_values_valid: u32,
    /// The managed dictionary of an instance; it lies before the object.
    pub managed_dict: i32,
    /// `_spec_cache.init` of a type: the function that makes its instances ready, as long as it has the version for which
    /// that was found.
    pub type_init: u32,
    /// `_spec_cache.getitem` of a type: its `__getitem__`, as long as it has the version for which that was found.
    pub type_get_item: u32,
    /// `ht_cached_keys` of a type.
    pub type_cached_keys: u32,
    /// `md_dict` of a module.
    pub module_dict: u32,
    /// `ma_used` of a dictionary.
    pub dict_used: u32,
    /// `ma_version_tag` of a dictionary, 64 bits.
    pub dict_version: u32,
    /// Which of its bits say that somebody watches the dictionary.
    pub dict_version_watchers: u32,
    /// By how much the next one is greater; lower bits are the dictionary's.
    pub dict_version_step: u32,
    /// `_gc_next` of what the collector may know; it lies before the object, and is 0 if the collector does not know it.
    pub collector_next: i32,
    /// `ma_keys` of a dictionary.
    pub dict_keys: u32,
    /// `ma_values` of a dictionary.
    pub dict_values: u32,
    /// `dk_version` of a dictionary's keys.
    pub keys_version: u32,
    /// `dk_nentries` of the same.
    pub keys_entries: u32,
    /// `dk_kind` of the same, 8 bits: not 0 if all of them are `str`.
    pub keys_kind: u32,
    /// `dk_log2_index_bytes` of the same: after `dk_indices` and two to that many bytes come the entries.
    pub keys_log2_index_bytes: u32,
    /// `dk_indices` of the same.
    pub keys_indices: u32,
    /// The size of an entry of keys that are all `str`.
    pub unicode_entry_size: u32,
    /// `me_key` of such an entry.
    pub unicode_entry_key: u32,
    /// `me_value` of such an entry.
    pub unicode_entry_value: u32,
    /// `eval_breaker` of a thread state: flags, and above them the version of the instrumentation.
    pub eval_breaker: u32,
    /// `exc_info` of a thread state: the innermost of the exceptions that are being handled.
    pub exception_info: u32,
    /// `gi_iframe` of a generator or coroutine: where its frame begins.
    pub generator_frame: u32,
    /// `gi_frame_state` of the same.
    pub generator_state: u32,
    /// Its value while the frame stands at a `yield`; where that delegates, it is one more.
    pub generator_suspended: i8,
    /// Its value while the frame runs.
    pub generator_executing: i8,
    /// `gi_exc_state` of the same: the exceptions that it handles.
    pub generator_exceptions: u32,
    /// `gi_exc_state.previous_item` of the same.
    pub generator_exceptions_below: u32,
    /// `current_exception` of a thread state.
    pub current_exception: u32,
    /// `exc_value` of the innermost place for the exception that is being handled: NULL or an exception.
    pub exc_value: u32,
    /// `current_frame` of a thread state.
    pub thread_frame: u32,
    /// `py_recursion_remaining` of a thread state, 32 bits.
    pub thread_python_left: u32,
    /// `datastack_chunk` of a thread state.
    pub thread_data_chunk: u32,
    /// `datastack_top` of a thread state.
    pub thread_data_top: u32,
    /// `datastack_limit` of a thread state.
    pub thread_data_limit: u32,
    /// `data` of a chunk of the data stack.
    pub chunk_data: u32,
    /// `co_code_adaptive` of a code object.
    pub code_units: u32,
    /// `func_version` of a function, 32 bits.
    pub function_version: u32,
    /// `func_code` of a function.
    pub function_code: u32,
    /// `func_defaults` of a function.
    pub function_defaults: u32,
    /// `func_kwdefaults` of a function.
    pub function_named_defaults: u32,
    /// `func_closure` of a function.
    pub function_closure: u32,
    /// `func_globals` of a function.
    pub function_globals: u32,
    /// `func_builtins` of a function.
    pub function_builtins: u32,
    /// `im_func` of a bound method.
    pub method_function: u32,
    /// `im_self` of the same.
    pub method_receiver: u32,
    /// `previous` of a frame.
    pub frame_previous: u32,
    /// `f_funcobj` of a frame.
    pub frame_function: u32,
    /// `f_locals` of a frame.
    pub frame_namespace: u32,
    /// `frame_obj` of a frame.
    pub frame_object: u32,
    /// `return_offset` of a frame, 16 bits.
    pub frame_return_offset: u32,
    /// `owner` of a frame, 8 bits; 0 if it lies on the data stack.
    pub frame_owner: u32,
    /// What the owner of a frame is if it is the thread.
    pub owned_by_thread: i8,
    /// What it is if it is C, so that nobody sees the frame.
    pub owned_by_c: i8,
    /// `f_executable` of a frame.
    pub frame_executable: u32,
    /// `f_globals` of a frame.
    pub frame_globals: u32,
    /// `f_builtins` of a frame.
    pub frame_builtins: u32,
    /// `instr_ptr` of a frame.
    pub frame_instruction: u32,
    /// `stacktop` of a frame, 32 bits.
    pub frame_stack_top: u32,
    /// `localsplus` of a frame.
    pub frame_locals: u32,
    /// The size, in words, of the frame between that of a caller and that of the `__init__` of a class that he calls.
    pub init_frame_size: u32,
}

/// Addresses of type objects.
#[derive(Clone, Copy, Debug)]
pub struct Types {
    /// `type(None)`.
    pub none: Raw,
    /// `bool`.
    pub bool: Raw,
    /// `int`.
    pub int: Raw,
    /// `float`.
    pub float: Raw,
    /// `str`.
    pub str: Raw,
    /// `list`.
    pub list: Raw,
    /// `tuple`.
    pub tuple: Raw,
    /// `dict`.
    pub dict: Raw,
    /// `range`.
    pub range: Raw,
    /// The iterator of a range.
    pub range_iterator: Raw,
    /// The iterator of a list.
    pub list_iterator: Raw,
    /// The iterator of a tuple.
    pub tuple_iterator: Raw,
    /// `enumerate`.
    pub enumerate: Raw,
    /// `zip`.
    pub zip: Raw,
    /// `types.FunctionType`.
    pub function: Raw,
    /// `types.CellType`.
    pub cell: Raw,
    /// `types.GeneratorType`.
    pub generator: Raw,
    /// `types.CoroutineType`.
    pub coroutine: Raw,
    /// `types.ModuleType`.
    pub module: Raw,
    /// `types.MethodType`, of Python's bound methods.
    pub method: Raw,
    /// `types.BuiltinFunctionType`, of functions of C.
    pub c_function: Raw,
    /// `object`.
    pub object: Raw,
    /// `type`.
    pub metatype: Raw,
}

/// Addresses of objects of which there is one. All are immortal.
#[derive(Clone, Copy, Debug)]
pub struct Singletons {
    /// `None`.
    pub none: Raw,
    /// `True`.
    pub r#true: Raw,
    /// `False`.
    pub r#false: Raw,
    /// The first of the ints of which there is one object each, one after the other.
    pub small_ints: Raw,
    /// The code of the frame between that of who calls a class and that of its `__init__`.
    pub init_cleanup: Raw,
}

/// A function of an object that gives a new reference, or NULL with an exception.
pub type UnaryHelper = unsafe extern "C" fn(Raw) -> Raw;

/// A function of two objects that gives -1 with an exception.
pub type CompareHelper = unsafe extern "C" fn(Raw, Raw) -> i32;

/// Addresses of functions that machine code calls. "May run any code" means that the caller has stored what such code can
/// see before, and looks afterwards whether it was disturbed.
#[derive(Clone, Copy, Debug)]
pub struct Helpers {
    /// Ends the life of an object whose count has become zero (`_Py_Dealloc`). May run any code.
    pub deallocate: unsafe extern "C" fn(Raw),
    /// The same while the frame stands at an instruction, in units, and then what [`disturbed`](Self::disturbed) says of the
    /// frame.
    pub deallocate_seen: unsafe extern "C" fn(Raw, frame: Raw, at: u32, tools_version: u64) -> u8,
    /// The same of several, while inlined calls run, the last of the objects' references being let go of after it: writes the
    /// frames by the table of the exit `look` of the code `own`, whose frame is `root`, the innermost standing at an instruction,
    /// in units, and takes them away again, or leaves them there as the exit does if something was disturbed.
    pub deallocate_inlined: unsafe extern "C" fn(
        objects: *const Raw,
        count: usize,
        own: Raw,
        look: u64,
        root: Raw,
        tools_version: u64,
        at: u32,
    ) -> u8,
    /// A new float (`PyFloat_FromDouble`).
    pub float: unsafe extern "C" fn(f64) -> Raw,
    /// An int, the shared one where there is one (`PyLong_FromLongLong`).
    pub int: unsafe extern "C" fn(i64) -> Raw,
    /// An int for a place that holds an object or NULL: that object, overwritten, if it is an int with room for it that nobody
    /// else has; or what [`int`](Self::int) gives.
    pub rebox_int: unsafe extern "C" fn(old: Raw, i64) -> Raw,
    /// The value of an exact int that is not compact: 0 and the value, or -1 without an exception if 64 bits do not hold it.
    pub int_value: unsafe extern "C" fn(Raw, *mut i64) -> i32,
    /// `pow` of C.
    pub power: unsafe extern "C" fn(f64, f64) -> f64,
    /// `sin` of C.
    pub sin: unsafe extern "C" fn(f64) -> f64,
    /// `cos` of C.
    pub cos: unsafe extern "C" fn(f64) -> f64,
    /// `tan` of C.
    pub tan: unsafe extern "C" fn(f64) -> f64,
    /// `asin` of C.
    pub asin: unsafe extern "C" fn(f64) -> f64,
    /// `acos` of C.
    pub acos: unsafe extern "C" fn(f64) -> f64,
    /// `atan` of C.
    pub atan: unsafe extern "C" fn(f64) -> f64,
    /// `exp` of C.
    pub exp: unsafe extern "C" fn(f64) -> f64,
    /// `log` of C.
    pub log: unsafe extern "C" fn(f64) -> f64,
    /// `a // b` of Python's floats; the divisor is not zero.
    pub floor_divide: unsafe extern "C" fn(f64, f64) -> f64,
    /// `a % b` of Python's floats; the divisor is not zero.
    pub remainder: unsafe extern "C" fn(f64, f64) -> f64,
    /// Whether the dictionary of an instance of a type that manages these does not have a name. 1 also without a dictionary, and 0
    /// if that cannot be told without running other code.
    pub lacks: unsafe extern "C" fn(Raw, name: Raw) -> i32,
    /// `len(object)`, or -1 with an exception (`PyObject_Size`). May run any code.
    pub length: unsafe extern "C" fn(Raw) -> isize,
    /// The next of an iterator: a new reference, or NULL, with an exception if it failed and without at the end
    /// (`PyIter_Next`). May run any code.
    pub iterator_next: UnaryHelper,
    /// `iter(object)` (`PyObject_GetIter`). May run any code.
    pub iterator: UnaryHelper,
    /// A tuple of so many values, whose references it takes over also where it fails (`_PyTuple_FromArraySteal`).
    pub tuple: unsafe extern "C" fn(*const Raw, isize) -> Raw,
    /// A list of the same kind.
    pub list: unsafe extern "C" fn(*const Raw, isize) -> Raw,
    /// A slice of an exact list, with bounds that are cut off and a step that is not 0: a new list, or NULL with an exception.
    pub list_slice: unsafe extern "C" fn(Raw, start: isize, stop: isize, step: isize) -> Raw,
    /// Puts the items of the second list, a reference to which it takes over, in the place of a part of the first: 0. Or 1,
    /// having done nothing, if it is the same list, there is no memory, or an item would die whose death somebody could see.
    pub replace_slice: unsafe extern "C" fn(Raw, start: isize, stop: isize, Raw) -> i32,
    /// Puts items of a list, from the first index to the one before which they end by a step, in the place of a part of a list.
    /// Gives 0, or 1 having done nothing: where somebody could see the death of an item, or there is no memory.
    pub copy_slice: unsafe extern "C" fn(
        Raw,
        start: isize,
        stop: isize,
        step: isize,
        Raw,
        first: isize,
        last: isize,
    ) -> i32,
    /// Moves an `enumerate` or a `zip` on. Gives 1; or 0 if it is at its end, or 2 if it is no plain one, having done nothing.
    pub pair_next: unsafe extern "C" fn(Raw) -> i32,
    /// Puts a value at the end of an exact list, whose reference it takes over: 0, or -1 with an exception
    /// (`_PyList_AppendTakeRef`).
    pub list_append: unsafe extern "C" fn(Raw, Raw) -> i32,
    /// Whether two exact strings are equal (`_PyUnicode_Equal`).
    pub str_equal: CompareHelper,
    /// Runs the instruction at the frame's `instr_ptr`, and nothing after it, as the evaluator does. The frame holds all
    /// locals and the whole stack; afterwards too. Gives 0 if the frame then stands before the instruction `next`, in units
    /// (`stacktop` does not tell the height in this case), and 1 + an [`ExitKind`](crate::ExitKind) if not. May run any
    /// code. If an exception is set that was raised before, by `RERAISE` or a bare `raise`, or in its place, the traceback has
    /// the frame already.
    pub step: unsafe extern "C" fn(thread: Raw, frame: Raw, next: u32) -> i32,
    /// An exception is set that was raised at the frame's `instr_ptr`; the frame holds all locals and what is on the stack, with
    /// its height. Does what comes before the handler ([`Catch`]): the handler finds on the stack what it is given (`stacktop`
    /// does not tell the height). Gives 0, or 1 if the evaluator shall do it, because tools want to be told. May run any code.
    pub catch: unsafe extern "C" fn(thread: Raw, frame: Raw, handler: u32) -> i32,
    /// After a function that machine code has called left by this exit: if its frame is about to return, or raises, that is
    /// done, also for the frames below it down to the caller's; if one of them goes on, the evaluator runs it until they have
    /// ended, where there is room for that. Gives 0 if it has returned, its result in the exit's payload,
    /// with a reference; 1 + [`Error`](crate::ExitKind::Error) if an exception is set and the caller's frame is the one that
    /// runs; 1 + [`Resume`](crate::ExitKind::Resume) or [`Switched`](crate::ExitKind::Switched) if a frame of the call goes on, or is
    /// about to be entered; or [`PASSED_ON`] if nothing was done, not even what the exit leaves to be done. May run any code.
    pub callee_left: unsafe extern "C" fn(thread: Raw, caller: Raw, left: *mut Exit) -> i32,
    /// Ends the frame of a call, all of which is written, and which stands at an instruction by which it returns: gives what that
    /// returns, with a reference, and makes its caller's the thread's. Who has the frame keeps it. Or NULL, having done nothing, if
    /// there was no memory for what was written: an exception is set. May run any code.
    pub return_from: unsafe extern "C" fn(thread: Raw, frame: Raw) -> Raw,
    /// A new instance of a class that makes its instances in the usual way, or NULL without memory and without an exception.
    pub new_instance: unsafe extern "C" fn(class: Raw) -> Raw,
    /// Makes an instance of a class, which it takes over, and the frame between the caller and its `__init__`, which the thread
    /// runs then and which holds the instance; gives that frame. Or NULL without memory and without an exception: then nothing
    /// was done, nor taken.
    pub begin_instance: unsafe extern "C" fn(thread: Raw, caller: Raw, class: Raw) -> Raw,
    /// After `__init__` has given a value, to which it takes the reference: takes that frame away and gives the instance, with
    /// a reference. Or NULL if the value is not `None`: then the evaluator goes on in that frame, and raises. May run any code.
    pub end_instance: unsafe extern "C" fn(thread: Raw, caller: Raw, value: Raw) -> Raw,
    /// Calls what lies at the place, with `self` or NULL and so many arguments above it: a new reference, or NULL with an
    /// exception. It is neither a Python function nor a bound method. Takes over all of them, also where it fails. Then
    /// does what others ask of the evaluator. May run any code.
    pub call: unsafe extern "C" fn(place: *mut Raw, count: u32) -> Raw,
    /// The same where the last arguments have the names in a tuple.
    pub call_named: unsafe extern "C" fn(place: *mut Raw, count: u32, names: Raw) -> Raw,
    /// The same with the items of an iterable and, if the count is two, with those of a dictionary: above NULL. It may be a bound
    /// method.
    pub call_unpacked: unsafe extern "C" fn(place: *mut Raw, count: u32) -> Raw,
    /// Calls what lies at the place, with `self` or NULL and so many arguments above it, the last of which have the names in a tuple,
    /// unless that is NULL: if it is a Python function with machine code, or a bound method of one. Then the thread runs a frame for
    /// it, above the frame given, which stands at the instruction that calls, all written and with its `return_offset`: what is
    /// given is how machine code is called on it. Calls go down the C stack to `floor`. Where nothing is to be run, the entry is 0
    /// if nothing was done, and otherwise 1 + an [`ExitKind`]: an exception is set, or the frame is about to be entered. Takes
    /// over what lies there unless nothing was done. May run any code.
    ///
    /// [`ExitKind`]: crate::ExitKind
    pub begin_call: unsafe extern "C" fn(
        thread: Raw,
        frame: Raw,
        place: *mut Raw,
        count: u32,
        names: Raw,
        floor: usize,
    ) -> Entrance,
    /// The same with the items of an iterable and, if the count is two, with those of a dictionary: above NULL. Does nothing for a bound
    /// method, and unless the iterable is a tuple.
    pub begin_call_unpacked: unsafe extern "C" fn(
        thread: Raw,
        frame: Raw,
        place: *mut Raw,
        count: u32,
        floor: usize,
    ) -> Entrance,
    /// Prepares what [`resume`](Self::resume) does, where that is plain: the generator has not begun, or has yielded. Then it runs,
    /// and the value is taken over: what is given is how machine code is called on its frame. Otherwise nothing was done.
    pub begin_resumption: unsafe extern "C" fn(
        thread: Raw,
        frame: Raw,
        generator: Raw,
        value: Raw,
        floor: usize,
    ) -> Entrance,
    /// Goes on in the machine code of a generator or coroutine, for the frame, which stands at the instruction that wants its
    /// next value, all written and with its `return_offset`; sends it the value, or `None` for NULL, whose reference it takes
    /// over. Calls go down the C stack to `floor`. Gives how that machine code ended, or [`ExitKind::Unable`], and then the
    /// value is the caller's still. May run any code.
    ///
    /// [`ExitKind::Unable`]: crate::ExitKind::Unable
    pub resume: unsafe extern "C" fn(
        thread: Raw,
        frame: Raw,
        generator: Raw,
        value: Raw,
        floor: usize,
    ) -> Exit,
    /// What a call of a generator function ([`Callee::makes_generator`](crate::Callee::makes_generator)) gives, the arguments
    /// being one for each of its parameters: a new reference, having taken over function and arguments; or NULL, with an
    /// exception, having dropped them, or without one, having done nothing: then the evaluator has to make the call.
    pub generator:
        unsafe extern "C" fn(thread: Raw, function: Raw, arguments: *const Raw, count: u32) -> Raw,
    /// Ends the frame of a generator that returns, all of which is written, and makes its caller's the thread's. May run any
    /// code.
    pub end_generator: unsafe extern "C" fn(thread: Raw, frame: Raw),
    /// Sends a value to an iterator, for a frame that stands at the `SEND`: what that yields, a new reference; or NULL, with an
    /// exception if there was one, and without when it has ended, with what it returned as the first of
    /// [`Host::exit_values`]. May run any code.
    pub send: unsafe extern "C" fn(thread: Raw, frame: Raw, receiver: Raw, value: Raw) -> Raw,
    /// Takes a reference to an object, or nothing of NULL. For code that seldom runs.
    pub retain: unsafe extern "C" fn(Raw),
    /// Lets go of a reference to an object, or nothing of NULL. For code that seldom runs. May run any code.
    pub release: unsafe extern "C" fn(Raw),
    /// Puts a float into the slot of a local, as [`write_object`](Self::write_object) does with an object; overwrites the
    /// number of the float that was there, if nobody else has it. -1 with an exception if there is no memory: then the slot
    /// holds what it did.
    pub write_float: unsafe extern "C" fn(place: *mut Raw, f64) -> i32,
    /// The same for an int.
    pub write_int: unsafe extern "C" fn(place: *mut Raw, i64) -> i32,
    /// Puts an object, to which it takes a reference, into the slot of a local, and lets go of what was there: NULL or an
    /// object that dies unseen.
    pub write_object: unsafe extern "C" fn(place: *mut Raw, Raw),
    /// A new float for an exit or for [`step`](Self::step). If there is no memory, it gives `None` instead and sets an
    /// exception, which the evaluator or `step` finds.
    pub exit_float: unsafe extern "C" fn(f64) -> Raw,
    /// The same for an int.
    pub exit_int: unsafe extern "C" fn(i64) -> Raw,
    /// A byte that is not zero while something has happened that machine code must not overlook after a call that ran any
    /// code: other tools watch than those of [`Snapshot::tools_version`](crate::Snapshot::tools_version), or somebody wrote
    /// to locals of the frame.
    pub disturbed: unsafe extern "C" fn(frame: Raw, tools_version: u64) -> u8,
    /// The same for the code `own` that C calls ([`Snapshot::passed`](crate::Snapshot::passed)) with this frame.
    pub disturbed_passed: unsafe extern "C" fn(frame: Raw, own: Raw, tools_version: u64) -> u8,
}

// SAFETY: addresses of objects that live as long as the process; who reads through them sees to it that he may.
unsafe impl Send for Host {}
// SAFETY: as above; nothing in it changes.
unsafe impl Sync for Host {}

//! Pyroxene's core: the parts of libpython3.13 that are Rust.
//!
//! Around this crate stands CPython's own C, compiled as upstream ships it; `cpython_sources/manifest.toml` says file
//! by file which C went and which module here came instead. The folders:
//!
//! - [`ffi`]: what the C headers say, by bindgen, and the inline functions that bindgen cannot give.
//! - [`eval`]: the evaluator: the loop, its instructions, and what calls need around it.
//! - [`bytecode`]: the set of instructions, their units, inline caches and counters.
//! - [`specialize`]: instructions that are made for the objects they meet; [`profile`]: a table of what they met.
//! - [`frame`]: the frames of running code, their objects, and the gate through which they are read.
//! - [`call`]: calls: from what a caller has to what a callee takes, and its result back.
//! - [`generator`]: generators, coroutines, asynchronous generators.
//! - [`intrinsics`]: what the evaluator's intrinsic instructions do.
//! - [`object`]: ownership in types (`Owned`, `Borrowed`, `Raised`) and the life cycle of objects.
//! - [`module`]: what a module of Python functions made in Rust is declared with.
//! - [`thread`]: the running thread: its state, the GIL, pending calls, requests to the evaluator, `errno`.
//! - [`monitoring`]: events of Python code for tools: instrumentation, `sys.monitoring`, `sys.settrace`, `sys.setprofile`.
//! - [`signal`]: signals: the handler that the system calls, Python's handlers, the module `_signal`.
//! - [`traceback`]: traceback objects, printing them, and the dump of a crashed process.
//! - [`capi`]: every symbol that C sees, a file for each CPython header; nothing else exports.
//! - [`config`]: how the runtime starts: its configuration, and statuses where there are no exceptions yet.
//! - [`main_program`]: the `python` program, from its arguments to its exit code.
//! - [`jit`]: the core's half of the compiler: what is compiled, and how the evaluator enters machine code.
//! - [`entries`]: how extensions call Python functions with numbers of C, `include/pyroxene.h`.
//! - [`inittab`]: the table of built-in modules.
//! - [`pyroxene_module`]: the module `pyroxene`, by which a program asks what runs it.
#![warn(unreachable_pub)]

pub mod bytecode;
pub mod call;
pub mod capi;
pub mod config;
pub mod entries;
pub mod eval;
pub mod ffi;
pub mod frame;
pub mod generator;
pub mod image;
pub mod inittab;
pub mod intrinsics;
pub mod jit;
pub mod main_program;
pub mod module;
pub mod monitoring;
pub mod object;
pub mod profile;
pub mod pyroxene_module;
pub mod signal;
pub mod specialize;
pub mod thread;
pub mod traceback;

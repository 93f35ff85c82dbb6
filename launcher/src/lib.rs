//! The executable's own `Py_BytesMain`: finds libpython, loads it, and hands over to the function of this name there.
//! Upstream's `Programs/python.c`, the rest of the executable, calls it. Reads at most two `pyvenv.cfg`.
//!
//! If the executable named the library as one that it needs, the loader would find it only beside an executable that lies
//! in its prefix. `venv --copies` makes one that lies elsewhere, and leaves a `pyvenv.cfg` which says where the prefix is.
//!
//! Without Rust's standard library, which would be several times as large as all the rest of the executable, and stay in
//! memory as long as the program runs.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod place;
mod system;

use alloc::ffi::CString;
use alloc::format;
use alloc::string::String;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::NonNull;

/// The name of the library, which is its soname too.
const LIBRARY: &CStr = c"libpython3.13.so.1.0";

/// `Py_BytesMain` of the library.
type Main = unsafe extern "C" fn(c_int, *mut *mut c_char) -> c_int;

/// Runs the interpreter with the arguments of `main`; gives the status for the shell: 127, a shell's own for a program that
/// is not found, when there is no library (Modules/main.c `Py_BytesMain`).
///
/// # Safety
/// `argv` points at `argc` strings that end with a NUL, and behind them at NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_BytesMain(argc: c_int, argv: *mut *mut c_char) -> c_int {
    match find() {
        // SAFETY: it is the library's function, and the caller promises what that one wants.
        Ok(main) => unsafe { main(argc, argv) },
        Err(why) => {
            system::complain(&why);
            127
        }
    }
}

/// The library's entry.
fn find() -> Result<Main, String> {
    // Without /proc nothing tells where the executable is.
    let executable = system::link_target(c"/proc/self/exe");
    let place = executable
        .iter()
        .flat_map(|path| place::candidates(path))
        .filter_map(|folder| CString::new([&folder, &b"/"[..], LIBRARY.to_bytes()].concat()).ok())
        .find(|path| system::exists(path));
    // Outside of a prefix, the loader may know where libraries are; it may also know another Python's.
    let found = match place {
        Some(place) => load(&place).and_then(Library::main),
        None => load(LIBRARY).and_then(|library| match library.is_ours() {
            Ok(true) => library.main(),
            _ => Err(MISSING.into()),
        }),
    };
    found.map_err(|why| {
        let executable = executable.as_deref().unwrap_or(b"python3.13");
        format!(
            "{}: cannot load the library that belongs to it: {why}\n",
            String::from_utf8_lossy(executable)
        )
    })
}

/// What is said when there is only another Python's library.
const MISSING: &str = "libpython3.13.so.1.0 is neither in ../lib nor where a pyvenv.cfg says, and that which the system knows is \
    not Pyroxene's; a virtual environment needs the prefix that it was made from";

/// An open library.
struct Library(NonNull<c_void>);

/// `Py_GetVersion` of the library.
type Version = unsafe extern "C" fn() -> *const c_char;

impl Library {
    /// Its entry.
    fn main(self) -> Result<Main, String> {
        let main = self.symbol(c"Py_BytesMain")?;
        // SAFETY: it is this function under this name in every libpython. The library is never unloaded.
        Ok(unsafe { core::mem::transmute::<NonNull<c_void>, Main>(main) })
    }

    /// Whether it is Pyroxene's, by what it says of its version.
    fn is_ours(&self) -> Result<bool, String> {
        let version = self.symbol(c"Py_GetVersion")?;
        // SAFETY: it is this function under this name in every libpython, and may be called before all others. It gives a
        // string that stays.
        let version = unsafe {
            let version = core::mem::transmute::<NonNull<c_void>, Version>(version)();
            CStr::from_ptr(version).to_bytes()
        };
        Ok(version.windows(8).any(|part| part == b"pyroxene"))
    }

    fn symbol(&self, name: &CStr) -> Result<NonNull<c_void>, String> {
        // SAFETY: the handle is open, and the name ends with a NUL.
        let symbol = unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) };
        NonNull::new(symbol).ok_or_else(failure)
    }
}

/// Loads the library for all that is loaded later: extension modules name no library that their symbols come from.
fn load(path: &CStr) -> Result<Library, String> {
    // SAFETY: the path ends with a NUL. Of the library's own code nothing runs yet.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_GLOBAL) };
    NonNull::new(handle).map(Library).ok_or_else(failure)
}

/// What the loader says of the call that failed.
fn failure() -> String {
    // SAFETY: the text is the loader's until its next call by this thread, the only one.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            return "no reason given".into();
        }
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}

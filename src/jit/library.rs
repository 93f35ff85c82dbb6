//! The compiler library: found beside libpython, opened when it is first needed, and asked to compile. Touches the loader.
use super::{budget, host, log, options};
use core::cell::RefCell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::null_mut;
use pyroxene_jit_api::{
    Artifact, CodeMemory, DOOR_SYMBOL, Door, DoorFunction, Refusal, Request, Snapshot, Tier,
    VERSION,
};
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The file's name.
const NAME: &str = "libpyroxene-jit.so";

/// The library, or why there is none.
static DOOR: OnceLock<Result<&'static Door, Refusal>> = OnceLock::new();

/// Taken while it is opened, which forks wait for: the loader's locks are taken meanwhile.
static OPENING: Mutex<()> = Mutex::new(());

fn opening() -> MutexGuard<'static, ()> {
    OPENING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compiles at once, and writes into the log how long that took.
///
/// # Errors
/// Why not.
pub(super) fn compile_now(
    snapshot: &Snapshot,
    tier: Tier,
    compilation: u64,
) -> Result<Artifact, Refusal> {
    log::started(compilation);
    let result = compile(snapshot, tier);
    tell(snapshot, compilation, &result);
    result
}

/// Compiles.
///
/// # Errors
/// Why not.
pub(super) fn compile(snapshot: &Snapshot, tier: Tier) -> Result<Artifact, Refusal> {
    budget::counted(|| {
        let door = door()?;
        let request = Request {
            snapshot,
            tier,
            dumps: options::dumps(&snapshot.body.name),
        };
        (door.compile)(host::host(), &request)
    })
}

/// Tells of a compilation, in the log and where it is to be shown.
pub(super) fn tell(snapshot: &Snapshot, compilation: u64, result: &Result<Artifact, Refusal>) {
    log::finished(compilation, result);
    for (stage, text) in result.iter().flat_map(|artifact| &artifact.dumps) {
        options::tell(format_args!(
            "; {} of {}, {}:{}\n{text}",
            stage, snapshot.body.name, snapshot.body.file, snapshot.body.line
        ));
    }
}

/// The library, which is opened when it is first wanted.
fn door() -> Result<&'static Door, Refusal> {
    if let Some(door) = DOOR.get() {
        return *door;
    }
    let _opening = opening();
    *DOOR.get_or_init(|| {
        // What the library is told of us, too.
        let _host = host::host();
        let door = open();
        if matches!(door, Err(Refusal::NoLibrary)) && options::was_asked_for() {
            options::tell(format_args!(
                "python: nothing is compiled: there is no {NAME} of this build beside libpython"
            ));
        }
        door
    })
}

std::thread_local! {
    /// The lock, while the thread forks.
    static FORKING: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// From now on, the library is not opened, and its locks are whole.
pub(super) fn before_fork() {
    FORKING.set(Some(opening()));
    if let Some(Ok(door)) = DOOR.get() {
        (door.before_fork)();
    }
}

/// In the parent, and in the child.
pub(super) fn after_fork() {
    if let Some(Ok(door)) = DOOR.get() {
        (door.after_fork)();
    }
    drop(FORKING.take());
}

/// Frees machine code.
///
/// # Safety
/// No thread runs in the code or will enter it.
pub(super) unsafe fn release(memory: CodeMemory) {
    if let Some(Ok(door)) = DOOR.get() {
        // SAFETY: as the caller promises.
        unsafe { (door.release)(memory) };
    }
}

fn open() -> Result<&'static Door, Refusal> {
    let us = ourselves().ok_or(Refusal::NoLibrary)?;
    // Another folder may be the current one by now, so links are followed and paths made whole at once.
    let path = Path::new(std::ffi::OsStr::from_bytes(us.to_bytes()));
    let path = path.canonicalize().map_err(|_| Refusal::NoLibrary)?;
    let path = path.with_file_name(NAME);
    let name = CString::new(path.as_os_str().as_bytes()).map_err(|_| Refusal::NoLibrary)?;
    // Nobody waits for the compiler's thread, neither who closes our library while that runs.
    // SAFETY: it is open: nothing is initialised.
    unsafe {
        let stay = libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        libc::dlopen(us.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL | stay);
    }
    // SAFETY: the library's initialisers are those of LLVM and of Rust, which may run at any time. The symbol is of our
    // own library: the first word of what it gives says whether the rest is what we believe.
    unsafe {
        let library = libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        if library.is_null() {
            return Err(match has_room(&path) {
                true => Refusal::NoLibrary,
                false => Refusal::NoMemory,
            });
        }
        let symbol = libc::dlsym(library, DOOR_SYMBOL.as_ptr());
        if symbol.is_null() {
            return Err(Refusal::NoLibrary);
        }
        let door = core::mem::transmute::<*mut c_void, DoorFunction>(symbol)();
        match (*door).version == VERSION {
            true => Ok(&*door),
            false => Err(Refusal::NoLibrary),
        }
    }
}

/// Whether the process has room for a file that it could not load; so it is with one that there is not.
fn has_room(path: &Path) -> bool {
    let Ok(file) = path.metadata() else {
        return true;
    };
    let size = file.len() as usize;
    // SAFETY: a new mapping, which nobody uses.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let room = libc::mmap(null_mut(), size, libc::PROT_NONE, flags, -1, 0);
        room != libc::MAP_FAILED && libc::munmap(room, size) == 0
    }
}

/// The path of the library that we are in, as the loader knows it.
fn ourselves() -> Option<&'static CStr> {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: any address may be asked for; the answer is written when the result is not 0, and the loader keeps the path.
    unsafe {
        if libc::dladdr((&raw const DOOR).cast(), found.as_mut_ptr()) == 0 {
            return None;
        }
        let path = found.assume_init_ref().dli_fname;
        (!path.is_null()).then(|| CStr::from_ptr(path))
    }
}

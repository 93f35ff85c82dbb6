//! The compiler library: found beside libpython, opened when it is first needed, and asked to compile. Touches the loader.
use super::{budget, host, log, options};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use pyroxene_jit_api::{
    Artifact, CodeMemory, DOOR_SYMBOL, Door, DoorFunction, Refusal, Request, Snapshot, Tier,
    VERSION,
};
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The file's name.
const NAME: &str = "libpyroxene-jit.so";

/// The library, or nothing where it is missing or of another build.
static DOOR: OnceLock<Option<&'static Door>> = OnceLock::new();

/// Compiles, and writes into the log how long that took.
///
/// # Errors
/// Why not.
pub(super) fn compile(
    snapshot: &Snapshot,
    tier: Tier,
    compilation: u64,
) -> Result<Artifact, Refusal> {
    log::started(compilation);
    let result = budget::counted(|| compile_unlogged(snapshot, tier));
    log::finished(compilation, &result);
    result
}

fn compile_unlogged(snapshot: &Snapshot, tier: Tier) -> Result<Artifact, Refusal> {
    let door = DOOR
        .get_or_init(|| {
            let door = open();
            if door.is_none() {
                options::tell(format_args!(
                    "python: nothing is compiled: there is no {NAME} of this build beside libpython"
                ));
            }
            door
        })
        .ok_or(Refusal::NoLibrary)?;
    let request = Request {
        snapshot,
        tier,
        dumps: options::dumps(&snapshot.body.name),
    };
    let result = (door.compile)(host::host(), &request);
    for (stage, text) in result.iter().flat_map(|artifact| &artifact.dumps) {
        options::tell(format_args!(
            "; {} of {}, {}:{}\n{text}",
            stage, snapshot.body.name, snapshot.body.file, snapshot.body.line
        ));
    }
    result
}

/// Frees machine code.
///
/// # Safety
/// No thread runs in the code or will enter it.
pub(super) unsafe fn release(memory: CodeMemory) {
    if let Some(Some(door)) = DOOR.get() {
        // SAFETY: as the caller promises.
        unsafe { (door.release)(memory) };
    }
}

fn open() -> Option<&'static Door> {
    let path = CString::new(beside_us()?.as_os_str().as_bytes()).ok()?;
    // SAFETY: the library's initialisers are those of LLVM and of Rust, which may run at any time. The symbol is of our
    // own library: the first word of what it gives says whether the rest is what we believe.
    unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        if library.is_null() {
            return None;
        }
        let symbol = libc::dlsym(library, DOOR_SYMBOL.as_ptr());
        if symbol.is_null() {
            return None;
        }
        let door = core::mem::transmute::<*mut c_void, DoorFunction>(symbol)();
        ((*door).version == VERSION).then(|| &*door)
    }
}

/// The path of the library in the folder of the one that we are in.
fn beside_us() -> Option<PathBuf> {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: any address may be asked for; the answer is written when the result is not 0, and the loader keeps the path.
    let us = unsafe {
        if libc::dladdr((&raw const DOOR).cast(), found.as_mut_ptr()) == 0 {
            return None;
        }
        let path = found.assume_init_ref().dli_fname;
        if path.is_null() {
            return None;
        }
        CStr::from_ptr(path)
    };
    let us = Path::new(std::ffi::OsStr::from_bytes(us.to_bytes()));
    // Another folder may be the current one by now, so links are followed and paths made whole at once.
    Some(us.canonicalize().ok()?.with_file_name(NAME))
}

//! What `perf` is told of machine code (`-X jit-perf`): a map of addresses, or a dump in the format that `perf inject --jit` reads
//! (jitdump-specification.txt of its sources), with the code itself and its lines. Writes files.
use super::snapshot;
use crate::ffi;
use crate::object::Borrowed;
use core::ffi::{c_uint, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};
use pyroxene_jit_api::{Artifact, LineAt};
use pyroxene_jit_log::Function;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

/// Whether the map is written.
static MAP: AtomicBool = AtomicBool::new(false);

/// Whether the dump is.
static DUMP: AtomicBool = AtomicBool::new(false);

/// Where the dump is written: the folder in which the program was started.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Reads the option's value: `map`, which is also meant by none, and `dump`, with a comma between them. An error is the part
/// that is not understood.
pub(super) fn begin(text: &str) -> Result<(), &str> {
    for kind in text.split(',') {
        match kind {
            "" | "map" => MAP.store(true, Ordering::Relaxed),
            "dump" => {
                FOLDER.get_or_init(|| std::env::current_dir().unwrap_or_default());
                DUMP.store(true, Ordering::Relaxed);
            }
            other => return Err(other),
        }
    }
    Ok(())
}

/// Whether lines of machine code are wanted.
pub(super) fn wants_lines() -> bool {
    DUMP.load(Ordering::Relaxed)
}

/// Tells of new machine code of a code object.
pub(super) fn published(artifact: &Artifact, code: Borrowed<'_, ffi::PyCodeObject>) {
    if MAP.load(Ordering::Relaxed) {
        write_map(artifact, code);
    }
    if DUMP.load(Ordering::Relaxed) {
        write_dump(artifact, code);
    }
}

/// The name of machine code.
fn name_of(function: &Function) -> String {
    format!("pyroxene:{}", function.name)
}

/// Writes into the file that `perf` looks for which addresses are the machine code of which function.
fn write_map(artifact: &Artifact, code: Borrowed<'_, ffi::PyCodeObject>) {
    if let Ok(name) = CString::new(name_of(&snapshot::function(code))) {
        let start = core::ptr::without_provenance::<c_void>(artifact.code_start);
        // SAFETY: an address and a C string, which are written to a file; that it cannot be written does not matter.
        unsafe {
            ffi::PyUnstable_WritePerfMapEntry(start, artifact.code_size as c_uint, name.as_ptr());
        }
    }
}

/// The dump of a process.
struct Dump {
    process: u32,
    /// Where it is written, until that fails.
    file: Option<File>,
    /// How much code it has.
    count: u64,
}

static CURRENT: Mutex<Option<Dump>> = Mutex::new(None);

fn write_dump(artifact: &Artifact, code: Borrowed<'_, ffi::PyCodeObject>) {
    // Only threads with the GIL come here. In the child of a fork by somebody else it may be locked for good.
    let Ok(mut current) = CURRENT.try_lock() else {
        return;
    };
    let process = std::process::id();
    let dump = match &mut *current {
        Some(dump) if dump.process == process => dump,
        // `perf` wants a dump for each process.
        other => other.insert(Dump {
            process,
            file: open(process)
                .inspect_err(|why| {
                    super::options::tell(format_args!(
                        "python: no jit-perf: jit-{process}.dump in the current folder: {why}"
                    ));
                })
                .ok(),
            count: 0,
        }),
    };
    let records = records(artifact, &snapshot::function(code), process, dump.count);
    dump.count += 1;
    if let Some(file) = &mut dump.file
        && let Err(why) = file.write_all(&records)
    {
        super::options::tell(format_args!("python: no more of jit-perf's dump: {why}"));
        dump.file = None;
    }
}

/// What an ELF file for this processor says of it.
const X86_64: u32 = 62;

/// Begins a dump.
fn open(process: u32) -> io::Result<File> {
    let folder = FOLDER.get().cloned().unwrap_or_default();
    let path = folder.join(format!("jit-{process}.dump"));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    let mut header = Vec::new();
    for word in [0x4A69_5444, 1, 40, X86_64, 0, process] {
        header.extend(u32::to_le_bytes(word));
    }
    header.extend(now().to_le_bytes());
    header.extend(0u64.to_le_bytes());
    file.write_all(&header)?;
    // `perf record` notes what is mapped to be executed, and so finds the dump. It stays mapped.
    // SAFETY: maps the file somewhere, and nobody reads there.
    let mapped = unsafe {
        let protection = libc::PROT_READ | libc::PROT_EXEC;
        libc::mmap(
            null_mut(),
            4096,
            protection,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        )
    };
    match mapped {
        libc::MAP_FAILED => Err(io::Error::last_os_error()),
        _ => Ok(file),
    }
}

/// The monotonic clock, as `perf record -k mono` has it.
fn now() -> u64 {
    super::log::clock()
}

/// The kinds of records.
const LOAD: u32 = 0;
const DEBUG_INFO: u32 = 2;

/// A record with its head.
fn record(kind: u32, content: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    record.extend(kind.to_le_bytes());
    record.extend((16 + content.len() as u32).to_le_bytes());
    record.extend(now().to_le_bytes());
    record.extend(content);
    record
}

/// What is written of some machine code: its lines, which come first, and itself.
fn records(artifact: &Artifact, function: &Function, process: u32, index: u64) -> Vec<u8> {
    let start = artifact.code_start as u64;
    let mut all = Vec::new();
    if !artifact.lines.is_empty() {
        let mut content = Vec::new();
        content.extend(start.to_le_bytes());
        content.extend((artifact.lines.len() as u64).to_le_bytes());
        for LineAt {
            address,
            line,
            file,
        } in &artifact.lines
        {
            content.extend((*address as u64).to_le_bytes());
            content.extend(line.to_le_bytes());
            content.extend(0u32.to_le_bytes());
            content.extend(text(&artifact.files[*file as usize]));
        }
        all.extend(record(DEBUG_INFO, &content));
    }
    let mut content = Vec::new();
    // SAFETY: the number of the running thread.
    let thread = unsafe { libc::gettid() };
    content.extend(process.to_le_bytes());
    content.extend(thread.to_le_bytes());
    for word in [start, start, artifact.code_size as u64, index] {
        content.extend(word.to_le_bytes());
    }
    content.extend(text(&name_of(function)));
    let code = core::ptr::with_exposed_provenance::<u8>(artifact.code_start);
    // SAFETY: the artifact is there, and its memory can be read.
    content.extend(unsafe { core::slice::from_raw_parts(code, artifact.code_size) });
    all.extend(record(LOAD, &content));
    all
}

/// Text with a zero at its end, and none within.
fn text(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|&byte| byte != 0).chain([0])
}

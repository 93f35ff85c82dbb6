//! Which functions of a library a process runs: at each of them lies a breakpoint until it is met. Traces the process
//! (ptrace) and writes into its memory; x86-64 only.
use anyhow::{Context, Result, bail};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The instruction `int3`.
const BREAKPOINT: u8 = 0xcc;

/// Breakpoints of a process.
struct Breakpoints {
    memory: File,
    /// Where the library lies.
    base: u64,
    /// The bytes that belong where breakpoints are, by the addresses of functions in the library.
    bytes: BTreeMap<u64, u8>,
}

impl Breakpoints {
    /// Puts one at each of these addresses of the library.
    fn new(memory: File, base: u64, functions: &[u64]) -> Result<Self> {
        let mut bytes = BTreeMap::new();
        for &function in functions {
            let mut byte = [0];
            memory.read_exact_at(&mut byte, base + function)?;
            memory.write_all_at(&[BREAKPOINT], base + function)?;
            bytes.insert(function, byte[0]);
        }
        Ok(Self {
            memory,
            base,
            bytes,
        })
    }

    /// Takes away the one that a thread has met, if it is one of ours, and has the thread go on there.
    fn meet(&self, thread: Pid) -> Result<Option<u64>> {
        let mut registers = ptrace::getregs(thread)?;
        let address = registers.rip.wrapping_sub(1);
        let function = address.wrapping_sub(self.base);
        let Some(byte) = self.bytes.get(&function) else {
            return Ok(None);
        };
        self.memory.write_all_at(&[*byte], address)?;
        registers.rip = address;
        ptrace::setregs(thread, registers)?;
        Ok(Some(function))
    }
}

/// Starts a command, and gives which of these functions of a library, named by their addresses in it, the process runs, in all its
/// threads, after the library is there.
///
/// # Errors
/// When the process cannot be traced.
pub fn functions_that_run(
    command: &mut Command,
    library: &str,
    functions: &[u64],
) -> Result<Vec<u64>> {
    // SAFETY: between fork and exec, it makes one system call.
    unsafe { command.pre_exec(|| ptrace::traceme().map_err(Into::into)) };
    let child = command.spawn().context("cannot start it")?;
    let process = Pid::from_raw(child.id().cast_signed());
    waitpid(process, None).context("it does not stop where it begins")?;
    ptrace::setoptions(
        process,
        Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL,
    )
    .context("it cannot be traced")?;
    ptrace::syscall(process, None)?;
    let mut breakpoints: Option<Breakpoints> = None;
    let mut met = Vec::new();
    loop {
        let status = waitpid(None, Some(WaitPidFlag::__WALL))?;
        let Some(thread) = status.pid() else {
            continue;
        };
        let mut pass_on = None;
        match status {
            WaitStatus::Exited(ended, _) | WaitStatus::Signaled(ended, ..) => {
                if ended == process {
                    return Ok(met);
                }
                continue;
            }
            WaitStatus::PtraceSyscall(_) if breakpoints.is_none() => {
                if let Some(base) = base_of(process, library)? {
                    let memory = OpenOptions::new()
                        .read(true)
                        .write(true)
                        .open(format!("/proc/{process}/mem"))?;
                    breakpoints = Some(Breakpoints::new(memory, base, functions)?);
                }
            }
            WaitStatus::Stopped(_, Signal::SIGTRAP) => match &breakpoints {
                Some(breakpoints) => met.extend(breakpoints.meet(thread)?),
                None => bail!("it was stopped by a breakpoint of another"),
            },
            // A thread that begins is stopped once.
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
            WaitStatus::Stopped(_, signal) => pass_on = Some(signal),
            _ => {}
        }
        match breakpoints {
            // What loads the library makes a system call after that.
            None => ptrace::syscall(thread, pass_on)?,
            Some(_) => ptrace::cont(thread, pass_on)?,
        }
    }
}

/// Where a library lies in a process, if all of it is there.
fn base_of(process: Pid, library: &str) -> Result<Option<u64>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut parts = maps.lines().filter(|line| line.ends_with(library));
    let first = parts.next().map(str::to_owned);
    let is_runnable = parts.any(|line| line.split_whitespace().nth(1) == Some("r-xp"));
    let address = first.as_ref().and_then(|line| line.split_once('-'));
    match address {
        Some((address, _)) if is_runnable => Ok(Some(u64::from_str_radix(address, 16)?)),
        _ => Ok(None),
    }
}

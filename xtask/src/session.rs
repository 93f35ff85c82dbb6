//! A long child process in a session of its own: clean environment, time limit, and nothing left behind it.
use crate::proc;
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Replaces the command's environment with one that is the same everywhere, so that nothing that the caller's shell
/// sets (PYTHONDONTWRITEBYTECODE, proxies, locales) reaches the tests.
pub fn clean_environment<'a>(command: &'a mut Command, home: &Path, tmp: &Path) -> &'a mut Command {
    command
        .env_clear()
        .env("PATH", SYSTEM_PATH)
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm")
        .env("HOME", home)
        .env("TMPDIR", tmp)
}

/// Where the system's programs are.
pub const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/// How a session ended.
pub struct Ended {
    /// The status of its first process.
    pub status: ExitStatus,
    /// Whether it was ended because its time was over.
    pub timed_out: bool,
    /// How long it ran.
    pub seconds: f64,
}

/// Runs `command` at the head of a session of its own, with default signals: it has no controlling terminal whoever
/// starts us, it ends when we end, and all that it leaves behind is ended with it. `tick` is called while it runs.
///
/// # Errors
/// When it cannot be started. A failure of it is in the status.
pub fn run(command: &mut Command, limit: Duration, mut tick: impl FnMut()) -> Result<Ended> {
    lead_session(proc::default_signals(command));
    let begin = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let mut timed_out = false;
    while !has_ended(&child)? {
        if begin.elapsed() > limit {
            timed_out = true;
            break;
        }
        tick();
        std::thread::sleep(Duration::from_millis(30));
    }
    let seconds = begin.elapsed().as_secs_f64();
    // SAFETY: kill(2) touches no memory. The group is that of our child, which is not reaped yet, so that no other
    // process can have its id. In the usual case nothing is left in it to kill.
    unsafe { libc::kill(-id(&child)?, libc::SIGKILL) };
    Ok(Ended {
        status: child.wait()?,
        timed_out,
        seconds,
    })
}

/// Puts the child at the head of a session of its own, which ends when the thread that starts it ends.
pub fn lead_session(command: &mut Command) -> &mut Command {
    // SAFETY: the closure runs between fork and exec and calls only setsid(2) and prctl(2), which are
    // async-signal-safe and touch no memory of ours.
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        })
    }
}

fn id(child: &Child) -> Result<i32> {
    i32::try_from(child.id()).context("a process id fits an int")
}

/// Whether the child has ended; it stays to be reaped.
fn has_ended(child: &Child) -> Result<bool> {
    let pid = id(child)?;
    // SAFETY: siginfo_t is plain data for which all zeros is a valid value; waitid(2) fills it or leaves it, and
    // WNOWAIT leaves the child as it is. si_pid may be read after waitid with WEXITED.
    let (failed, found) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        let failed = libc::waitid(libc::P_PID, child.id(), &raw mut info, flags) != 0;
        (failed, info.si_pid())
    };
    Ok(failed || found == pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended_with_its_children() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 1000 & echo $! >&2; wait"])
            .stderr(std::process::Stdio::null());
        let ended = run(&mut command, Duration::from_millis(200), || ()).unwrap();
        assert!(ended.timed_out && ended.seconds < 5.0);
    }

    #[test]
    fn the_status_of_a_child_comes_through() {
        let mut command = Command::new("sh");
        let ended = run(
            command.args(["-c", "exit 3"]),
            Duration::from_secs(9),
            || (),
        )
        .unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert!(!ended.timed_out);
    }
}

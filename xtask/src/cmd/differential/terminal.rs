//! A command line on a terminal: all three streams are one end of a pair, of which the other one is ours.
use crate::proc::default_signals;
use crate::session;
use anyhow::{Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often the end of the input is typed. It counts only while somebody reads: whoever changes the terminal's mode then
/// (readline) finds something else in what was typed before.
const AGAIN: Duration = Duration::from_millis(100);

/// Runs `command` on a terminal that has `input` ready for it and then ends; gives how it ended and what it wrote.
///
/// # Errors
/// When there is no terminal to be had, or the command cannot be started.
pub fn run(command: &mut Command, input: &str, limit: Duration) -> Result<(String, Vec<u8>)> {
    let (ours, theirs) = pair()?;
    command
        .stdin(theirs.try_clone()?)
        .stdout(theirs.try_clone()?)
        .stderr(theirs);
    // SAFETY: the closure runs between fork and exec and calls only ioctl(2), which is async-signal-safe and touches no
    // memory of ours; its standard input is the terminal, and the session that it leads has none yet.
    unsafe {
        session::lead_session(command).pre_exec(|| {
            libc::ioctl(0, libc::TIOCSCTTY, 0);
            Ok(())
        });
    }
    let mut child = default_signals(command).spawn()?;
    // The command holds copies of their end; it must be theirs alone, or the output never ends.
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut terminal = File::from(ours);
    let mut reader = terminal.try_clone()?;
    let output = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // Reading fails, rather than ends, when the last of them is gone.
        let _ = reader.read_to_end(&mut bytes);
        bytes
    });
    terminal.write_all(input.as_bytes())?;
    let begin = Instant::now();
    let mut typed = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status.to_string();
        }
        if begin.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            break "does not end".to_owned();
        }
        if begin.elapsed() > AGAIN * typed {
            typed += 1;
            // It may just have ended.
            let _ = terminal.write_all(b"\x04");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let bytes = output.join().expect("reading a terminal does not panic");
    Ok((status, bytes))
}

/// A new terminal: our end and theirs. It does not echo: what is written when would depend on who is faster.
fn pair() -> Result<(OwnedFd, OwnedFd)> {
    let (mut ours, mut theirs) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: openpty(3) writes the two descriptors, and takes NULL for the name, the modes and the size.
    let failed = unsafe {
        libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            null,
            null.cast(),
            null.cast(),
        )
    } != 0;
    if failed {
        bail!(
            "no terminal: {} (a container or chroot needs a devpts file system on /dev/pts)",
            std::io::Error::last_os_error()
        );
    }
    // SAFETY: openpty gave two open descriptors, which nobody else has.
    let pair = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    // SAFETY: termios is plain data for which all zeros is a value, tcgetattr(3) fills it, and the descriptor is open.
    unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        libc::tcgetattr(pair.1.as_raw_fd(), &raw mut modes);
        modes.c_lflag &= !libc::ECHO;
        libc::tcsetattr(pair.1.as_raw_fd(), libc::TCSANOW, &raw const modes);
    }
    Ok(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_sees_a_terminal_and_its_input() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "read x; test -t 0 && test -t 2 && echo got $x; exit 3",
        ]);
        let (status, output) = run(&mut command, "words\n", Duration::from_secs(20)).unwrap();
        assert_eq!(status, "exit status: 3");
        assert_eq!(String::from_utf8_lossy(&output), "got words\r\n");
    }
}

//! Two processes that are compared take turns, value by value: while one runs, the other stands still with all its threads.
//!
//! What disturbs a machine does so for seconds. Two processes that ran one after the other would say who was disturbed more.
use crate::proc;
use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{ErrorKind, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// How long we wait before we look again whether something has happened: no part of a value.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// The variable that tells a worker where it asks for its turn.
pub const SOCKET: &str = "PYROXENE_BENCH_TURNS";

/// A process whose turn has ended.
enum End {
    /// It wants to go on, and stands still.
    Asks,
    /// It is over.
    Over(ExitStatus),
}

/// One of the two: pyperf's main process, and the worker that asks for it.
pub struct Player {
    command: Command,
    listener: UnixListener,
    child: Option<Child>,
    worker: Option<(Pid, UnixStream)>,
}

impl Player {
    /// Prepares `command`, which is to run pyperf with `benches/worker` on its path, to take turns; `name` tells it from others of this process.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub fn new(mut command: Command, name: &str) -> Result<Self> {
        let name = format!("pyroxene-bench-{}-{name}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name)?;
        let listener = UnixListener::bind_addr(&address).context("no socket to take turns by")?;
        listener.set_nonblocking(true)?;
        // In a group of its own: if we are killed, the system ends a group without parents in which somebody stands still, and in the
        // other one nobody gets an answer.
        command.env(SOCKET, name).process_group(0);
        proc::default_signals(&mut command);
        Ok(Self {
            command,
            listener,
            child: None,
            worker: None,
        })
    }

    /// Lets it go on, or begin.
    fn go_on(&mut self) -> Result<()> {
        if self.child.is_none() {
            self.child = Some(self.command.spawn().context("cannot start it")?);
        }
        if let Some((pid, connection)) = &mut self.worker {
            // It may have been killed meanwhile; its main process tells of that.
            let _ = kill(*pid, Signal::SIGCONT);
            let _ = connection.write_all(b".");
        }
        Ok(())
    }

    /// Waits until its turn ends.
    fn wait(&mut self) -> Result<End> {
        let child = self.child.as_mut().context("it has not begun")?;
        loop {
            if let Some(status) = child.try_wait()? {
                self.worker = None;
                return Ok(End::Over(status));
            }
            if let Some(pid) = asks(&self.listener, &mut self.worker)? {
                // If it is gone, its main process will tell.
                let _ = kill(pid, Signal::SIGSTOP);
                return Ok(End::Asks);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Player {
    /// Without a connection, a worker that stands still ends when it goes on.
    fn drop(&mut self) {
        if let Some((pid, connection)) = self.worker.take() {
            drop(connection);
            let _ = kill(pid, Signal::SIGCONT);
        }
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The process that has asked for a turn since we looked: the worker that there is, or one that comes after it.
fn asks(listener: &UnixListener, worker: &mut Option<(Pid, UnixStream)>) -> Result<Option<Pid>> {
    match listener.accept() {
        // Who it is stands in its question.
        Ok((connection, _)) => *worker = Some((Pid::from_raw(0), connection)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => return Err(error.into()),
    }
    let Some((pid, connection)) = worker else {
        return Ok(None);
    };
    connection.set_nonblocking(true)?;
    let mut question = [0; size_of::<i32>()];
    match connection.read(&mut question) {
        Ok(length) if length == question.len() => {
            *pid = Pid::from_raw(i32::from_ne_bytes(question));
            Ok(Some(*pid))
        }
        Ok(_) => {
            *worker = None;
            Ok(None)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Runs both to their ends, `first` first, and says how they ended.
///
/// # Errors
/// When one cannot be started.
pub fn play(mut players: [Player; 2], first: usize) -> Result<[ExitStatus; 2]> {
    let mut ends = [None, None];
    let mut turn = first;
    loop {
        players[turn].go_on()?;
        if let End::Over(status) = players[turn].wait()? {
            ends[turn] = Some(status);
        }
        if let [Some(first), Some(second)] = ends {
            return Ok([first, second]);
        }
        if ends[1 - turn].is_none() {
            turn = 1 - turn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::path::Path;

    /// The file in which the workers of the test write whose turn it is.
    const FILE: &str = "PYROXENE_TEST_TURNS";

    /// A player whose process runs [`worker`], which measures so many values.
    fn player(name: &str, values: usize, file: &Path) -> Player {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let test = format!("{}::worker", module_path!().split_once("::").unwrap().1);
        command
            .args([test.as_str(), "--exact"])
            .env(FILE, format!("{name} {values} {}", file.display()));
        Player::new(command, name).unwrap()
    }

    /// What a worker of pyperf does: it asks before each value. In processes of the other tests only.
    #[test]
    fn worker() {
        let Ok(told) = std::env::var(FILE) else {
            return;
        };
        let [name, values, file] = *told.splitn(3, ' ').collect::<Vec<_>>() else {
            panic!("{told}")
        };
        let socket = std::env::var(SOCKET).unwrap();
        let address = SocketAddr::from_abstract_name(socket).unwrap();
        let mut connection = UnixStream::connect_addr(&address).unwrap();
        for _ in 0..values.parse().unwrap() {
            connection
                .write_all(&std::process::id().to_ne_bytes())
                .unwrap();
            connection.read_exact(&mut [0]).unwrap();
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(file)
                .unwrap();
            write!(file, "{name}<").unwrap();
            std::thread::sleep(Duration::from_millis(5));
            write!(file, ">").unwrap();
        }
    }

    #[test]
    fn values_take_turns_until_one_is_over() {
        let file = std::env::temp_dir().join(format!("pyroxene-turns-{}", std::process::id()));
        let players = [player("a", 2, &file), player("b", 4, &file)];
        let ends = play(players, 1).unwrap();
        let written = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(ends.iter().all(ExitStatus::success));
        assert_eq!(written, "b<>a<>b<>a<>b<>b<>");
    }

    #[test]
    fn who_does_not_ask_runs_to_its_end() {
        let of = |name: &str, code| {
            let mut command = Command::new("sh");
            command.args(["-c", code]);
            Player::new(command, name).unwrap()
        };
        let ends = play([of("c", "exit 3"), of("d", "exit 0")], 0).unwrap();
        assert_eq!(ends.map(|end| end.code()), [Some(3), Some(0)]);
    }
}

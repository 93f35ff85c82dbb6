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

/// How a turn has ended.
enum End {
    /// The process wants to go on, and stands still.
    Asks,
    /// It is over.
    Over(ExitStatus),
}

/// One of the two: pyperf's main process, and the worker that asks for it.
pub struct Player {
    command: Command,
    listener: UnixListener,
    child: Option<Child>,
    /// By which the worker asks that there is.
    connection: Option<UnixStream>,
    /// The worker, while it stands still.
    waiting: Option<Pid>,
}

impl Player {
    /// Prepares `command`, which is to run pyperf with `benches/worker` on its path, to take turns; `name` tells it from others of
    /// this process.
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
            connection: None,
            waiting: None,
        })
    }

    /// Has it begin or go on, until its turn ends.
    fn turn(&mut self) -> Result<End> {
        if let Some(pid) = self.waiting.take()
            && let Some(connection) = &mut self.connection
        {
            // It may have been killed meanwhile; its main process tells of that.
            let _ = kill(pid, Signal::SIGCONT);
            let _ = connection.write_all(b".");
        }
        if self.child.is_none() {
            self.child = Some(self.command.spawn().context("cannot start it")?);
        }
        loop {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                return Ok(End::Over(status));
            }
            if let Some(pid) = self.asks()? {
                let _ = kill(pid, Signal::SIGSTOP);
                self.waiting = Some(pid);
                return Ok(End::Asks);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// The worker, if it has asked for a turn since we looked: the one that there is, or one that comes after it.
    fn asks(&mut self) -> Result<Option<Pid>> {
        match self.listener.accept() {
            Ok((connection, _)) => {
                connection.set_nonblocking(true)?;
                self.connection = Some(connection);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        let Some(connection) = &mut self.connection else {
            return Ok(None);
        };
        let mut question = [0; size_of::<i32>()];
        match connection.read(&mut question) {
            Ok(length) if length == question.len() => {
                Ok(Some(Pid::from_raw(i32::from_ne_bytes(question))))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            // It is gone, and its main process tells why.
            Ok(_) | Err(_) => {
                self.connection = None;
                Ok(None)
            }
        }
    }
}

impl Drop for Player {
    /// Without a connection, a worker that stands still ends when it goes on.
    fn drop(&mut self) {
        self.connection = None;
        if let Some(pid) = self.waiting {
            let _ = kill(pid, Signal::SIGCONT);
        }
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs both to their ends, that of index `first` first, and says how each has ended, or why it could not be run: what becomes of one
/// says nothing of the other.
pub fn play(players: [Result<Player>; 2], first: usize) -> [Result<ExitStatus>; 2] {
    let mut sides = players.map(Side::from);
    let mut turn = first;
    loop {
        if let Side::Plays(player) = &mut sides[turn] {
            match player.turn() {
                Ok(End::Asks) => {}
                Ok(End::Over(status)) => sides[turn] = Side::Ended(Ok(status)),
                Err(error) => sides[turn] = Side::Ended(Err(error)),
            }
        }
        sides = match sides {
            [Side::Ended(first), Side::Ended(second)] => return [first, second],
            sides => sides,
        };
        turn = 1 - turn;
    }
}

/// What has become of one of the two.
enum Side {
    Plays(Box<Player>),
    Ended(Result<ExitStatus>),
}

impl From<Result<Player>> for Side {
    fn from(player: Result<Player>) -> Self {
        match player {
            Ok(player) => Self::Plays(Box::new(player)),
            Err(error) => Self::Ended(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;
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
        let ends = play(players.map(Ok), 1).map(Result::unwrap);
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
            Player::new(command, name)
        };
        let ends = play([of("c", "exit 3"), of("d", "exit 0")], 0);
        assert_eq!(ends.map(|end| end.unwrap().code()), [Some(3), Some(0)]);
    }

    #[test]
    fn who_cannot_be_run_takes_nothing_from_the_other() {
        let file = std::env::temp_dir().join(format!("pyroxene-alone-{}", std::process::id()));
        let missing = Player::new(Command::new("/nowhere/python"), "e");
        let [first, second] = play([missing, Ok(player("f", 2, &file))], 0);
        assert_eq!(first.unwrap_err().to_string(), "cannot start it");
        assert!(second.unwrap().success());
        let [first, second] = play(
            [Err(anyhow!("no environment")), Ok(player("g", 1, &file))],
            0,
        );
        assert_eq!(first.unwrap_err().to_string(), "no environment");
        assert!(second.unwrap().success());
        let written = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(written, "f<>f<>g<>");
    }
}

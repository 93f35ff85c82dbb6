//! In which mode of ours' compiler something runs: what `--jit` says, and the variables by which processes are told, their
//! children too.
use std::process::Command;

/// The modes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is compiled.
    Off,
    /// What is hot is compiled.
    #[default]
    On,
    /// Nearly everything is compiled at once.
    Eager,
    /// As eager, and machine code leaves by exits at random that it has no reason to take.
    Random,
}

/// Which exits are taken at random: what the numbers begin with, and one of how many.
const EXITS: &str = "random:1:40";

/// When something is hot: sooner than by default, as most tests end soon.
const AFTER: &str = "100:2000";

impl Mode {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Eager => "eager",
            Self::Random => "random",
        }
    }

    /// The variables that set it.
    pub fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Off => &[("PYROXENE_JIT", "off")],
            Self::On => &[("PYROXENE_JIT", "on"), ("PYROXENE_JIT_AFTER", AFTER)],
            Self::Eager => &[("PYROXENE_JIT", "eager")],
            Self::Random => &[("PYROXENE_JIT", "eager"), ("PYROXENE_JIT_EXITS", EXITS)],
        }
    }

    /// Sets it for a command, which has no other.
    pub fn set(self, command: &mut Command) -> &mut Command {
        command
            .env_remove("PYROXENE_JIT")
            .env_remove("PYROXENE_JIT_EXITS")
            .env_remove("PYROXENE_JIT_AFTER")
            .envs(self.variables().iter().copied())
    }

    /// How many times as long something may take as without the compiler: where each process compiles all that it runs, those
    /// that run for a moment take a multiple of it.
    pub fn patience(self) -> u32 {
        match self {
            Self::Off | Self::On => 1,
            Self::Eager | Self::Random => 4,
        }
    }

    /// The word for an interpreter of this kind in this mode, in the names of logs and results.
    pub fn label(self, kind: &str) -> String {
        match self {
            Self::Off => kind.to_owned(),
            mode => format!("{kind}-{}", mode.name()),
        }
    }
}

//! `cargo xtask`: every chore of the project, one command each. Each command lives in a module of its own
//! under `cmd`; what several of them need (paths, child processes, progress, environments) stands beside it.
use clap::{Parser, Subcommand};

mod cmd;
mod compiler;
mod difference;
mod interpreter;
mod jit_logs;
mod locales;
mod packed;
mod paths;
mod proc;
mod progress;
mod pyenv;
mod record;
mod session;
mod system;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "The chores of Pyroxene, one command each"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the runtime and install it as a relocatable prefix in target/dist.
    Build(cmd::build::Args),
    /// Build stock CPython of the same source (clang-22, PGO, ThinLTO) in target/reference.
    Reference(cmd::reference::Args),
    /// Run generated programs on our interpreter and compare what they log with what stock CPython logs.
    Fuzz(cmd::fuzz::Args),
    /// Run command lines on our interpreter and compare what they print with what stock CPython prints.
    Differential(cmd::differential::Args),
    /// Compare symbols and layouts of our library with the reference's.
    Abi(cmd::abi::Args),
    /// Run CPython's own test suite on our interpreter and compare with the ledger.
    Regrtest(cmd::regrtest::Args),
    /// Run programs with the compiler off, on and eager, and compare what they print.
    Jit(cmd::jit::Args),
    /// Name the function whose compilation changes what a command does.
    JitBisect(cmd::jit_bisect::Args),
    /// Show what the compiler costs in each of pyperformance's programs, and when they are as fast as they will be.
    JitCost(cmd::jit_cost::Args),
    /// Show which share of the hot functions of benchmarks and of CPython's tests is compiled, and why the others are not.
    JitCoverage(cmd::jit_coverage::Args),
    /// Put the functions together that the compiler runs, from the next build on, so that less of its library is in memory.
    JitOrder(cmd::jit_order::Args),
    /// Draw a log of the compiler (`-X jit-log=FILE`) as a page for a browser.
    JitPage(cmd::jit_page::Args),
    /// Run units of CPython's suite again and again, and look whether references, blocks or files become more.
    Leaks(cmd::leaks::Args),
    /// Run NumPy's own test suite and compare with stock CPython test by test.
    Numpy(cmd::numpy::Args),
    /// Run one of the long suites by name.
    Suite(cmd::suite::Args),
    /// Build and test the extensions in extensions/ against our prefix.
    Extensions(cmd::extensions::Args),
    /// From nothing to a real program: lxml, NumPy, cffi and matplotlib on our interpreter.
    Demo(cmd::demo::Args),
    /// Compare speed and memory with the reference.
    Bench(cmd::bench::Args),
    /// Set everything up and run all the tests that fit into a coffee break.
    Test(cmd::test::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Build(args) => cmd::build::run(args),
        Command::Reference(args) => cmd::reference::run(args),
        Command::Fuzz(args) => cmd::fuzz::run(args),
        Command::Differential(args) => cmd::differential::run(args),
        Command::Abi(args) => cmd::abi::run(args),
        Command::Regrtest(args) => cmd::regrtest::run(args),
        Command::Jit(args) => cmd::jit::run(args),
        Command::JitBisect(args) => cmd::jit_bisect::run(args),
        Command::JitCost(args) => cmd::jit_cost::run(args),
        Command::JitCoverage(args) => cmd::jit_coverage::run(args),
        Command::JitOrder(args) => cmd::jit_order::run(args),
        Command::JitPage(args) => cmd::jit_page::run(args),
        Command::Leaks(args) => cmd::leaks::run(args),
        Command::Numpy(args) => cmd::numpy::run(args),
        Command::Suite(args) => cmd::suite::run(args),
        Command::Extensions(args) => cmd::extensions::run(args),
        Command::Demo(args) => cmd::demo::run(args),
        Command::Bench(args) => cmd::bench::run(args),
        Command::Test(args) => cmd::test::run(args),
    }
}

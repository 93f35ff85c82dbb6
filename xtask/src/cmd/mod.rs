//! The commands, a module each: `Args` for what the user may say, `run` for doing it.
pub mod abi;
pub mod bench;
pub mod build;
pub mod demo;
pub mod differential;
pub mod extensions;
pub mod fuzz;
pub mod jit;
pub mod jit_bisect;
pub mod jit_coverage;
pub mod jit_page;
pub mod leaks;
pub mod numpy;
pub mod reference;
pub mod regrtest;
pub mod suite;
pub mod test;

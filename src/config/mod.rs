//! Starting the runtime: statuses where there are no exceptions yet, the configuration, and its wide strings.
//!
//! Wraps what `Python/initconfig.c` and `Python/preconfig.c` offer; touches a [`Config`] that it owns, or the running
//! interpreter's through [`LiveConfig`].
mod live;
mod owned;
mod status;
mod wide;

pub use live::LiveConfig;
pub use owned::{Arguments, Config};
pub use status::{Failure, Status, check};
pub use wide::{WideStr, wide};

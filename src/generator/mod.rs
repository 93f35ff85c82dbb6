//! Generators, coroutines and asynchronous generators: functions that stop in the middle and go on later.
//!
//! Replaces `Objects/genobject.c`. A generator object holds the frame of its function inside itself; this module makes
//! such objects, lets their frames run, throws exceptions into them, closes them, and destroys them. It touches the
//! frames of its own objects, the thread state's stack of handled exceptions (`exc_info`) and its hooks for asynchronous
//! generators, and the interpreter's free lists of these. The evaluator knows the layout too: it makes, resumes and
//! suspends generators on its own where it can, and keeps to the states of [`frame::State`].
//!
//! The three kinds differ in their types and messages, and in what awaits them; frame and members lie at the same places
//! in all three, so one layout (`PyGenObject`) stands for them.
pub mod async_gen;
pub mod async_gen_send;
pub mod async_gen_throw;
pub mod async_gen_wrapped;
pub mod awaitable;
pub mod awaitable_types;
pub mod chain;
pub mod close;
pub mod coroutine;
pub mod frame;
pub mod free_list;
pub mod life;
pub mod make;
pub mod names;
pub mod send;
mod spare;
pub mod stop_iteration;
pub mod throw;
pub mod types;
pub mod unseen;

use crate::ffi;
use crate::object::Borrowed;

/// A generator, a coroutine or an asynchronous generator.
pub type Generator<'a> = Borrowed<'a, ffi::PyGenObject>;

macro_rules! same_places {
    ($($gi:ident $cr:ident $ag:ident)*) => {$(
        const _: () = assert!(
            core::mem::offset_of!(ffi::PyGenObject, $gi)
                == core::mem::offset_of!(ffi::PyCoroObject, $cr)
                && core::mem::offset_of!(ffi::PyGenObject, $gi)
                    == core::mem::offset_of!(ffi::PyAsyncGenObject, $ag)
        );
    )*};
}

same_places! {
    gi_weakreflist cr_weakreflist ag_weakreflist
    gi_name cr_name ag_name
    gi_qualname cr_qualname ag_qualname
    gi_exc_state cr_exc_state ag_exc_state
    gi_origin_or_finalizer cr_origin_or_finalizer ag_origin_or_finalizer
    gi_hooks_inited cr_hooks_inited ag_hooks_inited
    gi_closed cr_closed ag_closed
    gi_running_async cr_running_async ag_running_async
    gi_frame_state cr_frame_state ag_frame_state
    gi_iframe cr_iframe ag_iframe
}

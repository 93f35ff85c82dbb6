//! What generators and coroutines wait for.
use super::{object, taken};
use crate::eval::instructions::coroutine::iterator_of;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn get_awaitable(value: Raw, context: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(iterator_of(unsafe { taken(value) }, context as usize))
}

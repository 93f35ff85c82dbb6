//! Where the library is that runs. Asks the loader.
use super::{DEFINITION, State};
use crate::ffi;
use crate::module::Module;
use crate::object::{Owned, Raised};
use core::mem::MaybeUninit;

/// `pyroxene.library()`
pub(super) fn library(_module: Module<'_, State>) -> Result<Option<Owned>, Raised> {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: any address may be asked for; the answer is written when the result is not 0. The loader keeps the path for
    // as long as the library is mapped. The result is a new reference.
    unsafe {
        if libc::dladdr((&raw const DEFINITION).cast(), found.as_mut_ptr()) == 0 {
            return Ok(None);
        }
        let path = found.assume_init_ref().dli_fname;
        if path.is_null() {
            return Ok(None);
        }
        Owned::from_c(ffi::PyUnicode_DecodeFSDefault(path)).map(Some)
    }
}

//! Where this library lies in memory. Asks the loader, once.
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Where it begins, and where it ends.
static IMAGE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Whether an address is in this library, as far as it was [found](find): for handlers of signals too.
pub fn has(address: usize) -> bool {
    let [start, end] = IMAGE.each_ref().map(|place| place.load(Ordering::Relaxed));
    (start..end).contains(&address)
}

/// Finds out where this library is, unless that is known.
pub fn find() {
    if IMAGE[1].load(Ordering::Relaxed) == 0 {
        // SAFETY: the function is called before the call returns.
        unsafe { libc::dl_iterate_phdr(Some(see_library), null_mut()) };
    }
}

/// Notes where the segments are among which is this function, if this is the library that has it.
unsafe extern "C" fn see_library(
    info: *mut libc::dl_phdr_info,
    _: libc::size_t,
    _: *mut c_void,
) -> c_int {
    let here = see_library as *const () as usize;
    // SAFETY: the loader gives a library and its headers.
    let (base, headers) = unsafe {
        let info = &*info;
        let headers = core::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
        (info.dlpi_addr as usize, headers)
    };
    let segments = || {
        let loaded = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD);
        loaded.map(|header| {
            let start = base + header.p_vaddr as usize;
            start..start + header.p_memsz as usize
        })
    };
    if !segments().any(|segment| segment.contains(&here)) {
        return 0;
    }
    let start = segments().map(|segment| segment.start).min();
    let end = segments().map(|segment| segment.end).max();
    IMAGE[0].store(start.unwrap_or_default(), Ordering::Relaxed);
    IMAGE[1].store(end.unwrap_or_default(), Ordering::Relaxed);
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_data_are_in_it_and_the_stack_is_not() {
        find();
        let here = 0_u8;
        assert!(has(find as *const () as usize));
        assert!(has((&raw const IMAGE).addr()));
        assert!(!has((&raw const here).addr()));
    }
}

//! From LLVM's IR to code that runs, without an interpreter.
use crate::backend::Backend;
use crate::code::{Failure, Loaded, Range, load};
use core::ptr::NonNull;
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use pyroxene_jit_api::Tier;
use std::sync::LazyLock;

/// A range of a static variable, as the core has one.
static RANGE: LazyLock<Range> = LazyLock::new(|| {
    const SIZE: usize = 1 << 20;
    #[repr(C, align(4096))]
    struct Pages([u8; SIZE]);
    static mut PAGES: Pages = Pages([0; SIZE]);
    // SAFETY: nobody else touches the variable.
    unsafe { Range::new(NonNull::new_unchecked((&raw mut PAGES).cast()), SIZE) }
        .expect("pages can be protected")
});

extern "C" fn twice(number: u64) -> u64 {
    number * 2
}

fn compile(tier: Tier, ir: &str, literals: &[u64]) -> Result<Loaded, Failure> {
    let context = Context::create();
    let ir = MemoryBuffer::create_from_memory_range_copy(ir.as_bytes(), "test");
    let module = context
        .create_module_from_ir(ir)
        .expect("the test's IR is well-formed");
    let backend = Backend::new(tier).expect("LLVM knows this processor");
    backend.prepare(&module);
    backend.optimise(&module).expect("LLVM knows the passes");
    let object = backend.object(&module).expect("LLVM compiles");
    load(
        &RANGE,
        &object,
        literals,
        &|name| (name == "twice").then_some(twice as *const () as usize),
        true,
    )
}

/// A call of a helper, a literal, constants in memory and a jump table.
const EVERYTHING: &str = r#"
    @literals = external hidden constant [0 x i64]
    declare hidden i64 @twice(i64)
    define i64 @run(i64 %which) uwtable(async) {
      %double = call i64 @twice(i64 %which)
      switch i64 %which, label %other [
        i64 0, label %zero
        i64 1, label %one
        i64 2, label %two
        i64 3, label %three
      ]
    zero:
      ret i64 %double
    one:
      %place = getelementptr i64, ptr @literals, i64 1
      %literal = load i64, ptr %place
      ret i64 %literal
    two:
      %float = uitofp i64 %which to double
      %product = fmul double %float, 2.625
      %scaled = fmul double %product, 4.0
      %int = fptoui double %scaled to i64
      ret i64 %int
    three:
      ret i64 %double
    other:
      ret i64 -1
    }
"#;

#[test]
fn runs_in_both_tiers() {
    for tier in [Tier::Quick, Tier::Hot] {
        let loaded = compile(tier, EVERYTHING, &[7, 42]).expect("it links");
        let address = loaded.function("run").expect("it is exported").start;
        // SAFETY: the address is that of a function of this type, which lives as long as `loaded`.
        let run: extern "C" fn(u64) -> u64 = unsafe { core::mem::transmute(address) };
        let results: Vec<u64> = (0..5).map(|which| run(which)).collect();
        assert_eq!(results, [0, 42, 21, 6, u64::MAX], "{tier:?}");
        assert!(loaded.size() > 0);
    }
}

#[test]
fn unknown_symbols_are_errors() {
    let ir = "declare hidden i64 @nobody()
        define i64 @run() { %x = call i64 @nobody() ret i64 %x }";
    match compile(Tier::Quick, ir, &[]) {
        Err(Failure::Unresolved(name)) => assert_eq!(name, "nobody"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it links"),
    }
}

#[test]
fn memory_is_used_again() {
    let first = compile(Tier::Quick, EVERYTHING, &[]).expect("it links");
    drop(first);
    // More than would fit into the range at once.
    for _ in 0..100 {
        drop(compile(Tier::Quick, EVERYTHING, &[0; 8192]).expect("there is room"));
    }
}

/// The return addresses on the stack that lie within some memory, and those behind the last of them.
fn walk(code: core::ops::Range<usize>) -> (usize, usize) {
    let mut frames = [core::ptr::null_mut(); 64];
    // SAFETY: the array has as many places.
    let count = unsafe { libc::backtrace(frames.as_mut_ptr(), 64) } as usize;
    let inside = |frame: &*mut libc::c_void| code.contains(&frame.addr());
    let last = frames[..count].iter().rposition(inside);
    (
        frames[..count].iter().filter(|frame| inside(frame)).count(),
        last.map_or(0, |last| count - 1 - last),
    )
}

#[test]
fn the_stack_can_be_walked_through_it() {
    static SEEN: std::sync::Mutex<(usize, usize, usize, usize)> =
        std::sync::Mutex::new((0, 0, 0, 0));
    extern "C" fn look(number: u64) -> u64 {
        let mut seen = SEEN.lock().expect("nobody panics");
        (seen.2, seen.3) = walk(seen.0..seen.1);
        number
    }
    let context = Context::create();
    let ir = "declare hidden i64 @look(i64)
        define i64 @run() uwtable(async) { %x = call i64 @look(i64 1) %y = add i64 %x, 1 ret i64 %y }";
    let ir = MemoryBuffer::create_from_memory_range_copy(ir.as_bytes(), "test");
    let module = context.create_module_from_ir(ir).expect("well-formed");
    let backend = Backend::new(Tier::Hot).expect("LLVM knows this processor");
    backend.prepare(&module);
    let object = backend.object(&module).expect("LLVM compiles");
    let resolve = |name: &str| (name == "look").then_some(look as *const () as usize);
    let loaded = load(&RANGE, &object, &[], &resolve, false).expect("it links");
    let instructions = loaded.function("run").expect("it is exported");
    *SEEN.lock().expect("nobody panics") = (instructions.start, instructions.end, 0, 0);
    let address = instructions.start;
    // SAFETY: the address is that of a function of this type, which lives as long as `loaded`.
    let run: extern "C" fn() -> u64 = unsafe { core::mem::transmute(address) };
    assert_eq!(run(), 2);
    let (_, _, inside, behind) = *SEEN.lock().expect("nobody panics");
    assert_eq!(inside, 1, "the code itself");
    assert!(behind > 2, "its callers");
}

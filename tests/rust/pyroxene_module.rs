//! The module `pyroxene`, in the main interpreter and in one with a GIL of its own.
mod common;

use common::prefix::python;
use common::{run, with_python};
use pyroxene::config::check;
use pyroxene::ffi;

#[test]
fn it_tells_what_runs() {
    with_python(|| {
        run(c"
import pyroxene, sys
assert pyroxene.__name__ in sys.builtin_module_names
assert pyroxene.__name__ not in sys.stdlib_module_names
assert pyroxene.build == (pyroxene.build.profile, pyroxene.build.rustc, pyroxene.build.llvm, pyroxene.build.commit)
assert pyroxene.build.commit is None
assert ('Modules/main.c', 'src/main_program') in pyroxene.replaced(), pyroxene.replaced()
assert isinstance(pyroxene.library(), str)
assert pyroxene.library.__text_signature__ == '($module, /)'
");
    });
}

#[test]
fn it_has_the_version_of_the_crate() {
    with_python(|| {
        let code = format!(
            "import pyroxene; assert pyroxene.__version__ == {:?}",
            env!("CARGO_PKG_VERSION")
        );
        run(&std::ffi::CString::new(code).expect("no NUL in it"));
    });
}

#[test]
fn it_works_in_an_interpreter_with_its_own_gil() {
    with_python(|| {
        let _other = OtherInterpreter::new();
        run(c"
import pyroxene
assert pyroxene.replaced() and pyroxene.build and pyroxene.library()
");
    });
}

#[test]
fn it_tells_what_instructions_met_once_that_is_wanted() {
    // The compiler wants it, too.
    let program = "
import pyroxene

def name_of(thing):
    return thing.name if thing else None

def kinds(count):
    return [type(f'Kind{number}', (), {'__slots__': ('name',)}) for number in range(count)]

def meet(kinds):
    for kind in kinds:
        thing = kind()
        thing.name = 1
        # As often as the longest wait between two looks of the specialiser that an instruction of a few forms comes to.
        for _ in range(5000):
            name_of(thing)

code = name_of.__code__
meet(kinds(1))
assert pyroxene.seen(code) == ()
pyroxene.profile(True)
meet(kinds(3))
seen = [met for _, met in pyroxene.seen(code) if met[0][0].startswith('LOAD_ATTR')]
assert len(seen) == 1, seen
seen = seen[0]
assert [form for form, _ in seen] == ['LOAD_ATTR_SLOT'] * 3, seen
assert len({versions for _, versions in seen}) == 3, seen
assert pyroxene.jumps(code) and all(taken == 0 for _, taken in pyroxene.jumps(code))
name_of(None)
assert [taken for _, taken in pyroxene.jumps(code)] == [1]
pyroxene.profile(False)
assert pyroxene.seen(code) == ()
for function in pyroxene.seen, pyroxene.jumps:
    try:
        function(name_of)
    except TypeError as error:
        assert 'code object' in str(error)
    else:
        raise AssertionError
";
    let status = python().args(["-X", "jit=off", "-c", program]).status();
    assert!(status.expect("it starts").success(), "see above");
}

/// An interpreter that shares nothing with the main one; the thread is attached to it until this is dropped.
struct OtherInterpreter {
    main: *mut ffi::PyThreadState,
    other: *mut ffi::PyThreadState,
}

impl OtherInterpreter {
    fn new() -> Self {
        let config = ffi::PyInterpreterConfig {
            use_main_obmalloc: 0,
            allow_fork: 0,
            allow_exec: 0,
            allow_threads: 1,
            allow_daemon_threads: 0,
            check_multi_interp_extensions: 1,
            gil: ffi::PyInterpreterConfig_OWN_GIL as _,
        };
        let mut other = std::ptr::null_mut();
        // SAFETY: the thread is attached to the main interpreter; the state that is written is that of the new one.
        unsafe {
            let main = ffi::PyThreadState_Get();
            let status = ffi::Py_NewInterpreterFromConfig(&raw mut other, &raw const config);
            check(status).expect("the interpreter starts");
            Self { main, other }
        }
    }
}

impl Drop for OtherInterpreter {
    fn drop(&mut self) {
        // SAFETY: the thread is attached to the other interpreter, which has no other; then back to where it was.
        unsafe {
            ffi::Py_EndInterpreter(self.other);
            ffi::PyThreadState_Swap(self.main);
        }
    }
}

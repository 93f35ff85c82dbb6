//! The table of instructions against upstream's own tables, which `Python/compile.c` holds.
use crate::bytecode::Opcode;
use crate::ffi;
use core::ffi::{CStr, c_int};

fn all() -> impl Iterator<Item = Opcode> {
    (0..=u8::MAX).map(Opcode::new)
}

/// Arguments at which any of the formulas of the stack effects would differ from a wrong one.
const ARGUMENTS: [u32; 10] = [0, 1, 2, 3, 4, 7, 255, 256, 0x1234, 0xFFFF];

#[test]
fn names_are_upstreams() {
    for opcode in all() {
        // SAFETY: the table holds NULL or a C string for every number; nobody writes to it.
        let name = unsafe {
            let name = ffi::_PyOpcode_OpName[usize::from(opcode.number())];
            (!name.is_null()).then(|| CStr::from_ptr(name).to_str().expect("ASCII"))
        };
        assert_eq!(opcode.name(), name, "{}", opcode.number());
    }
}

#[test]
fn every_specialisation_belongs_to_upstreams_generic_instruction() {
    for opcode in all() {
        // SAFETY: a constant table.
        let deopt = unsafe { ffi::_PyOpcode_Deopt[usize::from(opcode.number())] };
        assert_eq!(opcode.generic().number(), deopt, "{opcode:?}");
        assert_eq!(opcode.generic().generic(), opcode.generic(), "{opcode:?}");
    }
}

#[test]
fn generic_instructions_have_upstreams_caches() {
    for opcode in all().filter(|opcode| opcode.generic() == *opcode && !opcode.is_instrumented()) {
        // SAFETY: a constant table.
        let caches = unsafe { ffi::_PyOpcode_Caches[usize::from(opcode.number())] };
        assert_eq!(opcode.caches(), usize::from(caches), "{opcode:?}");
    }
}

#[test]
fn all_instructions_have_the_caches_of_their_format() {
    for opcode in all() {
        // SAFETY: a constant table.
        let metadata = unsafe { ffi::_PyOpcode_opcode_metadata[usize::from(opcode.number())] };
        if metadata.valid_entry == 0 {
            assert!(
                opcode.name().is_none() || opcode == Opcode::INSTRUMENTED_LINE,
                "{opcode:?}"
            );
            continue;
        }
        let caches = match ffi::InstructionFormat::from(metadata.instr_format.cast_unsigned()) {
            ffi::INSTR_FMT_IB | ffi::INSTR_FMT_IX => 0,
            ffi::INSTR_FMT_IBC | ffi::INSTR_FMT_IXC => 1,
            ffi::INSTR_FMT_IBC00 | ffi::INSTR_FMT_IXC00 => 3,
            ffi::INSTR_FMT_IBC000 | ffi::INSTR_FMT_IXC000 => 4,
            ffi::INSTR_FMT_IBC00000000 => 9,
            other => panic!("{opcode:?} has an unknown format {other}"),
        };
        assert_eq!(opcode.caches(), caches, "{opcode:?}");
    }
}

#[test]
fn stack_effects_are_upstreams() {
    let upstream = |count: c_int| u32::try_from(count).ok();
    for opcode in all() {
        for oparg in ARGUMENTS {
            let (number, argument) = (c_int::from(opcode.number()), oparg.cast_signed());
            // SAFETY: functions of two numbers.
            let (popped, pushed) = unsafe {
                (
                    ffi::_PyOpcode_num_popped(number, argument),
                    ffi::_PyOpcode_num_pushed(number, argument),
                )
            };
            assert_eq!(opcode.popped(oparg), upstream(popped), "{opcode:?} {oparg}");
            assert_eq!(opcode.pushed(oparg), upstream(pushed), "{opcode:?} {oparg}");
        }
    }
}

#[test]
fn instrumented_instructions_are_those_that_are_called_so() {
    for opcode in all() {
        let by_name = opcode
            .name()
            .is_some_and(|name| name.starts_with("INSTRUMENTED_"));
        assert_eq!(opcode.is_instrumented(), by_name, "{opcode:?}");
    }
}

#[test]
fn an_instrumented_instruction_is_the_twin_of_the_one_it_is_named_after() {
    let marks = [Opcode::INSTRUMENTED_INSTRUCTION, Opcode::INSTRUMENTED_LINE];
    for opcode in all() {
        match opcode.twin_of() {
            Some(told) => {
                let name = told.name().expect("an instruction");
                assert_eq!(opcode.name(), Some(&*format!("INSTRUMENTED_{name}")));
                assert_eq!(told.twin(), Some(opcode));
                assert_eq!(told.generic(), told);
                assert_eq!(opcode.base(), told);
                // A twin counts as generic: that may be written over a mark, and hidden by one.
                assert_eq!(opcode.generic(), opcode);
            }
            None => assert_eq!(opcode.is_instrumented(), marks.contains(&opcode)),
        }
        if let Some(twin) = opcode.twin() {
            assert_eq!(twin.twin_of(), Some(opcode));
        }
    }
}

#[test]
fn jumps_are_counted_from_behind_the_instruction() {
    assert_eq!(Opcode::JUMP_FORWARD.jump_target(10, 4), Some(14));
    assert_eq!(Opcode::FOR_ITER.jump_target(10, 4), Some(14));
    assert_eq!(Opcode::JUMP_BACKWARD.jump_target(10, 4), Some(6));
    assert_eq!(Opcode::JUMP_BACKWARD.jump_target(3, 4), None);
    assert_eq!(Opcode::RESUME.jump_target(10, 4), None);
}

//! Types: from the values that edges bring to parameters, and from there on. Only ever narrower than they were.
use crate::dominators::Dominators;
use crate::function::Function;
use crate::result::result;
use crate::types::{Classes, Type};
use pyroxene_jit_api::Snapshot;

/// Computes them again. It starts with what is known, so that it may stop at any time; two rounds are nearly always enough.
pub fn run(function: &mut Function, snapshot: &Snapshot) {
    let order = Dominators::new(function).order().to_vec();
    for _ in 0..2 {
        let mut brought = vec![Classes::EMPTY; function.values.len()];
        for &block in &order {
            for edge in function.edges(block) {
                let parameters = &function[edge.to].parameters;
                for (parameter, argument) in parameters.iter().zip(&edge.arguments) {
                    let known = &mut brought[parameter.index()];
                    *known = *known | function.ty(*argument).classes();
                }
            }
        }
        for &block in &order {
            for parameter in function[block].parameters.clone() {
                if let Type::Object(classes) = function.ty(parameter) {
                    let narrowed = classes & brought[parameter.index()];
                    function[parameter].ty = Type::Object(narrowed);
                }
            }
            for value in function[block].insns.clone() {
                function[value].ty = result(function, snapshot, value);
            }
        }
    }
}

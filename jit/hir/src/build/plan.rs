//! `Plan`: how locals and places of the stack arrive in loop headers, learned from one attempt to build to the next.
//!
//! A loop header is built before the edges that lead back to it. Each attempt assumes a shape for what arrives there; an edge
//! back that brings something else corrects the plan, and the code is built again. What the iterations bring decides, and
//! what comes from before the loop is converted with a guard where it can be.
use crate::build::state::Shape;
use crate::types::Classes;
use std::collections::HashMap;

/// A loop header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Header {
    /// Which of the inlined calls it belongs to, or 0.
    pub site: usize,
    /// Which block of bytecode it is.
    pub block: usize,
}

/// A local, or a place of the stack counted from its bottom.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// A local.
    Local(usize),
    /// A place of the stack.
    Stack(usize),
}

/// How often the plan for one place may be corrected before it is given up: any object may arrive then.
const CORRECTIONS: u32 = 4;

/// How often all of it may be corrected before that is done for all places.
const ATTEMPTS: u32 = 40;

/// How locals and places of the stack arrive in loop headers.
#[derive(Default)]
pub struct Plan {
    shapes: HashMap<(Header, Place), (Shape, u32)>,
    /// The inlined calls, by where they are: the same number in each attempt.
    sites: HashMap<(usize, u32, u32), usize>,
    attempts: u32,
}

impl Plan {
    /// The shape for a place at a header, if there is something to say.
    pub fn shape(&self, header: Header, place: Place) -> Option<Shape> {
        if self.given_up() {
            return Some(Shape::Object(Classes::ANY));
        }
        Some(self.shapes.get(&(header, place))?.0)
    }

    /// Whether no more is to be learned of a place.
    pub fn is_final(&self, header: Header, place: Place) -> bool {
        let corrected = self.shapes.get(&(header, place));
        self.given_up() || corrected.is_some_and(|(_, corrections)| *corrections >= CORRECTIONS)
    }

    /// Corrects the plan.
    pub fn correct(&mut self, header: Header, place: Place, shape: Shape) {
        let (planned, corrections) = self.shapes.entry((header, place)).or_insert((shape, 0));
        *corrections += 1;
        *planned = if *corrections >= CORRECTIONS {
            Shape::Object(Classes::ANY)
        } else {
            shape
        };
    }

    /// The number of an inlined call: of which other one it is a part, at which instruction, and of which callee.
    pub fn site(&mut self, outer: usize, call: u32, callee: u32) -> usize {
        let next = self.sites.len() + 1;
        *self.sites.entry((outer, call, callee)).or_insert(next)
    }

    /// Counts an attempt.
    pub fn attempt(&mut self) {
        self.attempts += 1;
    }

    fn given_up(&self) -> bool {
        self.attempts > ATTEMPTS
    }
}

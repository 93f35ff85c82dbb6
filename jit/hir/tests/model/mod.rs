//! A model of the runtime, small enough to be right: objects with reference counts, frames, an evaluator of bytecode and one
//! of HIR. What the two do to a frame must be the same, wherever HIR leaves.
#![allow(dead_code, reason = "not every test program needs all of it")]
pub mod bytecode;
pub mod driver;
pub mod frames;
pub mod hir;
pub mod thread;

use pyroxene_jit_api::{Class, Known, Object, ObjectId, Snapshot};
use thread::{Look, Thread};

/// A reference to an object of the heap; NULL is none.
pub type Ref = Option<usize>;

#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    RangeIterator {
        start: i64,
        step: i64,
        left: i64,
    },
    SequenceIterator {
        index: usize,
        sequence: Ref,
    },
    /// Something whose death is seen.
    Instance(u32),
    /// One of the snapshot's callees. Its death is seen too.
    Function(u32),
}

#[derive(Clone, Debug)]
pub struct Cell {
    pub thing: Thing,
    pub count: i64,
    /// Whether nobody counts.
    pub immortal: bool,
}

/// All objects. Objects that died stay, with a count of zero, so that a late use is noticed.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    pub cells: Vec<Cell>,
    /// What has died and nobody has [seen](Self::see_deaths) yet.
    dying: Vec<Thing>,
    /// Deaths in order, with the frames as they were then.
    pub deaths: Vec<Death>,
    /// The frames that were left by what was raised.
    pub traceback: Vec<Look>,
    /// The objects of the snapshot, to which it holds references.
    pub objects: Vec<usize>,
}

/// A death, and what a destructor could look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    pub of: Thing,
    pub frames: Vec<Look>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Returned(String),
    Raised(&'static str),
}

impl Thing {
    /// What it looks like, if there is nothing in it.
    pub fn show(&self) -> String {
        match self {
            Self::Float(number) => format!("{number:?}/{:x}", number.to_bits()),
            other => format!("{other:?}"),
        }
    }
}

impl Heap {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut heap = Self::default();
        for Object {
            known, immortal, ..
        } in &snapshot.objects
        {
            let thing = match known {
                Known::None => Thing::None,
                Known::Bool(truth) => Thing::Bool(*truth),
                Known::Int(number) => Thing::Int(*number),
                Known::Float(number) => Thing::Float(*number),
                Known::Builtin(_) | Known::Instance(_) | Known::Nothing => {
                    Thing::Str("constant".to_owned())
                }
            };
            let object = heap.add(thing);
            heap.cells[object].immortal = *immortal;
            heap.objects.push(object);
        }
        heap
    }

    pub fn add(&mut self, thing: Thing) -> usize {
        // There is one of each.
        let immortal = matches!(thing, Thing::None | Thing::Bool(_));
        let same = |cell: &Cell| immortal && cell.thing == thing;
        if let Some(object) = self.cells.iter().position(same) {
            return object;
        }
        self.cells.push(Cell {
            thing,
            count: 1,
            immortal,
        });
        self.cells.len() - 1
    }

    pub fn object(&self, object: ObjectId) -> usize {
        self.objects[object.0 as usize]
    }

    pub fn thing(&self, object: usize) -> &Thing {
        assert!(self.cells[object].count > 0, "object {object} is dead");
        &self.cells[object].thing
    }

    pub fn thing_mut(&mut self, object: usize) -> &mut Thing {
        assert!(self.cells[object].count > 0, "object {object} is dead");
        &mut self.cells[object].thing
    }

    pub fn retain(&mut self, object: Ref) {
        if let Some(object) = object {
            assert!(self.cells[object].count > 0, "object {object} is dead");
            self.cells[object].count += i64::from(!self.cells[object].immortal);
        }
    }

    pub fn release(&mut self, object: Ref) {
        let Some(object) = object else { return };
        assert!(self.cells[object].count > 0, "object {object} is dead");
        self.cells[object].count -= i64::from(!self.cells[object].immortal);
        if self.cells[object].count == 0 {
            match self.cells[object].thing.clone() {
                Thing::List(items) | Thing::Tuple(items) => {
                    for item in items {
                        self.release(Some(item));
                    }
                }
                Thing::SequenceIterator { sequence, .. } => self.release(sequence),
                thing @ (Thing::Instance(_) | Thing::Function(_)) => self.dying.push(thing),
                Thing::None
                | Thing::Bool(_)
                | Thing::Int(_)
                | Thing::Float(_)
                | Thing::Str(_)
                | Thing::RangeIterator { .. } => {}
            }
        }
    }

    /// Those who look see the frames so when something has just died.
    pub fn see_deaths(&mut self, frames: impl FnOnce(&Self) -> Vec<Look>) {
        if self.dying.is_empty() {
            return;
        }
        let frames = frames(self);
        for of in core::mem::take(&mut self.dying) {
            let frames = frames.clone();
            self.deaths.push(Death { of, frames });
        }
    }

    pub fn class(&self, object: Ref) -> Option<Class> {
        Some(match self.thing(object?) {
            Thing::None => Class::None,
            Thing::Bool(_) => Class::Bool,
            Thing::Int(_) => Class::Int,
            Thing::Float(_) => Class::Float,
            Thing::Str(_) => Class::Str,
            Thing::List(_) => Class::List,
            Thing::Tuple(_) => Class::Tuple,
            Thing::RangeIterator { .. } => Class::RangeIterator,
            Thing::SequenceIterator { sequence, .. } => match sequence.map(|of| self.thing(of)) {
                Some(Thing::Tuple(_)) => Class::TupleIterator,
                _ => Class::ListIterator,
            },
            Thing::Instance(_) => Class::Other,
            Thing::Function(_) => Class::Function,
        })
    }

    /// What an object looks like, without its identity.
    pub fn show(&self, object: Ref) -> String {
        let Some(object) = object else {
            return "NULL".to_owned();
        };
        match self.thing(object) {
            Thing::List(items) => format!("{:?}", self.show_all(items)),
            Thing::Tuple(items) => format!("tuple{:?}", self.show_all(items)),
            Thing::SequenceIterator { index, sequence } => {
                format!("iterator({index}, {})", self.show(*sequence))
            }
            other => other.show(),
        }
    }

    fn show_all(&self, items: &[usize]) -> Vec<String> {
        items.iter().map(|item| self.show(Some(*item))).collect()
    }

    /// Checks that every count is the number of references that there are.
    pub fn check_counts(&self, thread: &Thread, held: &[usize]) {
        let mut counts = vec![0; self.cells.len()];
        let mut count = |object: Ref| {
            if let Some(object) = object {
                counts[object] += 1;
            }
        };
        for frame in &thread.frames {
            frame.locals.iter().copied().for_each(&mut count);
            frame.stack.iter().copied().for_each(&mut count);
            count(frame.function);
        }
        count(thread.handled);
        held.iter().copied().map(Some).for_each(&mut count);
        self.objects.iter().copied().map(Some).for_each(&mut count);
        for cell in self.cells.iter().filter(|cell| cell.count > 0) {
            match &cell.thing {
                Thing::List(items) | Thing::Tuple(items) => {
                    items.iter().copied().map(Some).for_each(&mut count);
                }
                Thing::SequenceIterator { sequence, .. } => count(*sequence),
                _ => {}
            }
        }
        let counted = |(_, cell): &(usize, &Cell)| !cell.immortal;
        for (object, cell) in self.cells.iter().enumerate().filter(counted) {
            assert_eq!(
                cell.count, counts[object],
                "count of object {object}, {:?}",
                cell.thing
            );
        }
    }
}

/// Python's floor division of floats.
pub fn float_floor_divide(left: f64, right: f64) -> f64 {
    let remainder = float_remainder(left, right);
    let quotient = (left - remainder) / right;
    if quotient == 0.0 {
        return 0.0_f64.copysign(left / right);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    }
}

/// Python's remainder of floats.
pub fn float_remainder(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    if remainder == 0.0 {
        0.0_f64.copysign(right)
    } else if (remainder < 0.0) != (right < 0.0) {
        remainder + right
    } else {
        remainder
    }
}

/// The places of a sequence that a slice names.
pub fn places(size: usize, start: i64, stop: i64, step: i64) -> Vec<usize> {
    let size = i64::try_from(size).unwrap();
    let (least, most) = if step < 0 { (-1, size - 1) } else { (0, size) };
    let cut = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(size)
        } else {
            bound
        };
        bound.clamp(least, most)
    };
    let (mut place, stop) = (cut(start), cut(stop));
    let mut places = Vec::new();
    while if step < 0 { place > stop } else { place < stop } {
        places.push(usize::try_from(place).unwrap());
        place += step;
    }
    places
}

/// The part of a sequence that a slice without a step names.
pub fn part(size: usize, start: i64, stop: i64) -> core::ops::Range<usize> {
    let places = places(size, start, stop, 1);
    let first = places.first().copied().unwrap_or_else(|| {
        let size = i64::try_from(size).unwrap();
        let start = if start < 0 {
            start.saturating_add(size)
        } else {
            start
        };
        usize::try_from(start.clamp(0, size)).unwrap()
    });
    first..first + places.len()
}

//! The frames that a thread of the model runs.
use super::{Heap, Ref};
use pyroxene_jit_api::{Body, Snapshot};

/// A frame: its slots own references.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What it runs: one of the snapshot's inlined bodies, or the code itself.
    pub inlined: Option<u32>,
    /// The function that was called.
    pub function: Ref,
    pub locals: Vec<Ref>,
    pub stack: Vec<Ref>,
    /// The instruction at which it stands.
    pub at: u32,
    /// Where it goes on when what it has called returns.
    pub next: u32,
}

/// The frames, and the exception that is being handled.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    pub frames: Vec<Frame>,
    pub handled: Ref,
}

/// What can be seen of a frame by looking at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub name: String,
    pub at: u32,
    pub locals: Vec<String>,
}

impl Frame {
    pub fn body<'a>(&self, snapshot: &'a Snapshot) -> &'a Body {
        match self.inlined {
            Some(body) => &snapshot.inlined[body as usize],
            None => &snapshot.body,
        }
    }

    pub fn look(&self, snapshot: &Snapshot, heap: &Heap) -> Look {
        Look {
            name: self.body(snapshot).name.clone(),
            at: self.at,
            locals: self.locals.iter().map(|local| heap.show(*local)).collect(),
        }
    }
}

impl Thread {
    /// The innermost frame.
    pub fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a frame runs")
    }

    /// The frames from the outermost.
    pub fn look(&self, snapshot: &Snapshot, heap: &Heap) -> Vec<Look> {
        let frames = self.frames.iter();
        frames.map(|frame| frame.look(snapshot, heap)).collect()
    }

    /// Takes the innermost frame away, with all that it holds.
    pub fn pop(&mut self, heap: &mut Heap) {
        let frame = self.frames.pop().expect("a frame runs");
        for value in frame.stack.into_iter().rev() {
            heap.release(value);
        }
        for value in frame.locals.into_iter().chain([frame.function]) {
            heap.release(value);
        }
    }
}

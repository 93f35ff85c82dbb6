//! One walk over all blocks of a code object.
use crate::build::builder::Builder;
use crate::build::code::Instruction;
use crate::build::inlining::Prepared;
use crate::build::merge::{Arrival, Incoming, Target};
use crate::build::plan::{Header, Plan};
use pyroxene_jit_api::{Reason, Refusal};

/// One walk over all blocks of a code object.
pub struct Walk<'a> {
    prepared: &'a Prepared<'a>,
    /// Which of the inlined calls it is, or 0.
    site: usize,
    /// Edges to blocks that are not built yet.
    incoming: Vec<Vec<Incoming>>,
    /// The loop headers that are.
    arrivals: Vec<Option<Arrival>>,
}

impl<'a> Walk<'a> {
    /// A walk that has not begun. Edges must [lead](Self::arrive) to where it begins.
    pub fn new(prepared: &'a Prepared<'a>, site: usize) -> Self {
        let count = prepared.blocks.order.len();
        Self {
            prepared,
            site,
            incoming: (0..count).map(|_| Vec::new()).collect(),
            arrivals: vec![None; count],
        }
    }

    /// Leads an edge to a block that is not built yet.
    pub fn arrive(&mut self, index: usize, edge: Incoming) {
        self.incoming[index].push(edge);
    }

    /// Builds all blocks. False if the plan had to be corrected.
    pub fn run(mut self, builder: &mut Builder<'a>, plan: &mut Plan) -> Result<bool, Refusal> {
        for index in 0..self.prepared.blocks.order.len() {
            let mut outgoing = core::mem::take(&mut builder.outgoing);
            if self.start(builder, index, plan) && !self.walk(builder, index, plan)? {
                return Ok(false);
            }
            core::mem::swap(&mut outgoing, &mut builder.outgoing);
            for (target, edge) in outgoing {
                let to = self.prepared.blocks.by_offset[&target];
                if to > index {
                    self.incoming[to].push(edge);
                } else if !self.lead_back(builder, to, edge, plan) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Starts a block of bytecode; whether anything leads there.
    fn start(&mut self, builder: &mut Builder<'a>, index: usize, plan: &Plan) -> bool {
        let mut edges = core::mem::take(&mut self.incoming[index]);
        let block = &self.prepared.blocks.order[index];
        if edges.len() == 1 && !block.is_header {
            let edge = edges.remove(0);
            builder.enter(edge.block, edge.state);
            return true;
        }
        if edges.is_empty() {
            return false;
        }
        builder.at = block.instructions[0];
        let target = self.target(builder, index, Some(plan));
        let Some(arrival) = builder.arrive(&target, edges) else {
            return false;
        };
        builder.enter(arrival.block, arrival.state.clone());
        self.arrivals[index] = Some(arrival);
        true
    }

    /// Builds the instructions of a block. False if the plan had to be corrected.
    fn walk(
        &mut self,
        builder: &mut Builder<'a>,
        index: usize,
        plan: &mut Plan,
    ) -> Result<bool, Refusal> {
        let block = &self.prepared.blocks.order[index];
        let instructions: &[Instruction] = &block.instructions;
        if block.is_cold {
            builder.begin(instructions[0]);
            builder.exit(Reason::Cold);
            return Ok(true);
        }
        for (index, &instruction) in instructions.iter().enumerate() {
            if core::mem::take(&mut builder.skips) {
                continue;
            }
            builder.begin(instruction);
            builder.following = instructions.get(index + 1).copied();
            builder.instruction()?;
            if !builder.begun.is_empty() && !builder.inline(self.site, plan)? {
                return Ok(false);
            }
            if builder.ended {
                return Ok(true);
            }
        }
        let next = builder.at.next;
        builder.go_on(next);
        Ok(true)
    }

    /// Leads an edge to a header that is built; whether the plan was right.
    fn lead_back(
        &mut self,
        builder: &mut Builder<'a>,
        to: usize,
        edge: Incoming,
        plan: &mut Plan,
    ) -> bool {
        let target = self.target(builder, to, None);
        builder.enter(edge.block, edge.state);
        builder.begin(self.prepared.blocks.order[to].instructions[0]);
        let Some(arrival) = self.arrivals[to].take() else {
            // All that would have led to the header from before its loop leaves earlier.
            builder.exit(Reason::NotCompiled);
            return true;
        };
        let fits = builder.fits(&target, &arrival, plan);
        if fits {
            builder.lead(&arrival);
        }
        self.arrivals[to] = Some(arrival);
        fits
    }

    fn target<'p>(
        &self,
        builder: &Builder<'a>,
        index: usize,
        plan: Option<&'p Plan>,
    ) -> Target<'p> {
        let blocks = &self.prepared.blocks;
        let block = &blocks.order[index];
        let offset = block.instructions[0].offset;
        let written = blocks.written_in_loop(index);
        let own = self.prepared.code.body.locals.len();
        // Whoever has called it may read all that he has, and writes nothing meanwhile.
        let first = builder.callers.iter().map(|caller| caller.locals()).sum();
        let of_callers = |is| core::iter::repeat_n(is, first);
        let snapshot = builder.snapshot;
        Target {
            index: Header {
                site: self.site,
                block: index,
            },
            plan: plan.filter(|_| block.is_header),
            is_entry: builder.callers.is_empty()
                && snapshot.entries.iter().any(|entry| entry.offset == offset),
            is_resumed: builder.resumed.contains_key(&builder.frame),
            live: of_callers(true)
                .chain((0..own).map(|slot| block.live.contains(slot)))
                .collect(),
            written: of_callers(false)
                .chain((0..own).map(|slot| written.contains(slot)))
                .collect(),
        }
    }
}

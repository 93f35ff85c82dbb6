//! Which blocks are passed on every way to a block.
use crate::function::{BlockId, Function};

/// The blocks of a function in reverse postorder from its entries, and the immediate dominator of each.
pub struct Dominators {
    order: Vec<BlockId>,
    /// The place of a block in the order.
    position: Vec<Option<usize>>,
    /// The immediate dominator's place; that of a block that several entries lead to independently is none, as is that of an
    /// entry.
    immediate: Vec<Option<usize>>,
}

impl Dominators {
    /// Computes them (the algorithm of Cooper, Harvey and Kennedy).
    pub fn new(function: &Function) -> Self {
        let order = reverse_postorder(function);
        let mut position = vec![None; function.blocks.len()];
        for (place, block) in order.iter().enumerate() {
            position[block.index()] = Some(place);
        }
        let mut predecessors = vec![Vec::new(); order.len()];
        for (place, block) in order.iter().enumerate() {
            for edge in function.edges(*block) {
                if let Some(to) = position[edge.to.index()] {
                    predecessors[to].push(place);
                }
            }
        }
        // Place 0 is a root before all entries; a block's place is its place in the order and 1.
        let mut immediate: Vec<Option<usize>> = vec![None; order.len() + 1];
        immediate[0] = Some(0);
        let is_entry = |block: BlockId| function.entries.iter().any(|entry| entry.block == block);
        let mut changed = true;
        while changed {
            changed = false;
            for (place, block) in order.iter().enumerate() {
                let mut new = is_entry(*block).then_some(0);
                for predecessor in &predecessors[place] {
                    if immediate[predecessor + 1].is_none() {
                        continue;
                    }
                    new = Some(match new {
                        None => predecessor + 1,
                        Some(other) => meet(&immediate, other, predecessor + 1),
                    });
                }
                if immediate[place + 1] != new {
                    immediate[place + 1] = new;
                    changed = true;
                }
            }
        }
        let immediate = immediate[1..]
            .iter()
            .map(|dominator| dominator.and_then(|place| place.checked_sub(1)))
            .collect();
        Self {
            order,
            position,
            immediate,
        }
    }

    /// The blocks that the entries lead to, in reverse postorder.
    pub fn order(&self) -> &[BlockId] {
        &self.order
    }

    /// Whether the entries lead to a block.
    pub fn reaches(&self, block: BlockId) -> bool {
        self.position[block.index()].is_some()
    }

    /// The next block that is passed on every way to a block.
    pub fn immediate(&self, block: BlockId) -> Option<BlockId> {
        let place = self.position[block.index()]?;
        Some(self.order[self.immediate[place]?])
    }

    /// Whether every way to a block passes another, or they are the same.
    pub fn dominates(&self, dominator: BlockId, block: BlockId) -> bool {
        let (Some(above), Some(mut below)) = (
            self.position[dominator.index()],
            self.position[block.index()],
        ) else {
            return false;
        };
        while below > above {
            match self.immediate[below] {
                Some(next) => below = next,
                None => return false,
            }
        }
        below == above
    }
}

/// The nearest place that dominates both.
fn meet(immediate: &[Option<usize>], one: usize, other: usize) -> usize {
    let (mut one, mut other) = (one, other);
    while one != other {
        if one > other {
            one = immediate[one].unwrap_or(0);
        } else {
            other = immediate[other].unwrap_or(0);
        }
    }
    one
}

/// The blocks that the entries lead to, each before those that it leads to where there are no loops.
fn reverse_postorder(function: &Function) -> Vec<BlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let mut postorder = Vec::new();
    for entry in &function.entries {
        if core::mem::replace(&mut seen[entry.block.index()], true) {
            continue;
        }
        let mut stack = vec![(entry.block, 0)];
        while let Some((block, next)) = stack.last_mut() {
            let block = *block;
            let edges = function.edges(block);
            // The last edge first: it comes last in the order then.
            match edges.iter().rev().nth(*next) {
                Some(edge) => {
                    *next += 1;
                    if !core::mem::replace(&mut seen[edge.to.index()], true) {
                        stack.push((edge.to, 0));
                    }
                }
                None => {
                    stack.pop();
                    postorder.push(block);
                }
            }
        }
    }
    postorder.reverse();
    postorder
}

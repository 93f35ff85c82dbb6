//! The blocks of bytecode, in an order in which most are built after those that lead to them; how high the stack is at each;
//! which locals are read later.
use crate::build::code::{Code, Flow, Instruction};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::Refusal;
use std::collections::{BTreeMap, BTreeSet};

/// A block of bytecode.
#[derive(Clone, Debug)]
pub struct CodeBlock {
    /// Its instructions.
    pub instructions: Vec<Instruction>,
    /// Where it leads to, as indices into [`Blocks::order`].
    pub successors: Vec<usize>,
    /// Those of them to which it leads by raising, from within.
    handlers: Vec<usize>,
    /// Whether a later block of the order leads to it.
    pub is_header: bool,
    /// The last block of the order that leads to it, if it is a header.
    pub last_latch: usize,
    /// Whether it is not worth compiling: control does not come back from there to where the code is entered.
    pub is_cold: bool,
    /// The locals that may be read before they are written, at its start.
    pub live: Locals,
    /// The locals that it writes.
    pub written: Locals,
}

/// A set of locals.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Locals(Vec<u64>);

impl Locals {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    /// Whether the local is a member.
    pub fn contains(&self, slot: usize) -> bool {
        self.0[slot / 64] & 1 << (slot % 64) != 0
    }

    fn insert(&mut self, slot: usize) {
        self.0[slot / 64] |= 1 << (slot % 64);
    }

    /// Adds the members of another set.
    pub fn unite(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// Adds those of one set that are not in the other; whether that changed anything.
    fn unite_without(&mut self, other: &Self, without: &Self) -> bool {
        let mut changed = false;
        for ((mine, theirs), without) in self.0.iter_mut().zip(&other.0).zip(&without.0) {
            let united = *mine | theirs & !without;
            changed |= united != *mine;
            *mine = united;
        }
        changed
    }
}

/// The blocks that the entries lead to.
pub struct Blocks {
    /// In reverse postorder from the entries.
    pub order: Vec<CodeBlock>,
    /// Which block starts at an offset.
    pub by_offset: BTreeMap<u32, usize>,
}

impl Blocks {
    /// Finds the blocks.
    pub fn new(code: &Code<'_>, mut entries: Vec<u32>) -> Result<Self, Refusal> {
        // In the order of the code, so that outer loops are found before inner ones.
        entries.sort_unstable();
        let starts = starts(code, &entries)?;
        let mut blocks = Self::ordered(code, &entries, &starts)?;
        blocks.find_headers();
        blocks.find_cold(code, &entries);
        blocks.find_live(code)?;
        Ok(blocks)
    }

    fn ordered(code: &Code<'_>, entries: &[u32], starts: &BTreeSet<u32>) -> Result<Self, Refusal> {
        let mut seen = BTreeSet::new();
        let mut postorder = Vec::new();
        for &entry in entries {
            if !seen.insert(entry) {
                continue;
            }
            let mut stack = vec![(entry, targets(code, entry, starts)?, 0)];
            while let Some((_, targets_of, next)) = stack.last_mut() {
                // What is jumped to is visited first and comes later in the order than what follows at once.
                if let Some(&target) = targets_of.iter().rev().nth(*next) {
                    *next += 1;
                    if seen.insert(target) {
                        let further = targets(code, target, starts)?;
                        stack.push((target, further, 0));
                    }
                } else if let Some((offset, _, _)) = stack.pop() {
                    postorder.push(offset);
                }
            }
        }
        let by_offset: BTreeMap<u32, usize> = postorder
            .iter()
            .rev()
            .enumerate()
            .map(|(index, offset)| (*offset, index))
            .collect();
        let mut order = Vec::new();
        for &offset in postorder.iter().rev() {
            let successors = targets(code, offset, starts)?;
            let instructions = instructions(code, offset, starts)?;
            let handlers = handlers(&instructions);
            order.push(CodeBlock {
                instructions,
                successors: successors.iter().map(|target| by_offset[target]).collect(),
                handlers: handlers.iter().map(|target| by_offset[target]).collect(),
                is_header: false,
                last_latch: 0,
                is_cold: false,
                live: Locals::default(),
                written: Locals::default(),
            });
        }
        Ok(Self { order, by_offset })
    }

    fn find_headers(&mut self) {
        for index in 0..self.order.len() {
            for successor in self.order[index].successors.clone() {
                if successor <= index {
                    let header = &mut self.order[successor];
                    header.is_header = true;
                    header.last_latch = header.last_latch.max(index);
                }
            }
        }
    }

    /// Where code is entered only in loops, as that of a module is, what comes after them runs once for each time they do.
    fn find_cold(&mut self, code: &Code<'_>, entries: &[u32]) {
        let is_loop = |entry: &u32| self.order[self.by_offset[entry]].is_header;
        if code.is_entered_at_start(entries) || !entries.iter().all(is_loop) {
            return;
        }
        let mut comes_back = vec![false; self.order.len()];
        for entry in entries {
            comes_back[self.by_offset[entry]] = true;
        }
        // What raises into a handler that is not compiled may come back: it is counted how often it does.
        for (block, comes_back) in self.order.iter().zip(&mut comes_back) {
            let last = block.instructions.last();
            *comes_back |= last.is_some_and(|last| code.raises_to_handler(*last));
        }
        let mut changed = true;
        while changed {
            changed = false;
            for (index, block) in self.order.iter().enumerate().rev() {
                if !comes_back[index] && block.successors.iter().any(|&next| comes_back[next]) {
                    comes_back[index] = true;
                    changed = true;
                }
            }
        }
        for (block, comes_back) in self.order.iter_mut().zip(comes_back) {
            block.is_cold = !comes_back;
        }
    }

    fn find_live(&mut self, code: &Code<'_>) -> Result<(), Refusal> {
        let count = code.body.locals.len();
        for block in &mut self.order {
            block.live = Locals::new(count);
            block.written = Locals::new(count);
            for instruction in &block.instructions {
                for access in accesses(*instruction) {
                    let slot = access.slot as usize;
                    if slot >= count {
                        let offset = instruction.offset;
                        return Err(Refusal::Malformed { offset });
                    }
                    if access.reads && !block.written.contains(slot) {
                        block.live.insert(slot);
                    }
                    if access.writes {
                        block.written.insert(slot);
                    }
                }
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for index in (0..self.order.len()).rev() {
                for successor in self.order[index].successors.clone() {
                    let live = self.order[successor].live.clone();
                    let block = &mut self.order[index];
                    changed |= block.live.unite_without(&live, &block.written);
                }
                // There, what it writes may not be written yet.
                for handler in self.order[index].handlers.clone() {
                    let live = self.order[handler].live.clone();
                    let nothing = Locals::new(count);
                    let block = &mut self.order[index];
                    changed |= block.live.unite_without(&live, &nothing);
                }
            }
        }
        Ok(())
    }

    /// The locals that the loop of a header may write.
    pub fn written_in_loop(&self, header: usize) -> Locals {
        let mut written = self.order[header].written.clone();
        for block in &self.order[header..=self.order[header].last_latch.max(header)] {
            written.unite(&block.written);
        }
        written
    }
}

/// What an instruction does with a local.
struct Access {
    slot: u32,
    reads: bool,
    writes: bool,
}

/// What an instruction does with locals, in order.
fn accesses(instruction: Instruction) -> Vec<Access> {
    let oparg = instruction.oparg;
    let read = |slot| Access {
        slot,
        reads: true,
        writes: false,
    };
    let write = |slot| Access {
        slot,
        reads: false,
        writes: true,
    };
    match instruction.opcode.generic() {
        Opcode::LOAD_FAST | Opcode::LOAD_FAST_CHECK | Opcode::LOAD_DEREF => vec![read(oparg)],
        Opcode::LOAD_FAST_AND_CLEAR | Opcode::DELETE_FAST => vec![read(oparg), write(oparg)],
        Opcode::LOAD_FAST_LOAD_FAST => vec![read(oparg >> 4), read(oparg & 15)],
        Opcode::STORE_FAST => vec![write(oparg)],
        Opcode::STORE_DEREF => vec![read(oparg)],
        Opcode::STORE_FAST_LOAD_FAST => vec![write(oparg >> 4), read(oparg & 15)],
        Opcode::STORE_FAST_STORE_FAST => vec![write(oparg >> 4), write(oparg & 15)],
        _ => Vec::new(),
    }
}

/// The instructions of the block that starts at an offset.
fn instructions(
    code: &Code<'_>,
    start: u32,
    starts: &BTreeSet<u32>,
) -> Result<Vec<Instruction>, Refusal> {
    let mut found = Vec::new();
    let mut offset = start;
    loop {
        let instruction = code.at(offset)?;
        found.push(instruction);
        offset = instruction.next;
        if instruction.flow()? != Flow::Next || starts.contains(&offset) {
            return Ok(found);
        }
    }
}

/// Where the block that starts at an offset leads to.
fn targets(code: &Code<'_>, start: u32, starts: &BTreeSet<u32>) -> Result<Vec<u32>, Refusal> {
    let found = instructions(code, start, starts)?;
    let last = found.last().ok_or(Refusal::Malformed { offset: start })?;
    let mut targets = match last.flow()? {
        Flow::Next => vec![last.next],
        Flow::Jump(target) => vec![target],
        Flow::Branch(target) => vec![last.next, target],
        Flow::End => Vec::new(),
    };
    targets.extend(handlers(&found));
    Ok(targets)
}

/// Where some instructions lead to by raising.
fn handlers(instructions: &[Instruction]) -> BTreeSet<u32> {
    let handlers = instructions.iter().filter_map(|each| each.handler);
    handlers.map(|handler| handler.target).collect()
}

/// Where blocks start: at entries, at what is jumped to, after jumps, at handlers.
fn starts(code: &Code<'_>, entries: &[u32]) -> Result<BTreeSet<u32>, Refusal> {
    let mut starts: BTreeSet<u32> = entries.iter().copied().collect();
    let mut seen = BTreeSet::new();
    let mut pending: Vec<u32> = entries.to_vec();
    while let Some(mut offset) = pending.pop() {
        while seen.insert(offset) {
            let instruction = code.at(offset)?;
            if let Some(handler) = instruction.handler {
                starts.insert(handler.target);
                pending.push(handler.target);
            }
            match instruction.flow()? {
                Flow::Next => {
                    // Others may come there by way of the one that it does too.
                    starts.extend(instruction.also.map(|_| instruction.next));
                }
                Flow::Jump(target) => {
                    starts.insert(target);
                    pending.push(target);
                    break;
                }
                Flow::Branch(target) => {
                    starts.extend([instruction.next, target]);
                    pending.push(target);
                }
                Flow::End => break,
            }
            offset = instruction.next;
        }
    }
    Ok(starts)
}

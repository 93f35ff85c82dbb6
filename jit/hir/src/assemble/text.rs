//! One code of a text: its instructions, before it is known where they are.
use super::{class_named, number};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{
    Body, Entry, Failure, Handler, OPERANDS, Operand, Reason, Sight, Sights, Site, Unit,
};
use std::collections::HashMap;

/// One code of a text.
#[derive(Default)]
pub struct Text {
    /// What does not depend on where instructions are.
    pub body: Body,
    /// Before which line each label stands.
    pub labels: HashMap<String, usize>,
    /// The instructions.
    pub lines: Vec<Line>,
    /// Directives that name labels.
    pub later: Vec<Vec<String>>,
}

/// An instruction whose place is not known yet.
pub struct Line {
    /// What it does.
    pub opcode: Opcode,
    /// To what.
    pub argument: Argument,
    /// The last is what is known now.
    pub sights: Vec<Sight>,
    /// What operands it has met.
    pub operands: Vec<[Operand; OPERANDS]>,
}

/// The argument of an instruction.
pub enum Argument {
    /// As it is.
    Number(u32),
    /// Of a jump: where it leads to.
    Label(String),
}

impl Text {
    /// The code, and where it is entered.
    pub fn finish(mut self) -> Result<(Body, Vec<Entry>), String> {
        let (offsets, arguments) = self.place()?;
        for ((line, offset), argument) in self.lines.iter().zip(&offsets).zip(&arguments) {
            let mut at = *offset;
            for shift in (1..extensions(*argument) + 1).rev() {
                self.body.units.push(Unit {
                    opcode: Opcode::EXTENDED_ARG.number(),
                    oparg: (*argument >> (8 * shift)).to_le_bytes()[0],
                });
                at += 1;
            }
            self.body.units.push(Unit {
                opcode: line.opcode.number(),
                oparg: argument.to_le_bytes()[0],
            });
            let cache = Unit {
                opcode: Opcode::CACHE.number(),
                oparg: 0,
            };
            let caches = core::iter::repeat_n(cache, line.opcode.caches());
            self.body.units.extend(caches);
            // Nothing in an inline cache tells of an operator's method.
            let is_operator = |sight: &Sight| matches!(sight.site, Some(Site::Operator { .. }));
            let has_operator = line.sights.iter().any(is_operator);
            if let Some(Sight {
                site: Some(site), ..
            }) = line.sights.last()
                && !has_operator
            {
                self.body.sites.insert(at, site.clone());
            }
            if !line.operands.is_empty() {
                self.body.operands.insert(at, line.operands.clone());
            }
            if line.sights.len() > 1 || has_operator {
                let sights = Sights {
                    seen: line.sights.clone(),
                    has_more: false,
                };
                self.body.sights.insert(at, sights);
            }
        }
        let entries = self.directives(&offsets)?;
        Ok((self.body, entries))
    }

    /// Does what directives say that name labels; gives the entries.
    fn directives(&mut self, offsets: &[u32]) -> Result<Vec<Entry>, String> {
        let end = u32::try_from(self.body.units.len()).expect("short code");
        let label = |name: &str| {
            self.labels
                .get(name)
                .map(|line| offsets.get(*line).copied().unwrap_or(end))
                .ok_or_else(|| format!("no label {name}"))
        };
        let mut entries = Vec::new();
        for words in &self.later {
            let word = |index: usize| words.get(index).ok_or("a word is missing".to_owned());
            match words[0].as_str() {
                ".handler" => self.body.handlers.push(Handler {
                    start: label(word(1)?)?,
                    end: label(word(2)?)?,
                    target: label(word(3)?)?,
                    level: number(word(4)?)?,
                    lasti: words.len() > 5,
                }),
                ".entry" => {
                    let observed = words[2..].iter().map(|name| match name.as_str() {
                        "-" => Ok(None),
                        name => class_named(name).map(Some),
                    });
                    entries.push(Entry {
                        offset: label(word(1)?)?,
                        observed: observed.collect::<Result<_, _>>()?,
                    });
                }
                _ => self.body.failures.push(Failure {
                    offset: label(word(1)?)?,
                    reason: Reason::named(word(2)?).ok_or("no such reason")?,
                }),
            }
        }
        Ok(entries)
    }

    /// Where each instruction is, and its argument: jumps that are long make others longer.
    fn place(&self) -> Result<(Vec<u32>, Vec<u32>), String> {
        let mut arguments = vec![0; self.lines.len()];
        loop {
            let mut offsets = Vec::new();
            let mut at = 0;
            for (line, argument) in self.lines.iter().zip(&arguments) {
                offsets.push(at);
                at += extensions(*argument) + 1 + line.opcode.caches() as u32;
            }
            offsets.push(at);
            let mut next = Vec::new();
            for (index, line) in self.lines.iter().enumerate() {
                next.push(match &line.argument {
                    Argument::Number(number) => *number,
                    Argument::Label(label) => {
                        let target = self.labels.get(label);
                        let target = *target.ok_or_else(|| format!("no label {label}"))?;
                        distance(line.opcode, offsets[index + 1], offsets[target])?
                    }
                });
            }
            if next == arguments {
                return Ok((offsets, arguments));
            }
            arguments = next;
        }
    }
}

/// The argument of a jump.
fn distance(opcode: Opcode, from: u32, to: u32) -> Result<u32, String> {
    let distance = match opcode.generic() {
        Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT => from.checked_sub(to),
        // It names the END_FOR; the label, where it goes on.
        Opcode::FOR_ITER => to.checked_sub(from + 2),
        _ => to.checked_sub(from),
    };
    distance.ok_or_else(|| "a jump in the wrong direction".to_owned())
}

/// How many `EXTENDED_ARG` an argument needs.
fn extensions(argument: u32) -> u32 {
    match argument {
        0..=0xff => 0,
        0x100..=0xffff => 1,
        0x1_0000..=0xff_ffff => 2,
        _ => 3,
    }
}

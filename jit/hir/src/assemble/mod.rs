//! Snapshots from text: what tests build from, without an interpreter.
//!
//! A line is a directive, a label, or an instruction; `#` starts a comment. Directives:
//!
//! ```text
//! .code NAME                     begins code of this name. The first is what is compiled; others are those of the callees
//!                                of their names, and may be inlined. Locals, constants, names, labels, handlers and
//!                                failures are each code's own
//! .args COUNT                    how many of the locals are arguments
//! .locals NAME…                  the locals; cell:NAME and free:NAME hold cells
//! .stack HEIGHT                  the height of the stack
//! .object NAME CLASS             an object that instructions can name; builtin:len is a class too, ? one not known
//! .names NAME…                   the names of attributes and globals
//! .callee NAME VERSION PARAMETERS [DEFAULTS [PARAMETER…]] a function that machine code can call: after the names of these
//!                                parameters those that can only be named, NAME or NAME=ENTRY of their defaults, then * and **
//! .stand_in FUNCTION CALLEE      a callee that stands in for a function, as `builtins.any`: its code calls nobody
//! .operator result|truth CALLEE  a callee that stands in for operators of which that is wanted
//! .keywords NAME NAME…           a constant, and the names in it by which a call names its arguments
//! .handler START END TARGET LEVEL [lasti]
//! .entry LABEL [CLASS…]          where the first code is entered, and what the locals were seen to hold (- for nothing)
//! .failure LABEL REASON          a speculation that has failed too often
//! .passed float|int|object…      what C passes that calls it: it is the first callee's
//! ```
//!
//! An instruction is its name and its argument: a number, the name of a local for those on locals (two for those on two), a
//! literal or the name of an object for `LOAD_CONST` and `RETURN_CONST`, a label for jumps. After a semicolon comes what the
//! evaluator has found out there: `unseen`, `attribute VERSION INDEX`, `type VERSION KEYS OBJECT`, `module KEYS INDEX`,
//! `global MODULE BUILTIN INDEX [OBJECT]`, `call VERSION [CALLEE]`, `unpacked COUNT [CALLEE]`, `property VERSION GETTER [CALLEE]`,
//! `item VERSION [CALLEE]`, `operator VERSION CLASS|VERSION NUMBER METHOD [CALLEE]`, `truth VERSION`; or `operands` and for each of three its
//! class, `array:CODE:VERSION` or the name of a function, as `math.sqrt`. What it has found out before stands before
//! that, after an `|`, with the name of the instruction if it was another.
mod text;

use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{
    Body, Builtin, Callee, Class, Function, Items, Known, Local, LocalKind, OPERANDS, Object,
    ObjectId, Operand, OperatorStandIn, Parameter, Passed, Right, Sight, Site, Snapshot, StandIn,
    Unit, Wanted,
};
use std::collections::HashMap;
use text::{Argument, Line, Text};

/// Makes a snapshot.
///
/// # Errors
/// What is wrong with which line.
pub fn assemble(text: &str) -> Result<Snapshot, String> {
    let mut assembler = Assembler::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        assembler
            .line(line)
            .map_err(|problem| format!("line {}: {problem}", number + 1))?;
    }
    assembler.finish()
}

/// The address of the first object that is made up. Nobody reads there.
const FIRST_ADDRESS: usize = 0x1000;

#[derive(Default)]
struct Assembler {
    snapshot: Snapshot,
    objects: HashMap<String, ObjectId>,
    /// All code, the last of which is being read.
    codes: Vec<Text>,
}

/// A function whose parameters all need not be named.
fn callee(name: &str, version: u32, parameters: u32, defaults: u32) -> Callee {
    let names = (0..parameters).map(|index| Parameter {
        name: format!("parameter{index}"),
        address: 0,
        default: None,
    });
    Callee {
        name: name.to_owned(),
        version,
        target: 0,
        parameters,
        unnamed: 0,
        defaults,
        names: names.collect(),
        takes_rest: false,
        takes_keywords: false,
        locals: parameters,
        frame_size: parameters,
        makes_generator: false,
        is_stand_in: false,
        body: None,
    }
}

/// The same with these names for its parameters, and more of them.
fn with_parameters(mut callee: Callee, words: &[String]) -> Result<Callee, String> {
    for (index, word) in words.iter().enumerate() {
        match (word.as_str(), callee.names.get_mut(index)) {
            ("*", _) => callee.takes_rest = true,
            ("**", _) => callee.takes_keywords = true,
            (name, Some(known)) => name.clone_into(&mut known.name),
            (name, None) => {
                let (name, default) = name.split_once('=').unwrap_or((name, ""));
                callee.names.push(Parameter {
                    name: name.to_owned(),
                    address: 0,
                    default: (!default.is_empty()).then(|| short(default)).transpose()?,
                });
            }
        }
    }
    let slots =
        callee.names.len() + usize::from(callee.takes_rest) + usize::from(callee.takes_keywords);
    callee.locals = u32::try_from(slots).expect("few");
    Ok(callee)
}

impl Assembler {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        if let Some(label) = line.strip_suffix(':') {
            let text = self.text()?;
            text.labels.insert(label.to_owned(), text.lines.len());
            return Ok(());
        }
        if line.starts_with('.') {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            return self.directive(words);
        }
        let (instruction, sights) = line.split_once(';').unwrap_or((line, ""));
        let (name, argument) = instruction
            .trim()
            .split_once(' ')
            .unwrap_or((instruction.trim(), ""));
        let opcode = opcode_named(name).ok_or_else(|| format!("no instruction {name}"))?;
        let known = sights.split('|').map(str::trim);
        let (operands, sights): (Vec<&str>, Vec<&str>) = known
            .filter(|sight| !sight.is_empty())
            .partition(|sight| sight.starts_with("operands "));
        let sights = sights.into_iter().map(|sight| self.sight(opcode, sight));
        let sights = sights.collect::<Result<_, _>>()?;
        let operands = operands.into_iter().map(operands_named);
        let operands = operands.collect::<Result<_, _>>()?;
        let argument = self.argument(opcode, argument.trim())?;
        self.text()?.lines.push(Line {
            opcode,
            argument,
            sights,
            operands,
        });
        Ok(())
    }

    fn directive(&mut self, words: Vec<String>) -> Result<(), String> {
        let word = |index: usize| {
            words
                .get(index)
                .map(String::as_str)
                .ok_or_else(|| "a word is missing".to_owned())
        };
        match word(0)? {
            ".code" => {
                let mut text = Text::default();
                word(1)?.clone_into(&mut text.body.name);
                self.codes.push(text);
            }
            ".args" => self.text()?.body.arguments = number(word(1)?)?,
            ".stack" => self.text()?.body.stack_size = number(word(1)?)?,
            ".locals" => {
                for name in &words[1..] {
                    let (kind, name) = match name.split_once(':') {
                        Some(("cell", name)) => (LocalKind::Cell, name),
                        Some(("free", name)) => (LocalKind::Free, name),
                        _ => (LocalKind::Plain, name.as_str()),
                    };
                    self.text()?.body.locals.push(Local {
                        name: name.to_owned(),
                        kind,
                    });
                }
            }
            ".object" => {
                let known = match word(2)? {
                    "builtin:len" => Known::Builtin(Builtin::Len),
                    "builtin:isinstance" => Known::Builtin(Builtin::IsInstance),
                    "builtin:list.append" => Known::Builtin(Builtin::ListAppend),
                    "builtin:dict.get" => Known::Builtin(Builtin::DictGet),
                    "?" => Known::Nothing,
                    class => Known::Instance(class_named(class)?),
                };
                self.object(word(1)?, known);
            }
            ".names" => {
                for name in &words[1..] {
                    let object = self.object(name, Known::Instance(Class::Str));
                    self.text()?.body.names.push(object);
                }
            }
            ".callee" => {
                let parameters = number(word(3)?)?;
                let defaults = words.get(4).map_or(Ok(0), |count| number(count))?;
                let callee = callee(word(1)?, number(word(2)?)?, parameters, defaults);
                let named = words.get(5..).unwrap_or_default();
                self.snapshot.callees.push(with_parameters(callee, named)?);
            }
            ".stand_in" => {
                let function = function_named(word(1)?)?;
                let callee = self.callee(word(2)?)?;
                self.snapshot.callees[callee as usize].is_stand_in = true;
                let object = self.object(word(2)?, Known::Instance(Class::Function));
                let known = StandIn {
                    function: object,
                    callee,
                };
                self.snapshot.stand_ins.insert(function, known);
            }
            ".operator" => {
                let wanted = match word(1)? {
                    "result" => Wanted::Result,
                    "truth" => Wanted::Truth,
                    other => return Err(format!("nothing that is wanted: {other}")),
                };
                let callee = self.callee(word(2)?)?;
                self.snapshot.callees[callee as usize].is_stand_in = true;
                let function = self.object(word(2)?, Known::Instance(Class::Function));
                let mut constant = |name| self.object(name, Known::Instance(Class::Other));
                let known = OperatorStandIn {
                    stand_in: StandIn { function, callee },
                    rest: constant("rest"),
                    refusal: constant("NotImplemented"),
                };
                self.snapshot.operators.insert(wanted, known);
            }
            ".keywords" => {
                let names = self.object(word(1)?, Known::Instance(Class::Tuple));
                self.snapshot.keywords.insert(names, words[2..].to_vec());
            }
            ".passed" => {
                let passed = words[1..].iter().map(|word| match word.as_str() {
                    "float" => Ok(Passed::Float),
                    "int" => Ok(Passed::Int),
                    "object" => Ok(Passed::Object),
                    other => Err(format!("C does not pass {other}")),
                });
                self.snapshot.passed = Some(passed.collect::<Result<_, _>>()?);
            }
            ".handler" | ".entry" | ".failure" => self.text()?.later.push(words),
            other => return Err(format!("no directive {other}")),
        }
        Ok(())
    }

    fn object(&mut self, name: &str, known: Known) -> ObjectId {
        let objects = &mut self.snapshot.objects;
        *self.objects.entry(name.to_owned()).or_insert_with(|| {
            let id = ObjectId(u32::try_from(objects.len()).expect("few objects"));
            objects.push(Object {
                address: FIRST_ADDRESS + 16 * objects.len(),
                immortal: match known {
                    Known::None | Known::Bool(_) => true,
                    // The ints of which there is one.
                    Known::Int(number) => (-5..=256).contains(&number),
                    Known::Float(_) | Known::Builtin(_) | Known::Instance(_) | Known::Nothing => {
                        false
                    }
                },
                known,
            });
            id
        })
    }

    fn argument(&mut self, opcode: Opcode, argument: &str) -> Result<Argument, String> {
        if argument.is_empty() {
            return Ok(Argument::Number(0));
        }
        if let Ok(number) = argument.parse()
            && !matches!(opcode, Opcode::LOAD_CONST | Opcode::RETURN_CONST)
        {
            return Ok(Argument::Number(number));
        }
        let generic = opcode.generic();
        match generic {
            Opcode::LOAD_CONST | Opcode::RETURN_CONST => {
                let object = self.literal(argument)?;
                let constants = &mut self.text()?.body.constants;
                let index = constants.iter().position(|constant| *constant == object);
                let index = index.unwrap_or_else(|| {
                    constants.push(object);
                    constants.len() - 1
                });
                Ok(Argument::Number(u32::try_from(index).expect("few")))
            }
            Opcode::LOAD_FAST_LOAD_FAST
            | Opcode::STORE_FAST_LOAD_FAST
            | Opcode::STORE_FAST_STORE_FAST => {
                let (first, second) = argument.split_once(' ').ok_or("two locals are wanted")?;
                let number = self.local(first)? << 4 | self.local(second.trim())?;
                Ok(Argument::Number(number))
            }
            Opcode::LOAD_FAST
            | Opcode::LOAD_FAST_CHECK
            | Opcode::LOAD_FAST_AND_CLEAR
            | Opcode::STORE_FAST
            | Opcode::DELETE_FAST
            | Opcode::LOAD_DEREF
            | Opcode::STORE_DEREF
            | Opcode::MAKE_CELL => Ok(Argument::Number(self.local(argument)?)),
            _ => Ok(Argument::Label(argument.to_owned())),
        }
    }

    fn callee(&self, name: &str) -> Result<u32, String> {
        let callees = &self.snapshot.callees;
        let index = callees.iter().position(|callee| callee.name == name);
        let index = index.ok_or_else(|| format!("no callee {name}"))?;
        Ok(u32::try_from(index).expect("few"))
    }

    fn local(&self, name: &str) -> Result<u32, String> {
        let locals = &self.codes.last().ok_or("no .code yet")?.body.locals;
        let index = locals
            .iter()
            .position(|local| local.name == name)
            .ok_or_else(|| format!("no local {name}"))?;
        Ok(u32::try_from(index).expect("few locals"))
    }

    fn literal(&mut self, text: &str) -> Result<ObjectId, String> {
        if let Some(object) = self.objects.get(text) {
            return Ok(*object);
        }
        let known = match text {
            "None" => Known::None,
            "True" => Known::Bool(true),
            "False" => Known::Bool(false),
            _ => match (text.parse(), text.parse()) {
                (Ok(number), _) => Known::Int(number),
                (_, Ok(number)) => Known::Float(number),
                _ => return Err(format!("no object {text}")),
            },
        };
        Ok(self.object(text, known))
    }

    fn sight(&self, opcode: Opcode, text: &str) -> Result<Sight, String> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let form = opcode_named(words[0]);
        if form.is_some() {
            words.remove(0);
        }
        Ok(Sight {
            form: form.unwrap_or(opcode).number(),
            site: Some(self.site(&words)?),
        })
    }

    fn site(&self, words: &[&str]) -> Result<Site, String> {
        let word = |index: usize| words.get(index).copied().ok_or("a word is missing");
        let named = |name: &str| {
            self.objects
                .get(name)
                .copied()
                .ok_or_else(|| format!("no object {name}"))
        };
        Ok(match word(0)? {
            "unseen" => Site::Unseen,
            "attribute" => Site::Attribute {
                type_version: number(word(1)?)?,
                index: short(word(2)?)?,
            },
            "type" => Site::TypeAttribute {
                type_version: number(word(1)?)?,
                keys_version: number(word(2)?)?,
                found: named(word(3)?)?,
            },
            "module" => Site::ModuleAttribute {
                keys_version: number(word(1)?)?,
                index: short(word(2)?)?,
            },
            "global" => Site::Global {
                module_keys_version: short(word(1)?)?,
                builtin_keys_version: short(word(2)?)?,
                index: short(word(3)?)?,
                value: words.get(4).map(|name| named(name)).transpose()?,
            },
            "call" => Site::Call {
                version: number(word(1)?)?,
                callee: words.get(2).map(|name| self.callee(name)).transpose()?,
            },
            "unpacked" => Site::Unpacked {
                arguments: short(word(1)?)?,
                callee: words.get(2).map(|name| self.callee(name)).transpose()?,
            },
            "property" => Site::Property {
                type_version: number(word(1)?)?,
                getter: named(word(2)?)?,
                callee: words.get(3).map(|name| self.callee(name)).transpose()?,
            },
            "item" => Site::Item {
                type_version: number(word(1)?)?,
                callee: words.get(2).map(|name| self.callee(name)).transpose()?,
            },
            "operator" => Site::Operator {
                type_version: number(word(1)?)?,
                right: match word(2)?.parse() {
                    Ok(version) => Right::Version(version),
                    Err(_) => Right::Class(class_named(word(2)?)?),
                },
                number: number(word(3)?)?,
                method: named(word(4)?)?,
                callee: words.get(5).map(|name| self.callee(name)).transpose()?,
            },
            "truth" => Site::Truth {
                type_version: number(word(1)?)?,
            },
            other => return Err(format!("no site {other}")),
        })
    }

    /// The code that is being read.
    fn text(&mut self) -> Result<&mut Text, String> {
        self.codes
            .last_mut()
            .ok_or_else(|| "no .code yet".to_owned())
    }

    fn finish(mut self) -> Result<Snapshot, String> {
        let mut codes = core::mem::take(&mut self.codes).into_iter();
        let first = codes.next().ok_or("no .code")?;
        (self.snapshot.body, self.snapshot.entries) = first.finish()?;
        if self.snapshot.passed.is_some() {
            self.call_from_c()?;
        }
        for text in codes {
            let (body, entries) = text.finish()?;
            if !entries.is_empty() {
                return Err(format!("{} is not entered from outside", body.name));
            }
            self.inline(body)?;
        }
        Ok(self.snapshot)
    }

    /// Makes the code that of the first callee, which C calls.
    fn call_from_c(&mut self) -> Result<(), String> {
        let snapshot = &mut self.snapshot;
        let callee = snapshot.callees.first_mut().ok_or("no callee")?;
        callee.locals = u32::try_from(snapshot.body.locals.len()).expect("few");
        callee.body = Some(0);
        let returns = Unit {
            opcode: Opcode::RETURN_CONST.number(),
            oparg: 0,
        };
        let call = Body::of_call(&snapshot.body, returns);
        let body = core::mem::replace(&mut snapshot.body, call);
        snapshot.inlined.push(body);
        Ok(())
    }

    /// Gives the callees of its name their code.
    fn inline(&mut self, body: Body) -> Result<(), String> {
        let index = u32::try_from(self.snapshot.inlined.len()).expect("little code");
        let is_begin = |unit: &Unit| Opcode::new(unit.opcode) == Opcode::RETURN_GENERATOR;
        let makes_generator = body.units.iter().any(is_begin);
        let callees = self.snapshot.callees.iter_mut();
        let mut callees = callees.filter(|callee| callee.name == body.name).peekable();
        if callees.peek().is_none() {
            return Err(format!("no callee {}", body.name));
        }
        for callee in callees {
            callee.body = Some(index);
            callee.makes_generator = makes_generator;
            callee.locals = u32::try_from(body.locals.len()).expect("few locals");
            callee.frame_size = callee.locals + body.stack_size;
        }
        self.snapshot.inlined.push(body);
        Ok(())
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("no number: {text}"))
}

fn short(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("no short number: {text}"))
}

fn opcode_named(name: &str) -> Option<Opcode> {
    (0..=u8::MAX)
        .map(Opcode::new)
        .find(|opcode| opcode.name() == Some(name))
}

/// What operands an instruction has met.
fn operands_named(text: &str) -> Result<[Operand; OPERANDS], String> {
    let mut operands = [Operand::Class(Class::Other); OPERANDS];
    for (operand, word) in operands.iter_mut().zip(text.split_whitespace().skip(1)) {
        *operand = match word.split(':').collect::<Vec<_>>()[..] {
            ["array", code, version] => Operand::Array {
                version: number(version)?,
                items: Items::of(code.as_bytes()[0]).ok_or("no such items")?,
            },
            [name] if name.contains('.') => Operand::Function {
                function: function_named(name)?,
                address: FIRST_ADDRESS,
            },
            _ => Operand::Class(class_named(word)?),
        };
    }
    Ok(operands)
}

fn function_named(name: &str) -> Result<Function, String> {
    let named = |function: &&Function| {
        let (module, known) = function.name();
        name.split_once('.') == Some((module, known))
    };
    let function = Function::ALL.iter().find(named);
    function
        .copied()
        .ok_or_else(|| format!("no function {name}"))
}

fn class_named(name: &str) -> Result<Class, String> {
    Class::named(name).ok_or_else(|| format!("no class {name}"))
}

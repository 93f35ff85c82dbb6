//! `Insn`: everything that HIR can do, one enum.
//!
//! What an instruction needs, gives and may do is said in [`properties`](crate::properties), [`result`](crate::result)
//! and [`effects`](crate::effects), by matches that name each variant: a new one breaks the build wherever it must be thought of.
//!
//! Conventions. Values that are objects are pointers; nothing counts references but the instructions that say so.
//! "Borrowed" means that the result is alive as long as what it was read from still has it and no other code has run.
//! "Owned" means that the result comes with a reference, "consumes" that the instruction takes over the operand's. A `state`
//! says where the evaluator goes on if the instruction leaves; [`Insn::reason`] says why it would.
use crate::function::{Edge, FrameId, StateId, Value};
use crate::operands::{CallForm, Case, FunctionPart, Given};
use crate::operators::{BitOp, Comparison, FloatFunction, FloatOp, FloatUnary, IntOp};
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Function, Items, ObjectId, Operation, Reason};

/// An instruction.
#[derive(Clone, PartialEq, Debug)]
pub enum Insn {
    // Values.
    /// What edges hand over to the block.
    Parameter,
    /// An object of the snapshot. Borrowed, for as long as the code lives.
    Object(ObjectId),
    /// No object.
    Null,
    /// A number.
    Float(f64),
    /// A number.
    Int(i64),
    /// A truth value.
    Bool(bool),

    // The frame.
    /// What is in the slot of a local: an object or NULL. Borrowed from the slot.
    LoadLocal {
        /// The slot.
        slot: u32,
    },
    /// Overwrites the slot of a local. Consumes the value; what was there is not released.
    StoreLocal {
        /// The slot.
        slot: u32,
        /// An object or NULL.
        value: Value,
    },
    /// Makes the slot of a local right, as [`Pending`](crate::function::Pending) says. Raises if there is no memory.
    WriteBack {
        /// The slot.
        slot: u32,
        /// An unboxed value.
        value: Value,
        /// Does nothing unless it is true.
        stale: Option<Value>,
        /// Where it has raised.
        state: StateId,
    },
    /// What is in a place of the value stack, counted from its bottom. Takes over the stack's reference.
    LoadStack {
        /// The place.
        index: u32,
    },
    /// What C has [passed](pyroxene_jit_api::Snapshot::passed). An object is borrowed, for as long as the code runs.
    LoadPassed {
        /// As which argument.
        index: u32,
    },
    /// The function that C calls. The same.
    LoadCalled,
    /// A cell of the closure of the frame's function. Borrowed, for as long as the frame lives.
    ClosureCell {
        /// Which.
        index: u32,
    },
    /// The dictionary of the frame's globals. Borrowed.
    Globals,
    /// The dictionary of the frame's builtins. Borrowed, and only meant where it is a dictionary.
    Builtins,

    // References.
    /// What a function has.
    FunctionPart {
        /// A function.
        function: Value,
        /// What. Borrowed from the function.
        part: FunctionPart,
    },
    /// The function that the type of an object has for `__getitem__`, borrowed from the type.
    ItemFunction {
        /// An object whose type's version was guarded.
        value: Value,
    },
    /// Makes the frames of the state's inlined calls in memory, where that was not done, and the thread run the last of them;
    /// writes what is not as it has to be of those below it, and the locals of the last. The objects stay the code's.
    WriteFrames {
        /// Which frames, with an object in each place. How its innermost frame goes on does not matter.
        state: StateId,
    },
    /// Takes so many frames of inlined calls away again, which are the last that [`WriteFrames`](Self::WriteFrames) has made.
    /// Nobody has them: [`CheckDisturbed`](Self::CheckDisturbed) would have left.
    PopFrames {
        /// How many.
        count: u32,
        /// The innermost of them, which the thread runs.
        last: FrameId,
    },
    /// Takes a reference to an object, or nothing of NULL.
    Retain {
        /// The object.
        value: Value,
    },
    /// Lets go of references, in this order; NULLs have none. If an object dies and somebody could see it, the locals that
    /// are pending in `state` are written to the frame before. If then something was disturbed, the evaluator goes on at
    /// `state` after the last of them. Without a state, all die unseen.
    Release {
        /// The objects.
        values: Vec<Value>,
        /// How it is after all of them.
        state: Option<StateId>,
    },

    // Guards: they leave if it is not so. Those with a result give the operand, of which more is known then.
    /// It is an object of one of these exact classes, or NULL if that is among them.
    GuardClass {
        /// An object or NULL.
        value: Value,
        /// The classes, each of which has a type of its own ([`Class::Other`](pyroxene_jit_api::Class::Other) has
        /// not).
        classes: Classes,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// It is not NULL.
    GuardBound {
        /// An object or NULL.
        value: Value,
        /// Why it leaves: `Unbound`, or what a missing attribute means.
        reason: Reason,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The type of the object has this version.
    GuardTypeVersion {
        /// An object.
        value: Value,
        /// The version, not 0.
        version: u32,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The object itself is a type and has this version.
    GuardOwnTypeVersion {
        /// An object.
        value: Value,
        /// The version, not 0.
        version: u32,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The object, whose type has inline values, keeps its attributes in them.
    GuardInlineValues {
        /// An object whose type's version was guarded.
        value: Value,
        /// Whether it must also have no dictionary.
        no_dict: bool,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The keys that the object's type keeps for its instances have this version.
    GuardCachedKeys {
        /// An object whose type's version was guarded.
        value: Value,
        /// The version.
        version: u32,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The keys of the dictionary have this version.
    GuardKeys {
        /// An exact dictionary, or any object if `check` says so.
        dict: Value,
        /// The version, not 0.
        version: u32,
        /// Whether it leaves, too, if it is not an exact dictionary.
        check: bool,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// It is this object.
    GuardIs {
        /// An object or NULL.
        value: Value,
        /// The object.
        object: ObjectId,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// It is a function that is known by an address ([`Operand::Function`](pyroxene_jit_api::Operand::Function)).
    GuardFunction {
        /// An object.
        value: Value,
        /// Which function.
        function: Function,
        /// The address.
        address: usize,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// It is an array, whose type has this version, of such items.
    GuardArray {
        /// An object.
        value: Value,
        /// The version, not 0.
        version: u32,
        /// The items.
        items: Items,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// A function is the callee that is inlined, and nobody else evaluates frames.
    GuardCallee {
        /// A function.
        function: Value,
        /// An index of the snapshot's callees.
        callee: u32,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// A function has so many defaults for parameters that need not be named.
    GuardDefaults {
        /// A function.
        function: Value,
        /// How many.
        count: u32,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// One of these defaults. Borrowed from the function.
    FunctionDefault {
        /// A function whose defaults were guarded.
        function: Value,
        /// Which.
        index: u32,
    },
    /// Whether a function is a callee, and nobody else evaluates frames.
    IsCallee {
        /// A function.
        function: Value,
        /// An index of the snapshot's callees.
        callee: u32,
    },
    /// The `__init__` of a class that makes its instances in the usual way: a function, borrowed. The class has had it as long as
    /// it has had its version ([`GuardOwnTypeVersion`](Self::GuardOwnTypeVersion)).
    ClassInit {
        /// The class.
        class: Value,
    },
    /// A new instance of such a class, owned, with no attribute. Leaves without memory.
    NewInstance {
        /// The class.
        class: Value,
        /// Its version.
        version: u32,
        /// Whether it takes over a reference to the class.
        takes: bool,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// There is room for the frames of all inlined calls, and so many calls may still be made.
    GuardRoom {
        /// How it is at the entry.
        state: StateId,
    },
    /// The condition is as expected.
    Guard {
        /// A truth value.
        condition: Value,
        /// What it shall be.
        expected: bool,
        /// Why it leaves.
        reason: Reason,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The same object. It is not NULL, as the branch that led here has found out.
    Bound {
        /// An object or NULL.
        value: Value,
    },
    /// Nothing is asked of the evaluator: none of the flags of `eval_breaker` is set, and its version is the code's.
    Poll {
        /// How it is before the jump.
        state: StateId,
    },
    /// Nothing happened meanwhile that the code must not overlook (`Helpers::disturbed`).
    CheckDisturbed {
        /// How it is now.
        state: StateId,
    },

    // Boxes.
    /// The number of an exact float.
    UnboxFloat {
        /// A float.
        value: Value,
    },
    /// The number of an exact int. Leaves if it does not fit 64 bits.
    UnboxInt {
        /// An int.
        value: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The number of an exact float, or the float nearest to an exact int. Leaves if it is neither, or the int does not fit 64
    /// bits.
    UnboxNumber {
        /// An object.
        value: Value,
        /// Whether it leaves, too, if the int may be no float without rounding.
        exact: bool,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// Whether an object is of a class, and not only of one that is derived from it.
    IsOfClass {
        /// An object.
        value: Value,
        /// The class.
        class: Class,
    },
    /// Whether it is `True`.
    UnboxBool {
        /// A bool.
        value: Value,
    },
    /// An object of an unboxed value: owned. Raises if there is no memory.
    Box {
        /// An unboxed value.
        value: Value,
        /// Where it has raised.
        state: StateId,
    },

    /// An object of a number for a place that holds another object or NULL: owned. If that is a number of the same class that
    /// nobody else has, it is overwritten and taken from the place, if it has room; otherwise it is a new one, or of an int the
    /// shared one. Raises if there is no memory.
    Rebox {
        /// What the place holds: an object or NULL.
        old: Value,
        /// A float or an int.
        number: Value,
        /// Where it has raised.
        state: StateId,
    },
    /// What a place has let go of in which another object was put: what was there, or NULL if it is the same.
    Displaced {
        /// What was there: an object or NULL.
        old: Value,
        /// What is there now.
        new: Value,
    },

    // Numbers.
    /// See [`FloatOp`].
    FloatBinary {
        /// Which.
        op: FloatOp,
        /// A float.
        left: Value,
        /// A float.
        right: Value,
    },
    /// `a ** b`. Leaves unless both are finite, `a` is not zero, and the result is finite and not zero: there Python's is C's.
    FloatPower {
        /// A float.
        left: Value,
        /// A float.
        right: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// See [`FloatUnary`].
    FloatUnary {
        /// Which.
        op: FloatUnary,
        /// A float.
        value: Value,
    },
    /// See [`FloatFunction`].
    FloatCall {
        /// Which.
        function: FloatFunction,
        /// A float.
        value: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The int that is next to it towards zero. Leaves if that does not fit.
    FloatToInt {
        /// A float.
        value: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// A comparison.
    FloatCompare {
        /// Which.
        op: Comparison,
        /// A float.
        left: Value,
        /// A float.
        right: Value,
    },
    /// The float nearest to an int, the even one of two.
    IntToFloat {
        /// An int.
        value: Value,
    },
    /// See [`IntOp`].
    IntBinary {
        /// Which.
        op: IntOp,
        /// An int.
        left: Value,
        /// An int.
        right: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// See [`BitOp`].
    IntBits {
        /// Which.
        op: BitOp,
        /// An int.
        left: Value,
        /// An int.
        right: Value,
    },
    /// `-a`. Leaves if it does not fit.
    IntNegate {
        /// An int.
        value: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// `~a`.
    IntInvert {
        /// An int.
        value: Value,
    },
    /// A comparison.
    IntCompare {
        /// Which.
        op: Comparison,
        /// An int.
        left: Value,
        /// An int.
        right: Value,
    },
    /// 1 if it is true, else 0.
    BoolToInt {
        /// A truth value.
        value: Value,
    },
    /// `not a`.
    Not {
        /// A truth value.
        value: Value,
    },
    /// Whether it is `None`.
    IsNone {
        /// An object or NULL.
        value: Value,
    },
    /// One of two values of the same representation.
    Select {
        /// A truth value.
        condition: Value,
        /// If it is true.
        then: Value,
        /// If it is not.
        otherwise: Value,
    },
    /// Whether both are the same object.
    Is {
        /// An object or NULL.
        left: Value,
        /// An object or NULL.
        right: Value,
    },

    // Objects that are looked into.
    /// How many items there are: of an exact list or tuple.
    Size {
        /// A list or a tuple.
        value: Value,
    },
    /// An index as Python has it, counted from the end if negative, as one that is not. Leaves if there is none such.
    CheckIndex {
        /// An int.
        index: Value,
        /// An int, the number of items.
        size: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The item of an exact list or tuple: borrowed from it.
    Item {
        /// A list or a tuple.
        value: Value,
        /// An int that is an index of it.
        index: Value,
    },
    /// Overwrites an item of an exact list. Consumes the item; what was there is not released.
    StoreItem {
        /// A list.
        list: Value,
        /// An int that is an index of it.
        index: Value,
        /// An object.
        item: Value,
    },
    /// A slice of an exact list: a new list, owned. Bounds are numbers as C's slices have them, which are cut off. Raises if
    /// there is no memory.
    ListSlice {
        /// The list.
        list: Value,
        /// An int: the first index.
        start: Value,
        /// An int: the index before which it ends.
        stop: Value,
        /// The step, not 0.
        step: i64,
        /// Where it has raised.
        state: StateId,
    },
    /// Puts the items of an exact list in the place of a part of another one, and consumes that list. Leaves, having done
    /// nothing, if it is the same list or somebody could see the death of an item.
    ReplaceSlice {
        /// The list.
        list: Value,
        /// An int: the first index.
        start: Value,
        /// An int: the index before which the part ends.
        stop: Value,
        /// An exact list.
        value: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// Puts items of an exact list, as [`ListSlice`](Self::ListSlice) takes them, in the place of a part of one, as
    /// [`ReplaceSlice`](Self::ReplaceSlice) does, without a list in between. Leaves, having done nothing, if there is no memory or
    /// somebody could see the death of an item.
    CopySlice {
        /// The list that has them.
        from: Value,
        /// An int: the first index.
        start: Value,
        /// An int: the index before which they end.
        stop: Value,
        /// The step, not 0.
        step: i64,
        /// The list that gets them.
        list: Value,
        /// An int: the first index.
        first: Value,
        /// An int: the index before which the part ends.
        last: Value,
        /// How it is before the instruction of bytecode that would have made the list in between.
        state: StateId,
    },
    /// How many items an array has.
    ArraySize {
        /// An array.
        array: Value,
    },
    /// An item of an array: a float or an int.
    ArrayItem {
        /// An array.
        array: Value,
        /// An int that is an index of it.
        index: Value,
        /// What it holds.
        items: Items,
    },
    /// Overwrites an item of an array.
    StoreArrayItem {
        /// An array.
        array: Value,
        /// An int that is an index of it.
        index: Value,
        /// A float or an int, which an item can be.
        item: Value,
        /// What it holds.
        items: Items,
    },
    /// Whether a class has a base, so that its instances are instances of that. Leaves unless the base is a class whose own type
    /// is `type`.
    HasBase {
        /// The class, which is not [`Class::Other`](pyroxene_jit_api::Class::Other).
        class: Class,
        /// An object.
        base: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// Whether two exact strings are equal.
    StrEqual {
        /// A string.
        left: Value,
        /// A string.
        right: Value,
    },
    /// How many numbers a range's iterator still has; none if not greater than 0.
    RangeLeft {
        /// The iterator.
        iterator: Value,
    },
    /// The next number of a range's iterator, which has one.
    RangeNext {
        /// The iterator.
        iterator: Value,
    },
    /// The next of a list's or tuple's iterator, borrowed from the sequence; NULL at the end.
    SequenceNext {
        /// The iterator.
        iterator: Value,
    },
    /// What such an iterator that has come to the end still has of its sequence, or NULL: owned. The iterator has none
    /// afterwards, and that of a list an index of -1.
    SequenceEnd {
        /// The iterator.
        iterator: Value,
    },
    /// Moves an `enumerate` or a `zip` of two on, which puts what it gives into the pair that it keeps: whether it gives something.
    /// If not, it has done nothing. Leaves, having done nothing, if it is of another class, or goes over anything else than lists
    /// and tuples, or somebody else has the pair, or could see the death of what that holds.
    PairNext {
        /// `Enumerate` or `Zip`.
        class: Class,
        /// The iterator.
        iterator: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// What the pair that such an iterator keeps has at a place, borrowed from it.
    PairItem {
        /// `Enumerate` or `Zip`.
        class: Class,
        /// The iterator, which has just given something.
        iterator: Value,
        /// The place. The first one of `enumerate` is not put there.
        index: u16,
    },
    /// The number that an `enumerate` has given last.
    PairNumber {
        /// The iterator, which has just given something.
        iterator: Value,
    },
    /// An inline value of an instance, borrowed from it, or NULL.
    InlineValue {
        /// An object with inline values.
        value: Value,
        /// Which.
        index: u16,
    },
    /// Overwrites an inline value of an instance, and notes the order if there was none. Consumes the item; what was there is
    /// not released.
    StoreInlineValue {
        /// An object with inline values.
        owner: Value,
        /// Which.
        index: u16,
        /// An object.
        item: Value,
    },
    /// What is in an object at this place (`__slots__`), borrowed from it, or NULL.
    Field {
        /// An object whose type's version was guarded.
        value: Value,
        /// In bytes from its start.
        offset: u16,
    },
    /// Overwrites the same. Consumes the item; what was there is not released.
    StoreField {
        /// An object whose type's version was guarded.
        owner: Value,
        /// In bytes from its start.
        offset: u16,
        /// An object.
        item: Value,
    },
    /// An attribute of an object of one of several types, borrowed from it or from its type. Leaves if the object is of none of
    /// them, or has no such attribute where it is looked for.
    LoadAttribute {
        /// An object.
        value: Value,
        /// The types, each with a version of its own.
        cases: Vec<Case>,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// Overwrites an attribute of an object of one of several types, all of which have it in the object: what was there,
    /// owned, or NULL. Consumes the item. Leaves if the object is of none of them, or has a dictionary.
    StoreAttribute {
        /// An object.
        owner: Value,
        /// The types, each with a version of its own.
        cases: Vec<Case>,
        /// An object.
        item: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The dictionary of an exact module. Borrowed. Leaves if the object is none.
    ModuleDict {
        /// An object.
        value: Value,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// The value of an entry of a dictionary, borrowed from it, or NULL.
    DictEntry {
        /// A dictionary the version of whose keys was guarded.
        dict: Value,
        /// Which entry of its keys, all of which are `str`.
        index: u16,
    },
    /// What is in a cell, borrowed from it, or NULL.
    CellValue {
        /// The cell.
        cell: Value,
    },
    /// Overwrites the same. Consumes the value; what was there is not released.
    StoreCell {
        /// The cell.
        cell: Value,
        /// An object or NULL.
        value: Value,
    },

    // Calls of Python functions.
    /// Calls an object, which is one of the callees as a rule: what it returns, owned. Consumes it and the arguments.
    /// Writes the state to the frame before. If it is one of them, whose machine code is there, and there is room, that is
    /// called; otherwise the evaluator makes the call. May run any code. If the callee does not return but leaves, so does
    /// this code, and what was written stays.
    CallPython {
        /// An index of the snapshot's callees.
        callee: u32,
        /// Others that it may be as well, with as many parameters.
        others: Vec<u32>,
        /// What is called.
        function: Value,
        /// The arguments, which the callee's parameters are [bound](crate::binding) to; the rest are bound to the function's
        /// defaults, if it has as many as it had.
        arguments: Vec<Value>,
        /// Whether the first of them is the receiver of a method.
        has_receiver: bool,
        /// What calls, and how what is called is found.
        form: CallForm,
        /// The instruction that the evaluator runs after the one that calls, in units.
        next: u32,
        /// At the instruction that calls, its operands taken off the stack.
        state: StateId,
    },
    /// Calls a class, which is one that makes its instances in the usual way and has the callee for its `__init__`, as a rule:
    /// a new instance, owned. Consumes it and the arguments. For the rest it is as [`CallPython`](Self::CallPython).
    CallClass {
        /// The version of the class.
        version: u32,
        /// An index of the snapshot's callees, which can be called with these arguments after an instance.
        callee: u32,
        /// What is called.
        class: Value,
        /// The arguments.
        arguments: Vec<Value>,
        /// The instruction that the evaluator runs after the one that calls, in units.
        next: u32,
        /// At the instruction that calls, its operands taken off the stack.
        state: StateId,
    },
    /// Machine code can take the frame away: nobody else has it. If somebody has, the core takes it away, and the function ends here:
    /// then it may run any code.
    CheckReturn {
        /// How it is before the instruction of bytecode.
        state: StateId,
    },

    // Generators and coroutines.
    /// Goes on in one, whose machine code is called: what it yields, owned, or NULL when it has ended. Consumes the value. Writes
    /// the state to the frame before. If it cannot be called, or does not come back but leaves, so does this code. May run
    /// any code.
    Resume {
        /// The generator or coroutine.
        generator: Value,
        /// What it is sent: an object, or NULL where it is asked for its next value.
        value: Value,
        /// Where the evaluator goes on with what it returns, in units.
        end: u32,
        /// The instruction that the evaluator begins with if it is to do all of this, in units.
        again: u32,
        /// At the instruction that resumes, the value taken off the stack.
        state: StateId,
    },
    /// What any iterator gives for a value that it is sent: owned, or NULL when it has ended. May run any code, and raise.
    Send {
        /// The iterator.
        receiver: Value,
        /// The value.
        value: Value,
        /// Where it has raised.
        state: StateId,
    },
    /// What the one that has ended in the instruction before has returned: owned.
    LoadReturned,
    /// A generator pauses, waits for no other one, runs the code of a function that makes such, and nobody has its frame or
    /// evaluates frames but us.
    GuardGenerator {
        /// The generator.
        generator: Value,
        /// The function, an index of the snapshot's callees.
        callee: u32,
        /// How it is before the instruction of bytecode.
        state: StateId,
    },
    /// Where a generator that pauses goes on, in units of its code: a number.
    GeneratorOffset {
        /// The generator.
        generator: Value,
    },
    /// The function that has made a generator. Its frame has it, until that ends.
    GeneratorFunction {
        /// The generator.
        generator: Value,
    },
    /// What is in a place of a generator's frame, of whose locals and stack: takes over its reference. The code of the generator
    /// goes on as a part of this code.
    LoadPlace {
        /// The generator.
        generator: Value,
        /// The place, counted from the first local.
        index: u32,
    },
    /// Puts a value into such a place. Consumes it.
    StorePlace {
        /// The generator.
        generator: Value,
        /// The place.
        index: u32,
        /// An object or NULL.
        value: Value,
    },
    /// A generator pauses, whose code is a part of this code and whose frame is not in memory as one that runs: all its places
    /// are as they have to be.
    Suspend {
        /// The generator.
        generator: Value,
        /// Where it goes on, in units of its code.
        offset: u32,
        /// How many places its locals and its stack have.
        height: u32,
    },
    /// Ends a generator whose code is a part of this code. Writes the state to the frame, which the thread runs, and clears that;
    /// the thread runs the one below it then. May run any code.
    EndResumed {
        /// At the instruction that returns, the value taken off the stack.
        state: StateId,
    },
    /// Pauses at a `yield`, and gives a value to whoever has resumed. Writes the state to the frame. Consumes the value.
    Yield {
        /// The value.
        value: Value,
        /// Whether the generator waits for another one that it has on its stack.
        delegates: bool,
        /// How it goes on.
        state: StateId,
    },
    /// Ends the generator that runs. Writes the state to the frame, and clears that. Consumes the value. May run any code.
    EndGenerator {
        /// What it returns.
        value: Value,
        /// At the instruction that returns.
        state: StateId,
    },

    // Calls. The frame's slots hold all locals before them, if they may run any code.
    /// `len(a)`. May run any code, and raise.
    Length {
        /// An object.
        value: Value,
        /// Where it has raised.
        state: StateId,
    },
    /// `iter(a)`: owned. May run any code, and raise.
    GetIterator {
        /// An object.
        value: Value,
        /// Where it has raised.
        state: StateId,
    },
    /// The next of an iterator: owned, or NULL at its end. May run any code, and raise.
    IteratorNext {
        /// The iterator.
        iterator: Value,
        /// Where it has raised.
        state: StateId,
    },
    /// A new tuple: owned. Consumes the items. Raises if there is no memory.
    BuildTuple {
        /// The items.
        items: Vec<Value>,
        /// Where it has raised.
        state: StateId,
    },
    /// A tuple that is not made: no code, and nothing but states may have it. Where one is written, it is made.
    VirtualTuple {
        /// The items: values of any representation.
        items: Vec<Value>,
        /// Of each, whether the tuple has its reference. If not, one is taken when it is made. Of what is unboxed, it is true.
        owned: Vec<bool>,
    },
    /// A new list: the same as of a tuple.
    BuildList {
        /// The items.
        items: Vec<Value>,
        /// Where it has raised.
        state: StateId,
    },
    /// Puts an item at the end of an exact list. Consumes the item. Raises if there is no memory.
    ListAppend {
        /// The list.
        list: Value,
        /// The item.
        item: Value,
        /// Where it has raised.
        state: StateId,
    },
    /// What [`Operation`] says, by a call of its helper. May run any code, and raise.
    Apply {
        /// What to do.
        operation: Operation,
        /// The objects that it borrows, and those that it consumes.
        operands: Vec<Value>,
        /// The name that it is told.
        name: Option<ObjectId>,
        /// The number that it is told.
        number: u32,
        /// Where it has raised: what it consumes taken off the stack.
        state: StateId,
    },
    /// Calls an object with arguments as the evaluator would: what it returns, owned. Consumes all of them. If the object is a
    /// Python function or a bound method, the evaluator makes the call, and the code leaves if that leads elsewhere. May run any
    /// code, and raise.
    Call {
        /// What is called, `self` or NULL, and the arguments.
        operands: Vec<Value>,
        /// How these are given.
        given: Given,
        /// The instruction that the evaluator runs after the one that calls, in units.
        next: u32,
        /// At the instruction that calls, its operands taken off the stack.
        state: StateId,
    },
    /// Writes the state to the frame and has the evaluator run the instruction there. Leaves if the frame does not stand
    /// before the expected instruction afterwards. What it has put on the stack is there for
    /// [`LoadStack`](Self::LoadStack).
    /// Consumes what the state's stack owns; the places that the instruction has not taken still hold the same. May run any
    /// code.
    Interpret {
        /// The instruction.
        opcode: Opcode,
        /// Its argument.
        oparg: u32,
        /// The instruction expected after it, in units.
        next: u32,
        /// How it is before the instruction.
        state: StateId,
    },

    // Exceptions that are handled here.
    /// Writes the state to the frame and has the evaluator run the instruction there, which raises. Consumes what the state's
    /// stack owns. May run any code. [`Catch`](Self::Catch) comes next.
    Raise {
        /// The instruction.
        opcode: Opcode,
        /// Its argument.
        oparg: u32,
        /// How it is before the instruction.
        state: StateId,
    },
    /// An exception is set that was raised here: does what the evaluator does on the way to the handler. The frame gets an
    /// entry in the traceback, unless it is `noted` already; the stack is dropped to its level, from the top; what is given to
    /// the handler is there for [`LoadStack`](Self::LoadStack). Places below the level still hold the same. May run any code.
    /// Leaves if a tool wants to be told.
    Catch {
        /// How high the handler wants the stack.
        level: u32,
        /// Whether it is given the place of the exception before the exception.
        lasti: bool,
        /// Whether the frame is in the traceback.
        noted: bool,
        /// Whether the frame holds what has raised and what that has left on the stack. If not, the state is written.
        written: bool,
        /// Where it was raised, with what that has left on the stack.
        state: StateId,
    },

    /// Makes an exception the one that is being handled, or none for `None`: gives the one before, or `None`, owned. Consumes the
    /// exception.
    ExchangeHandled {
        /// The exception.
        exception: Value,
    },

    // Ends of blocks.
    /// To one of two blocks, by whether the instruction before this one has raised: it gives nothing then, and does not leave.
    Try {
        /// If it has not.
        on: Edge,
        /// If it has. [`Catch`](Self::Catch) comes next.
        raised: Edge,
    },
    /// On to another block.
    Jump(Edge),
    /// To one of two.
    Branch {
        /// A truth value.
        condition: Value,
        /// If it is true.
        then: Edge,
        /// If it is not.
        otherwise: Edge,
    },
    /// Returns from the function after [`CheckReturn`](Self::CheckReturn), with nothing in between that runs other code. Takes
    /// the frame away, and lets go of all that it holds. Consumes the value. May run any code.
    Return {
        /// What the function gives.
        value: Value,
        /// What is in the slots of its locals that hold something to be counted, in order.
        locals: Vec<Value>,
    },
    /// Returns to C, which has [passed](pyroxene_jit_api::Snapshot::passed) the arguments, what the function gives: a float or an
    /// int as it is. No frame of the function is in memory any more; lets go of what it held. Consumes the value. May run any
    /// code.
    Give {
        /// What the function gives.
        value: Value,
        /// What its frame held a reference to, in order.
        held: Vec<Value>,
    },
    /// Back to the evaluator.
    Exit {
        /// Why.
        reason: Reason,
        /// Where it goes on.
        state: StateId,
    },
}

"""Writes functions as the text that pyroxene_hir::assemble reads, with what the evaluator has found out.

    python3.13 dump.py MODULE FUNCTION     one function of a module, after the module's warm_up() if it has one
    python3.13 dump.py --all MODULE…       every function of modules, as they are

Runs on CPython 3.13 and on whatever has its bytecode.
"""

import dis
import importlib
import opcode
import sys
import types

LOCALS = {
    "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_AND_CLEAR", "STORE_FAST", "DELETE_FAST",
    "LOAD_DEREF", "STORE_DEREF", "MAKE_CELL",
}  # fmt: skip
PAIRS = {"LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"}
CLASSES = {
    str: "str", list: "list", tuple: "tuple", dict: "dict", range: "range",
    types.FunctionType: "function", types.CellType: "cell",
}  # fmt: skip


# The flags of code whose calls make generators and their like.
GENERATORS = 0x20 | 0x80 | 0x200

# The counter of an adaptive instruction that has never run.
WARMUP = 1 << 4 | 1


class Dump:
    def __init__(self, code):
        self.code = code
        self.adaptive = code._co_code_adaptive
        self.instructions = [
            i
            for i in dis.get_instructions(code, adaptive=True, show_caches=False)
            if i.opname != "EXTENDED_ARG"
        ]
        self.generic = [
            i.opname
            for i in dis.get_instructions(code, show_caches=False)
            if i.opname != "EXTENDED_ARG"
        ]
        self.objects = {}

    def local(self, number):
        return self.names()[number]

    def names(self):
        code = self.code
        names = list(code.co_varnames)
        names += [name for name in code.co_cellvars if name not in names]
        return names + list(code.co_freevars)

    def object(self, value):
        known = {None: "None", True: "True", False: "False"}
        if value is None or value is True or value is False:
            return known[value]
        if type(value) is float:
            text = repr(value)
            return text if text not in ("inf", "-inf", "nan") else text.upper()
        if type(value) is int and -(2**63) <= value < 2**63:
            return str(value)
        if value is len:
            kind = "builtin:len"
        elif value is list.__dict__["append"]:
            kind = "builtin:list.append"
        elif type(value) is int:
            kind = "int"
        else:
            kind = CLASSES.get(type(value), "other")
        name = f"o{len(self.objects)}"
        return self.objects.setdefault(id(value), (name, kind))[0]

    def site(self, instruction, generic):
        cache, at = {}, instruction.offset + 2
        for field, units in opcode._cache_format.get(generic, {}).items():
            cache[field] = int.from_bytes(self.adaptive[at : at + 2 * units], "little")
            at += 2 * units
        name = instruction.opname
        if instruction.baseopname == name:
            adapts = name in opcode._specializations
            return "unseen" if adapts and cache.get("counter") == WARMUP else ""
        if name == "CALL_LEN":
            self.objects.setdefault("len", ("len", "builtin:len"))
        if name.startswith("LOAD_ATTR_METHOD") and instruction.argval == "append":
            self.objects.setdefault("append", ("append", "builtin:list.append"))
            return f"type {cache['version']} {cache['keys_version']} append"
        if name in ("LOAD_ATTR_INSTANCE_VALUE", "LOAD_ATTR_SLOT", "LOAD_ATTR_WITH_HINT"):
            return f"attribute {cache['version']} {cache['keys_version'] & 0xFFFF}"
        if name.startswith("STORE_ATTR_"):
            return f"attribute {cache['version']} {cache['index']}"
        if name == "LOAD_ATTR_MODULE":
            return f"module {cache['version']} {cache['keys_version'] & 0xFFFF}"
        if name.startswith(("LOAD_ATTR_METHOD", "LOAD_ATTR_NONDESCRIPTOR", "LOAD_ATTR_CLASS")):
            self.objects.setdefault("found", ("found", "function"))
            return f"type {cache['version']} {cache['keys_version']} found"
        if name.startswith("LOAD_GLOBAL"):
            # The fields are in another order than dis says.
            module, builtin, index = list(cache.values())[1:]
            return f"global {module} {builtin} {index}"
        if name.startswith("CALL"):
            return f"call {cache['func_version']}"
        if name == "TO_BOOL_ALWAYS_TRUE":
            return f"truth {cache['version']}"
        return ""

    def label(self, offset):
        return f"L{offset // 2}"

    def lines(self):
        code = self.code
        resumed, entries, targets, body = [], [], set(), []
        for instruction, generic in zip(self.instructions, self.generic):
            name, argument = instruction.opname, instruction.arg
            text = "" if argument is None else str(argument)
            base = instruction.baseopname
            if base in LOCALS:
                text = self.local(argument)
            elif base in PAIRS:
                text = f"{self.local(argument >> 4)} {self.local(argument & 15)}"
            elif base in ("LOAD_CONST", "RETURN_CONST"):
                text = self.object(code.co_consts[argument])
            elif instruction.jump_target is not None:
                target = instruction.jump_target
                if base == "FOR_ITER":
                    # The label is where it goes on, after the END_FOR and POP_TOP.
                    target += 4
                text = self.label(target)
                targets.add(target)
                if base == "JUMP_BACKWARD":
                    entries.append(target)
            site = self.site(instruction, generic)
            start = instruction.start_offset
            line = f"  {name} {text}".rstrip() + (f" ; {site}" if site else "")
            body.append((start, line))
            if base == "RESUME" and (argument == 0 or code.co_flags & GENERATORS):
                resumed.append(instruction.offset)
        entries = list(dict.fromkeys(resumed + entries))
        handlers = dis._parse_exception_table(code)
        for handler in handlers:
            targets.update((handler.start, handler.end, handler.target))
        targets.update(entries)
        yield f".code {code.co_qualname.replace(' ', '_')}"
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & 4) + bool(code.co_flags & 8)
        yield f".args {count}"
        names = []
        for name in self.names():
            kind = "cell:" if name in code.co_cellvars else "free:" if name in code.co_freevars else ""
            names.append(kind + name)
        yield " ".join([".locals", *names])
        yield f".stack {code.co_stacksize}"
        for name, kind in self.objects.values():
            yield f".object {name} {kind}"
        for handler in handlers:
            words = [self.label(handler.start), self.label(handler.end), self.label(handler.target)]
            yield " ".join([".handler", *words, str(handler.depth), *["lasti"] * handler.lasti])
        for entry in entries:
            yield f".entry {self.label(entry)}"
        for start, line in body:
            if start in targets:
                yield f"{self.label(start)}:"
            yield line
        if len(code.co_code) in targets:
            yield f"{self.label(len(code.co_code))}:"


def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def functions(module):
    seen = set()

    def of(value):
        value = getattr(value, "__func__", value)
        if isinstance(value, types.FunctionType):
            for code in codes(value.__code__):
                if code not in seen:
                    seen.add(code)
                    yield code
        elif isinstance(value, type) and value.__module__ == module.__name__ and value not in seen:
            seen.add(value)
            for member in list(vars(value).values()):
                yield from of(member)

    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) == module.__name__:
            yield from of(value)


def main(arguments):
    if arguments[0] == "--all":
        for name in arguments[1:]:
            for code in functions(importlib.import_module(name)):
                print("\n".join(Dump(code).lines()))
                print("====")
        return
    module = importlib.import_module(arguments[0])
    getattr(module, "warm_up", lambda: None)()
    print("\n".join(Dump(getattr(module, arguments[1]).__code__).lines()))


if __name__ == "__main__":
    main(sys.argv[1:])

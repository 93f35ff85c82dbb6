//! What the evaluator does that programs seldom look at: which of an instance's attributes hides which, once instructions are
//! specialised, and in which order values go.
mod common;

use common::{run, with_python};

#[test]
fn an_attribute_of_an_instance_hides_a_method() {
    // The places of their dicts differ: behind the object, before it with and without inline values.
    with_python(|| {
        run(c"
class Error(Exception):
    def m(self): return 'class'
class List(list):
    def m(self): return 'class'
class Number(int):
    def m(self): return 'class'
class Plain:
    def m(self): return 'class'
class Slots:
    __slots__ = 'x', '__dict__'
    def m(self): return 'class'

def call(instance): return instance.m()

for Class in Error, List, Number, Plain, Slots:
    # Not specialised yet.
    call.__code__ = call.__code__.replace()
    for _ in range(100):
        assert call(Class()) == 'class', Class
    hiding = Class()
    hiding.m = lambda: 'instance'
    assert call(hiding) == 'instance', Class
    other = Class()
    other.y = 1
    assert call(other) == 'class', Class
");
    });
}

#[test]
fn a_method_of_an_instance_without_its_dict_is_specialised() {
    with_python(|| {
        run(c"
from _opcode_metadata import _specialized_opmap
class List(list):
    def m(self): return 1
class Error(Exception):
    def m(self): return 1
for Class in List, Error:
    def call(instance): return instance.m()
    instance = Class()
    for _ in range(100): call(instance)
    assert _specialized_opmap['LOAD_ATTR_METHOD_LAZY_DICT'] in call.__code__._co_code_adaptive[::2]
");
    });
}

#[test]
fn displays_drop_what_they_were_made_of_from_the_top() {
    with_python(|| {
        run(c"
gone = []
class D:
    def __init__(self, name): self.name = name
    def __eq__(self, other): return True
    def __hash__(self):
        if self.name == 'bad': raise ZeroDivisionError
        return 1
    def __del__(self): gone.append(self.name)

{D('k1'): D('a'), D('k2'): D('b')}
assert gone == ['k2', 'a', 'b', 'k1'] or gone == ['k2', 'a', 'k1', 'b'], gone
gone.clear()
try: {D('k1'): D('a'), D('bad'): D('b')}
except ZeroDivisionError: pass
# The traceback keeps the key that raised.
assert gone == ['b', 'a', 'k1', 'bad'], gone
gone.clear()
def f(a, b): return {'x': a, 'y': b}
f(D('a'), D('b'))
assert sorted(gone) == ['a', 'b'], gone
");
    });
}

#[test]
fn a_class_pattern_that_fails_drops_its_findings_from_the_last() {
    with_python(|| {
        run(c"
gone = []
class D:
    def __init__(self, name): self.name = name
    def __del__(self): gone.append(self.name)
class P:
    __match_args__ = 'a', 'b'
    a = property(lambda self: D('a'))
    b = property(lambda self: D('b'))
match P():
    case P(x, y, c=z): assert False
assert gone == ['b', 'a'], gone
class M(dict):
    def __len__(self): return 3
    def get(self, key, default): return D(key) if key != 'c' else default
gone.clear()
match M():
    case {'a': _, 'b': _, 'c': _}: assert False
assert gone == ['b', 'a'], gone
");
    });
}

#[test]
fn raising_with_too_many_operands_is_an_error() {
    with_python(|| {
        run(c"
from _opcode_metadata import opmap
def f(error): raise error
code = bytearray(f.__code__.co_code)
place = code.index(opmap['RAISE_VARARGS'])
code[place + 1] = 3
# The instruction before pushes one operand: so that there are three.
load = bytes(code[place - 2:place])
code[place:place] = load * 2
f.__code__ = f.__code__.replace(co_code=bytes(code), co_stacksize=4)
try: f(ValueError())
except SystemError as error: assert str(error) == 'bad RAISE_VARARGS oparg', error
else: assert False
");
    });
}

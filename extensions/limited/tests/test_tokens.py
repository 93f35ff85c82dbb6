"""The limited API: the wheel's tag, the file's name, the symbols that it imports, and the tokenizer itself."""

import fractions
import gc
import importlib.metadata
import pathlib
import subprocess
import sys

import pytest
import tokens
from tokens import ExpressionError, Token, Tokens


def test_the_wheel_is_abi3():
    wheel = importlib.metadata.distribution("pyroxene-ext-limited").read_text("WHEEL")
    tags = [line.split(": ")[1] for line in wheel.splitlines() if line.startswith("Tag: ")]
    assert tags and all(tag.startswith("cp311-abi3-") for tag in tags)
    assert tokens.__file__.endswith("tokens.abi3.so")


def test_the_module_imports_no_private_function():
    symbols = subprocess.run(
        ["nm", "-D", "--undefined-only", tokens.__file__], capture_output=True, text=True, check=True
    ).stdout.split()
    python = {name for name in symbols if name.startswith(("Py", "_Py"))}
    assert "PyType_GetModuleState" in python
    # The stable ABI's own exceptions: what its macros expand to.
    assert {name for name in python if name.startswith("_")} <= {"_Py_Dealloc", "_Py_NoneStruct"}


def test_tokens_are_struct_sequences():
    got = list(Tokens("2*(alpha_1 - .5)"))
    assert [token.text for token in got] == ["2", "*", "(", "alpha_1", "-", ".5", ")"]
    assert got[3] == Token(("name", "alpha_1", 3)) == ("name", "alpha_1", 3)
    assert (got[5].kind, got[5].start) == ("number", 13)
    assert repr(got[0]) == "tokens.Token(kind='number', text='2', start=0)"
    assert isinstance(got[0], tuple) and Token.n_fields == 3


def test_iteration_is_lazy_and_unicode_works():
    stream = Tokens("größe + 1 ?")
    assert next(stream).text == "größe"
    assert stream.rest == " + 1 ?"
    assert [next(stream).text, next(stream).text] == ["+", "1"]
    with pytest.raises(ExpressionError, match=r"unexpected character '\?' at 10"):
        next(stream)


def test_evaluation_with_any_number_type():
    assert tokens.evaluate("1 + 2 * 3 - 8 / 4") == 5.0
    assert tokens.evaluate("-(2 - 3) * x", {"x": fractions.Fraction(1, 3)}) == fractions.Fraction(1, 3)
    assert tokens.evaluate("9" * 50) == int("9" * 50)
    assert tokens.evaluate("n * n", {"n": "ab"} | {"n": 1j}) == -1


class Missing(dict):
    """A mapping whose lookups run Python code."""

    def __missing__(self, key):
        return len(key)


def test_names_come_from_any_mapping():
    assert tokens.evaluate("one + three", Missing()) == 8
    with pytest.raises(KeyError, match="nobody"):
        tokens.evaluate("nobody")


@pytest.mark.parametrize("text", ["", "1 +", "(1", "1)", "1 2", "*", "1 ** 2", "."])
def test_wrong_expressions(text):
    with pytest.raises(ValueError):
        tokens.evaluate(text)


def test_errors_of_operands_and_arguments():
    with pytest.raises(ZeroDivisionError):
        tokens.evaluate("1 / (2 - 2)")
    with pytest.raises(TypeError, match="must be str, not bytes"):
        Tokens(b"1")
    with pytest.raises(TypeError, match="immutable type"):
        Tokens.extra = 1


def test_deep_nesting_ends_in_recursion_error():
    assert tokens.evaluate("(" * 50 + "1" + ")" * 50) == 1
    with pytest.raises(RecursionError, match="in an expression"):
        tokens.evaluate("(" * 200_000 + "1")


def test_buffers():
    assert tokens.count_marks(b"(1+2)*x") == 4
    assert tokens.count_marks(bytearray(b"--")) == 2
    with pytest.raises(TypeError):
        tokens.count_marks("--")


def test_a_second_instance_of_the_module_is_collected():
    import importlib.util

    spec = importlib.util.spec_from_file_location("tokens", tokens.__file__)
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    assert other.Tokens is not Tokens and other.ExpressionError is not ExpressionError
    with pytest.raises(other.ExpressionError):
        other.evaluate("?")
    kind = other.Tokens
    before = sys.getrefcount(kind)
    stream = other.Tokens("1")
    assert sys.getrefcount(kind) == before + 1
    del stream
    assert sys.getrefcount(kind) == before
    del other, kind
    gc.collect()


def test_a_wheel_of_this_tag_is_accepted_by_pip():
    from pip._vendor.packaging import tags

    assert any(tag.abi == "abi3" and tag.interpreter == "cp311" for tag in tags.sys_tags())
    assert pathlib.Path(tokens.__file__).exists()

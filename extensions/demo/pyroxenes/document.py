"""Reads the document with lxml: validates it, asks it with XPath, and turns it into plain records."""

import dataclasses
import pathlib
import re
from fractions import Fraction

import numpy as np
from lxml import etree

FOLDER = pathlib.Path(__file__).resolve().parents[1]
NAMES = {"h": "http://www.w3.org/1999/xhtml", "c": "urn:pyroxene:crystal", "s": "http://www.w3.org/2000/svg"}


@dataclasses.dataclass(frozen=True)
class Element:
    """A chemical element, with the curves of its scattering factor where the document gives them."""

    symbol: str
    number: int
    mass: float
    colour: str
    radius: float
    curves: np.ndarray
    constant: float


@dataclasses.dataclass(frozen=True)
class Mineral:
    """A row of the table of cells."""

    key: str
    name: str
    formula: dict
    group: str
    cell: tuple
    units: int
    density: float


@dataclasses.dataclass(frozen=True)
class Structure:
    """A mineral's atoms: sites, symbols, and fractional positions of the asymmetric unit."""

    mineral: Mineral
    hue: str
    sites: list
    symbols: list
    positions: np.ndarray
    operations: list


@dataclasses.dataclass(frozen=True)
class Document:
    """What the program needs of the document."""

    title: str
    wavelength: float
    elements: dict
    minerals: dict
    structures: list
    fields: list
    corners: dict
    contents: str
    nodes: int


def count_atoms(formula):
    """The atoms of a formula: {'Ca': 1, 'Mg': 1, 'Si': 2, 'O': 6}."""
    counts = {}
    for symbol, number in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        counts[symbol] = counts.get(symbol, 0) + int(number or 1)
    return counts


def parse_operation(text):
    """A symmetry operation as matrix and shift, from words like '-x, y, 1/2-z'."""
    matrix, shift = np.zeros((3, 3)), np.zeros(3)
    for row, part in enumerate(text.replace(" ", "").split(",")):
        for sign, what in re.findall(r"([+-]?)([xyz]|\d+(?:/\d+)?)", part):
            value = -1 if sign == "-" else 1
            if what in "xyz":
                matrix[row, "xyz".index(what)] += value
            else:
                shift[row] += value * float(Fraction(what))
    return matrix, shift


def read():
    """Parse, validate and read the document."""
    parser = etree.XMLParser(remove_comments=True, resolve_entities=False, no_network=True)
    tree = etree.parse(FOLDER / "pyroxenes.xhtml", parser)
    etree.RelaxNG(file=FOLDER / "crystals.rng").assertValid(tree)

    # An XPath function in Python: libxml2 calls back into the interpreter.
    functions = etree.FunctionNamespace("urn:pyroxene:functions")
    functions.prefix = "f"
    functions["plain"] = lambda context, nodes: "".join(nodes[0].itertext()).strip()

    def ask(node, path):
        return node.xpath(path, namespaces=NAMES)

    elements = {}
    for node in ask(tree, "//c:element"):
        elements[node.get("symbol")] = Element(
            symbol=node.get("symbol"),
            number=int(node.get("number")),
            mass=float(node.get("mass")),
            colour=node.get("colour"),
            radius=float(node.get("radius")),
            curves=np.array([[float(c.get("a")), float(c.get("b"))] for c in ask(node, "c:curve")]).reshape(-1, 2),
            constant=float(ask(node, "number(c:constant)")),
        )

    minerals = {}
    for row in ask(tree, "//h:table[@id='cells']/h:tbody/h:tr"):
        texts = [ask(cell, "f:plain(.)") for cell in ask(row, "h:td")]
        name, formula, group, *numbers = texts
        a, b, c, beta, units, density = map(float, numbers)
        minerals[row.get("id")] = Mineral(
            row.get("id"), name, count_atoms(formula), group, (a, b, c, beta), int(units), density
        )

    structures = []
    for node in ask(tree, "//c:structure"):
        atoms = ask(node, "c:atom")
        group = ask(tree, f"//c:group[@id='{node.get('group')}']")[0]
        operations = [parse_operation(text) for text in ask(group, "c:operation/text()")]
        for text in ask(group, "c:centring/text()"):
            _, shift = parse_operation(text)
            operations += [(matrix, first + shift) for matrix, first in operations]
        structures.append(
            Structure(
                mineral=minerals[node.get("of")],
                hue=node.get("hue"),
                sites=[atom.get("site") for atom in atoms],
                symbols=[atom.get("element") for atom in atoms],
                positions=np.array([[float(atom.get(axis)) for axis in "xyz"] for atom in atoms]),
                operations=operations,
            )
        )

    fields = []
    for polygon in ask(tree, "//s:polygon[@class='field']"):
        points = np.array([[float(n) for n in pair.split(",")] for pair in polygon.get("points").split()])
        fields.append((polygon.get("data-name"), polygon.get("fill"), points))
    corners = {c.get("data-name"): (float(c.get("cx")), float(c.get("cy"))) for c in ask(tree, "//s:circle")}

    summary = etree.XSLT(etree.parse(FOLDER / "summary.xsl"))
    return Document(
        title=ask(tree, "string(//h:title)"),
        wavelength=float(ask(tree, "string(//h:meta[@name='wavelength']/@content)")),
        elements=elements,
        minerals=minerals,
        structures=structures,
        fields=fields,
        corners=corners,
        contents=str(summary(tree, indent=etree.XSLT.strparam("  "))),
        nodes=int(ask(tree, "count(//node() | //@*)")),
    )

"""`python -m pyroxenes PICTURE`: runs the demo and says what ran it."""

import pathlib
import platform
import sys
import time

import cffi
import lxml.etree
import matplotlib
import numpy as np

from . import crystal as crystals
from . import document, native, picture


def say(name, text):
    """One line of the report."""
    print(f"  {name:12} {text}", flush=True)


def mapped_library():
    """The file that holds the interpreter, as the kernel mapped it."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[5:]
            if path and "libpython3.13.so" in path[0]:
                return path[0].strip()
    raise SystemExit("no libpython3.13.so is mapped into this process")


def check(what, holds):
    """A computed fact that the document, or mineralogy, knows."""
    say("checked", what)
    if not holds:
        raise SystemExit(f"this does not hold: {what}")


def main():
    """Run everything; the argument is where the picture goes."""
    path = pathlib.Path(sys.argv[1]).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()

    print("What runs this")
    say("executable", sys.executable)
    say("version", sys.version.replace("\n", " "))
    say("library", mapped_library())
    say("system", f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}")
    say("packages", f"numpy {np.__version__}, lxml {lxml.etree.__version__}, cffi {cffi.__version__}, "
                    f"matplotlib {matplotlib.__version__}")

    print("The document, with lxml")
    pages = document.read()
    for line in pages.contents.splitlines():
        print(f"    {line}")
    say("read", f"{pages.nodes} nodes, {len(pages.minerals)} minerals, {len(pages.structures)} structures; valid")
    for element in pages.elements.values():
        if len(element.curves):
            electrons = element.curves[:, 0].sum() + element.constant
            if abs(electrons - element.number) > 0.05:
                raise SystemExit(f"the curves of {element.symbol} hold {electrons:.2f} electrons")

    print("Crystals, with NumPy")
    densities = [(m.name, m.density, crystals.density_of(m, pages.elements)) for m in pages.minerals.values()]
    worst = max(densities, key=lambda row: abs(row[2] / row[1] - 1))
    check(f"densities agree within 2 % (the worst: {worst[0]}, {worst[1]:.2f} and {worst[2]:.2f})",
          abs(worst[2] / worst[1] - 1) < 0.02)
    filled = [crystals.fill_cell(structure) for structure in pages.structures]
    for structure, crystal in zip(pages.structures, filled):
        name = structure.mineral.name
        check(f"{name} has 40 atoms in its cell", len(crystal.symbols) == 40)
        around = crystals.bonds(crystal, "Si", "O", 2.0)
        lengths = np.linalg.norm(np.concatenate(around), axis=1)
        check(f"each silicon of {name} has 4 oxygens, {lengths.min():.3f} to {lengths.max():.3f} Å away",
              all(len(vectors) == 4 for vectors in around) and 1.55 < lengths.min() and lengths.max() < 1.72)

    print("C, with cffi")
    libc = native.CLibrary()
    pattern = native.Pattern(path.parent / "pattern")
    say("compiled", pattern.module.__file__)
    grid = np.arange(15, 70, 0.01)
    patterns = []
    for structure, crystal in zip(pages.structures, filled):
        angles, distances, heights = crystals.reflections(crystal, pages.elements, pages.wavelength, 75)
        lines = libc.strongest(distances, angles, heights)
        if not np.array_equal(lines["height"], np.sort(heights)[::-1]):
            raise SystemExit("qsort did not sort")
        best = libc.label(lines["distance"][0], lines["angle"][0])
        edge = libc.edge(abs(np.linalg.det(crystal.axes)))
        say(structure.mineral.name, f"{len(lines)} lines, the strongest {best}; a cube of its cell's volume has {edge:.3f} Å")
        patterns.append((structure.mineral.name, structure.hue, pattern(angles, heights, grid), best))
    check("the strongest line of diopside is at 2.98 Å", patterns[0][3].startswith("d = 2.98"))
    say("callbacks", f"{libc.compared} comparisons and {pattern.asked} widths asked of Python by C")

    print("The picture, with matplotlib")
    footer = f"{sys.version.splitlines()[0]} · NumPy {np.__version__} · lxml {lxml.etree.__version__} · cffi {cffi.__version__}"
    picture.draw(path, pages, filled[0], grid, patterns, densities, footer)
    say("written", f"{path} ({path.stat().st_size // 1024} kB)")
    say("took", f"{time.perf_counter() - begin:.1f} s")


main()

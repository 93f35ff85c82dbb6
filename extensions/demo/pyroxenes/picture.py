"""The picture, with matplotlib: structure, patterns, densities, and the quadrilateral."""

import itertools

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.patches import Polygon  # noqa: E402

from . import crystal as crystals  # noqa: E402


def draw_structure(axes, crystal, elements, name):
    """A slice of the structure in the plane of b and c, some cells wide, tetrahedra filled."""
    axes.set_title(f"{name}: tetrahedra in chains along c")
    depth = crystal.axes[0, 0]
    centres = crystal.positions[crystal.symbols == "Si"]
    around = crystals.bonds(crystal, "Si", "O", 1.8)
    width, height = crystal.axes[2, 2], crystal.axes[1, 1]
    for shift_z in range(-2, 4):
        for shift_y in range(-1, 3):
            offset = np.array([shift_z * width, shift_y * height])
            for centre, vectors in zip(centres, around):
                if not 0.15 < centre[0] / depth < 0.45:
                    continue
                corners = (centre + vectors)[:, [2, 1]] + offset
                for face in itertools.combinations(corners, 3):
                    axes.add_patch(Polygon(face, facecolor="#7fb2dd", edgecolor="#27577d", lw=0.7, alpha=0.4))
            for symbol in np.unique(crystal.symbols):
                element = elements[symbol]
                points = crystal.positions[crystal.symbols == symbol]
                inside = (points[:, 0] / depth > -0.05) & (points[:, 0] / depth < 0.45)
                y, z = points[inside, 1] + offset[1], points[inside, 2] + offset[0]
                size = (14 * element.radius) ** 2 if symbol != "O" else 24
                label = symbol if shift_z == 0 and shift_y == 0 else None
                axes.scatter(z, y, s=size, color=element.colour, edgecolor="white", lw=0.4, zorder=3, label=label)
    axes.set(xlim=(0, 3 * width), ylim=(0, 1.5 * height), xlabel="along c (Å)", ylabel="along b (Å)", aspect="equal")
    axes.legend(loc="upper right", fontsize=8, framealpha=0.9)


def draw_patterns(axes, grid, patterns):
    """Patterns above each other, the strongest line of each named."""
    axes.set_title("powder patterns, Cu Kα")
    for level, (name, hue, pattern, best) in enumerate(patterns):
        scaled = pattern / pattern.max()
        axes.fill_between(grid, level * 1.1, scaled + level * 1.1, color=hue, alpha=0.25)
        axes.plot(grid, scaled + level * 1.1, color=hue, lw=0.9)
        axes.text(grid[0] + 1, level * 1.1 + 0.55, f"{name}\n{best}", color=hue, fontsize=9)
    axes.set(xlim=(grid[0], grid[-1]), xlabel="2θ (degrees)", yticks=[], ylabel="intensity")


def draw_densities(axes, rows):
    """Weighed against computed."""
    weighed = np.array([row[1] for row in rows])
    computed = np.array([row[2] for row in rows])
    axes.set_title("density: weighed and computed (g/cm³)")
    ends = [weighed.min() - 0.1, weighed.max() + 0.1]
    axes.plot(ends, ends, color="#999", lw=0.8, zorder=1)
    axes.scatter(weighed, computed, color="#6a4c93", zorder=2)
    places = itertools.cycle([(9, -11, "left"), (-8, 3, "right"), (8, -4, "left"), (-8, 3, "right")])
    for (name, x, y), (right, up, side) in zip(sorted(rows, key=lambda row: row[1]), places):
        axes.annotate(name, (x, y), xytext=(right, up), textcoords="offset points", fontsize=8, ha=side)
    axes.set(xlabel="weighed", ylabel="computed", xlim=(ends[0] - 0.1, ends[1] + 0.05))


def draw_quadrilateral(axes, fields, corners):
    """The document's own drawing, read from its SVG."""
    axes.set_title("the quadrilateral")
    for name, colour, points in fields:
        axes.add_patch(Polygon(points, facecolor=colour, edgecolor="#444", lw=0.8))
        axes.text(*points.mean(axis=0), name, ha="center", va="center", fontsize=8)
    for name, (x, y) in corners.items():
        axes.plot(x, y, "o", color="black", ms=4)
        below = y > 100
        axes.annotate(name, (x, y), xytext=(0, -14 if below else 8), textcoords="offset points", ha="center")
    axes.set(xlim=(-5, 405), ylim=(212, -12), aspect="equal")
    axes.axis("off")


def draw(path, document, crystal, grid, patterns, densities, footer):
    """Draw everything into one file."""
    figure, ((first, second), (third, fourth)) = plt.subplots(2, 2, figsize=(13, 9), layout="constrained")
    figure.suptitle(document.title, fontsize=15)
    draw_structure(first, crystal, document.elements, document.structures[0].mineral.name)
    draw_patterns(second, grid, patterns)
    draw_densities(third, densities)
    draw_quadrilateral(fourth, document.fields, document.corners)
    figure.supxlabel(footer, fontsize=7, color="#666")
    figure.savefig(path, dpi=110)
    plt.close(figure)

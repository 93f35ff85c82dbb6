"""Crystals with NumPy: cells, symmetry, bonds, densities, and where and how strongly a powder reflects X-rays."""

import dataclasses

import numpy as np

# Grams a cubic centimetre in one atomic mass unit a cubic ångström.
DALTON = 1.660539


@dataclasses.dataclass(frozen=True)
class Crystal:
    """All the atoms of a cell."""

    symbols: np.ndarray
    fractions: np.ndarray
    axes: np.ndarray

    @property
    def positions(self):
        """The atoms in ångström."""
        return self.fractions @ self.axes


def axes_of(cell):
    """The axes of a monoclinic cell as rows: b along y, c along z."""
    a, b, c, beta = cell
    angle = np.radians(beta)
    return np.array([[a * np.sin(angle), 0, a * np.cos(angle)], [0, b, 0], [0, 0, c]])


def density_of(mineral, elements):
    """The density that cell and formula give."""
    mass = sum(elements[symbol].mass * count for symbol, count in mineral.formula.items())
    return mineral.units * mass * DALTON / abs(np.linalg.det(axes_of(mineral.cell)))


def fill_cell(structure):
    """Apply the symmetry to the asymmetric unit, keeping one of each set of equal atoms."""
    symbols, fractions = [], []
    for symbol, position in zip(structure.symbols, structure.positions):
        images = np.array([matrix @ position + shift for matrix, shift in structure.operations]) % 1.0
        _, first = np.unique(np.round(images, 4) % 1.0, axis=0, return_index=True)
        fractions.append(images[np.sort(first)])
        symbols += [symbol] * len(first)
    return Crystal(np.array(symbols), np.concatenate(fractions), axes_of(structure.mineral.cell))


def bonds(crystal, centre, other, longest):
    """Vectors from each atom of one kind to its neighbours of another kind, over the borders of the cell."""
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    near = crystal.fractions[crystal.symbols == other][None, :, None, :] + shifts
    vectors = (near - crystal.fractions[crystal.symbols == centre][:, None, None, :]) @ crystal.axes
    vectors = vectors.reshape(vectors.shape[0], -1, 3)
    lengths = np.linalg.norm(vectors, axis=-1)
    return [vector[length < longest] for vector, length in zip(vectors, lengths)]


def reflections(crystal, elements, wavelength, largest_angle):
    """Angles 2θ, distances of planes and intensities of a powder, planes of equal distance added up."""
    inverse = np.linalg.inv(crystal.axes)
    limit = int(np.ceil(np.abs(crystal.axes).max() * 2 / wavelength))
    axis = np.arange(-limit, limit + 1)
    planes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    inverse_distance = np.linalg.norm(planes @ inverse.T, axis=1)
    half_sine = inverse_distance / 2
    seen = (inverse_distance > 0) & (half_sine * wavelength < np.sin(np.radians(largest_angle / 2)))
    planes, half_sine = planes[seen], half_sine[seen]

    amplitude = np.zeros(len(planes), dtype=complex)
    for symbol in np.unique(crystal.symbols):
        element = elements[symbol]
        a, b = element.curves.T
        factor = (a * np.exp(-b * half_sine[:, None] ** 2)).sum(axis=1) + element.constant
        phases = planes @ crystal.fractions[crystal.symbols == symbol].T
        amplitude += factor * np.exp(2j * np.pi * phases).sum(axis=1)

    theta = np.arcsin(half_sine * wavelength)
    polarisation = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    warmth = np.exp(-2 * 0.4 * half_sine**2)
    intensity = np.abs(amplitude) ** 2 * polarisation * warmth

    keys, place = np.unique(np.round(half_sine, 7), return_inverse=True)
    total = np.bincount(place, weights=intensity)
    strong = total > total.max() * 1e-4
    return np.degrees(2 * np.arcsin(keys[strong] * wavelength)), 1 / (2 * keys[strong]), total[strong]

"""Effects of many groups integrated at a time, by adaptive Gauss-Hermite quadrature."""

from dataclasses import dataclass

import numpy as np

from desist._types import Floats

# Of the people of a group, those of one arm see the sum of the group's effects that concern them
# and nothing else, so that a group's likelihood is a product of two functions of one number each.
# Both are read at a few nodes, between which their logs are polynomials; the rest reads no rows.

NEWTON_STEPS = 4
CANDIDATES = 10
SPREAD_OF_CANDIDATES = 1.25


@dataclass(frozen=True)
class ArmLikelihoods:
    """Log-likelihoods of each group's arms as polynomials of what its people see."""

    # about `centre` in units of `width`, (n_draws, 2, n_groups); of the coefficients the constant
    # stands first, (n_powers, n_draws, 2, n_groups)
    centre: Floats
    width: Floats
    coefficients: Floats
    reach: float  # of the nodes; polynomials are worth nothing beyond

    def scale(self, seen: Floats) -> Floats:
        """Return what is seen, (n_draws, 2, n_groups), as an argument of the polynomials."""
        return np.asarray((seen - self.centre) / self.width)

    def evaluate(self, arm: int, seen: Floats) -> Floats:
        """Evaluate one arm at (n_draws, n_groups, ...) what its people see."""
        extra = (1,) * (seen.ndim - 2)
        centre, width = (
            part[:, arm].reshape(*part[:, arm].shape, *extra) for part in (self.centre, self.width)
        )
        argument = (seen - centre) / width
        np.clip(argument, -self.reach, self.reach, out=argument)
        coefficients = self.coefficients[:, :, arm]
        coefficients = coefficients.reshape(*coefficients.shape, *extra)
        value = argument * coefficients[-1]
        for coefficient in coefficients[-2:0:-1]:  # in place: room takes longer than numbers
            value += coefficient
            value *= argument
        value += coefficients[0]
        return np.asarray(value)

    def differentiate(self, seen: Floats) -> tuple[Floats, Floats]:
        """Return first and second derivatives at (n_draws, 2, n_groups) what is seen."""
        argument = np.clip(self.scale(seen), -self.reach, self.reach)
        first, second = np.zeros_like(argument), np.zeros_like(argument)
        for power in range(len(self.coefficients) - 1, 0, -1):
            if power > 1:
                second = second * argument + power * (power - 1) * self.coefficients[power]
            first = first * argument + power * self.coefficients[power]
        return first / self.width, second / np.square(self.width)


def place_nodes(n_nodes: int, farthest: float) -> Floats:
    """Return Chebyshev's nodes over an interval about 0."""
    angles = (2 * np.arange(n_nodes) + 1) * np.pi / (2 * n_nodes)
    return np.asarray(farthest * np.cos(angles)[::-1])


def interpolate(values: Floats, nodes: Floats, centre: Floats, width: Floats) -> ArmLikelihoods:
    """Make polynomials of values at centre + width * nodes, shape (n_nodes, ...)."""
    powers = np.linalg.inv(np.vander(nodes, increasing=True))
    coefficients = np.tensordot(powers, values, axes=1)
    return ArmLikelihoods(centre, width, coefficients, float(np.max(np.abs(nodes))))


@dataclass(frozen=True)
class GroupPosterior:
    """Standard effects of each group given all else: mode, and the root of the covariance."""

    mode: Floats  # (n_draws, n_groups, n_effects)
    root: Floats  # (n_draws, n_groups, n_effects, n_effects), lower
    seen: Floats  # (n_draws, 2, n_effects): what an arm sees of a standard effect


def find_group_modes(arms: ArmLikelihoods, seen: Floats, start: Floats) -> GroupPosterior:
    """Find the mode and curvature of each group's standard effects, by Newton's steps."""
    mode = start
    for _ in range(NEWTON_STEPS):
        score, precision = _differentiate(arms, seen, mode)
        mode = mode + _solve_small(precision, score)
    precision = _differentiate(arms, seen, mode)[1]
    return GroupPosterior(mode, _find_root(precision), seen)


def integrate_groups(arms: ArmLikelihoods, found: GroupPosterior, n_nodes: int) -> Floats:
    """Return the log of each draw's integral over all groups, shape (n_draws,)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    gain = np.square(nodes) / 2 + np.log(weights)
    if found.mode.shape[-1] == 1:
        log_terms = _log_joint(arms, found, nodes[:, np.newaxis]) + gain
    else:
        log_terms = _log_joint_of_two(arms, found, nodes) + (gain[:, np.newaxis] + gain).ravel()
    volume = np.log(np.diagonal(found.root, axis1=-2, axis2=-1)).sum(axis=-1)
    top = log_terms.max(axis=-1)
    inside = np.log(np.exp(log_terms - top[..., np.newaxis]).sum(axis=-1))
    total: Floats = (top + inside + volume).sum(axis=-1)
    return total


def draw_groups(arms: ArmLikelihoods, found: GroupPosterior, rng: np.random.Generator) -> Floats:
    """Draw each group's standard effects: a short chain of independent normal candidates."""
    # its error falls as a power of the number of candidates; that of choosing one of them by
    # weight falls only as their number (Tierney 1994, Annals of Statistics 22(4), section 3.2)
    shape = (*found.mode.shape[:2], CANDIDATES)
    normal = SPREAD_OF_CANDIDATES * rng.standard_normal((*shape, found.mode.shape[-1]))
    log_weight = _log_joint(arms, found, normal)
    log_weight += _square_length(normal) / (2 * SPREAD_OF_CANDIDATES**2)
    threshold = np.log1p(-rng.random(shape))
    picked, height = normal[:, :, 0], log_weight[:, :, 0]
    for number in range(1, CANDIDATES):
        is_taken = threshold[:, :, number] < log_weight[:, :, number] - height
        height = np.where(is_taken, log_weight[:, :, number], height)
        picked = np.where(is_taken[..., np.newaxis], normal[:, :, number], picked)
    drawn: Floats = found.mode + (found.root @ picked[..., np.newaxis])[..., 0]
    return drawn


def _log_joint(arms: ArmLikelihoods, found: GroupPosterior, normal: Floats) -> Floats:
    """Evaluate at mode + root @ normal, (..., n_nodes, n_effects): (n_draws, n_groups, n_nodes)."""
    # the root is lower; a product of so many matrices of two rows takes twice as long
    standard = np.empty(np.broadcast_shapes(found.mode[:, :, np.newaxis].shape, normal.shape))
    for effect in range(standard.shape[-1]):
        standard[..., effect] = found.mode[:, :, effect, np.newaxis]
        for other in range(effect + 1):
            standard[..., effect] += (
                found.root[:, :, effect, other, np.newaxis] * normal[..., other]
            )
    value: Floats = _square_length(standard) / -2
    for arm in (0, 1):
        seen = standard.reshape(len(standard), -1, standard.shape[-1]) @ found.seen[:, arm, :, None]
        value += arms.evaluate(arm, seen.reshape(value.shape))
    return value


def _square_length(vectors: Floats) -> Floats:
    """Add up the squares of a few numbers, quicker than along a short axis."""
    total = np.square(vectors[..., 0])
    for effect in range(1, vectors.shape[-1]):
        total += np.square(vectors[..., effect])
    return np.asarray(total)


def _log_joint_of_two(arms: ArmLikelihoods, found: GroupPosterior, nodes: Floats) -> Floats:
    """Evaluate two effects at all pairs of nodes, the first effect changing last."""
    # the root is lower, and comparison people see the first effect alone: one row of nodes is
    # enough for them
    first = found.mode[..., 0, np.newaxis] + found.root[..., 0, 0, np.newaxis] * nodes
    along = found.mode[..., 1, np.newaxis] + found.root[..., 1, 0, np.newaxis] * nodes
    second = along[..., np.newaxis] + found.root[..., 1, 1, np.newaxis, np.newaxis] * nodes
    seen = found.seen[..., np.newaxis, np.newaxis]  # (n_draws, 2, n_effects, 1, 1)
    alone = arms.evaluate(0, seen[:, 0, 0] * first) - np.square(first) / 2
    shared = (seen[:, 1, 0] * first)[..., np.newaxis]
    value = arms.evaluate(1, shared + seen[:, 1, 1, ..., np.newaxis] * second)
    second *= second
    second /= 2
    value -= second
    value += alone[..., np.newaxis]
    return value.reshape(*value.shape[:2], -1)


def see_effects(seen: Floats, effects: Floats) -> Floats:
    """Return what arms see, (n_draws, 2, n_groups), of effects (n_draws, n_groups, n_effects)."""
    return np.asarray(seen @ np.swapaxes(effects, -1, -2))


def multiply_seen(seen: Floats) -> Floats:
    """Return the products of what arms see of two effects, (n_draws, 2, n_effects**2)."""
    products = seen[..., :, np.newaxis] * seen[..., np.newaxis, :]
    return np.asarray(products.reshape(*seen.shape[:2], -1))


def _differentiate(arms: ArmLikelihoods, seen: Floats, mode: Floats) -> tuple[Floats, Floats]:
    # products of small matrices: a sum over three arrays at once takes ten times as long
    first, second = arms.differentiate(see_effects(seen, mode))
    score = np.swapaxes(first, -1, -2) @ seen - mode
    bend = np.maximum(-second, 0.0)
    precision = np.swapaxes(bend, -1, -2) @ multiply_seen(seen)
    n_effects = mode.shape[-1]
    return score, precision.reshape(*mode.shape, n_effects) + np.eye(n_effects)


def _solve_small(matrix: Floats, right: Floats) -> Floats:
    if matrix.shape[-1] == 1:
        return right / matrix[..., 0]
    a, b, d = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 1]
    determinant = a * d - b * b
    first = (d * right[..., 0] - b * right[..., 1]) / determinant
    second = (a * right[..., 1] - b * right[..., 0]) / determinant
    return np.stack([first, second], axis=-1)


def _find_root(precision: Floats) -> Floats:
    """Return the lower root of the inverse of blocks of one row or two."""
    root = np.zeros_like(precision)
    if precision.shape[-1] == 1:
        root[..., 0, 0] = precision[..., 0, 0] ** -0.5
        return root
    a, b, d = precision[..., 0, 0], precision[..., 0, 1], precision[..., 1, 1]
    determinant = a * d - b * b
    root[..., 0, 0] = np.sqrt(d / determinant)
    root[..., 1, 0] = -b / np.sqrt(d * determinant)
    root[..., 1, 1] = d**-0.5
    return root

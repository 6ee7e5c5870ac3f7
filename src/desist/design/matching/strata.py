"""Matching within strata: exact, coarsened exact, and subclasses of the score."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.design.arose import FromSets
from desist.design.matching.distance import find_column_faults, number_strata
from desist.design.protocol import Material, UsualAnswers, Weighting
from desist.design.scores.propensity import require_scores
from desist.errors import CannotAnswerError, Fault, NoOverlapError, raise_faults
from desist.estimands import Estimand

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_BINS = 100_000
MOST_CUTS_SHOWN = 5

Cuts = int | tuple[float, ...]

ALL_THREE = (Estimand.ATT, Estimand.ATE, Estimand.ATC)


@dataclass(frozen=True)
class ExactMatching(UsualAnswers):
    """Compare people who agree on every column of the formula.

    Within a stratum comparison people share the weight of its participants. Strata with
    one arm only are not used.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "ethnicity", method=ds.ExactMatching())
    >>> len(set(design.sets))
    4
    """

    name: ClassVar[str] = "exact"
    estimands: ClassVar[tuple[Estimand, ...]] = ALL_THREE
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = False
    needs_scores: ClassVar[bool] = False
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With the covariates.

        Returns
        -------
        Weighting
            With a set for each stratum.
        """
        strata = number_strata(material.covariates, material.variables)
        return weigh_strata(strata, material.treated, material.estimand, material.sampling)


@dataclass(frozen=True)
class CoarsenedExactMatching(UsualAnswers):
    """Exact matching on covariates that are cut into bins.

    Iacus, King and Porro (2012), Political Analysis 20.

    Attributes
    ----------
    bins : mapping of str to int or tuple of float
        For each column of numbers the number of bins of equal width between its smallest
        and largest value, or the cut points between bins. A value at a cut belongs to the
        bin above. Columns of numbers that are not named get Sturges' number of bins,
        ceil(log2(n) + 1); categories are matched exactly.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age", method=ds.CoarsenedExactMatching())
    >>> design.n_treated
    60
    """

    name: ClassVar[str] = "cem"
    estimands: ClassVar[tuple[Estimand, ...]] = ALL_THREE
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = False
    needs_scores: ClassVar[bool] = False
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    bins: Mapping[str, Cuts] = field(default_factory=dict)

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the bins.

        Parameters
        ----------
        covariates : DataFrame
            With the columns of `bins`.
        treated : ndarray of bool
            Not looked at.

        Returns
        -------
        list of Fault
            Unknown columns, text, cuts that do not rise.
        """
        del treated
        advice = "write {'age': 5} or {'age': (20, 30, 40)}"
        faults = find_kind_faults("bins", self.bins, Mapping, "bins by column", advice)
        if faults:
            return faults
        for column, cuts in self.bins.items():
            unknown = find_column_faults("bins", column, covariates)
            faults += [replace(fault, expected="columns of the cohort") for fault in unknown]
            if not unknown and not pd.api.types.is_numeric_dtype(covariates[column]):
                advice = "categories are matched exactly; leave it out of the bins"
                faults.append(Fault(f"bins of {column}", "a column of numbers", "text", advice))
            if not _are_cuts(cuts):
                expected = "a number of bins, at least 1, or rising cut points"
                faults.append(Fault(f"bins of {column}", expected, _describe_cuts(cuts)))
        return faults

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With the covariates.

        Returns
        -------
        Weighting
            With a set for each stratum.

        Raises
        ------
        InputError
            If bins are given for a column that the formula does not name, or for a category.
        """
        raise_faults("design", _find_unread_bins(self.bins, material))
        coarse = {}
        for name in material.variables:
            column = material.covariates[name]
            if name in material.categorical:
                coarse[name] = pd.Series(pd.factorize(column, sort=True)[0])
            else:
                values = column.to_numpy(dtype=np.float64)
                coarse[name] = pd.Series(cut_column(values, self.bins.get(name)))
        strata = number_strata(pd.DataFrame(coarse), coarse)
        return weigh_strata(strata, material.treated, material.estimand, material.sampling)


@dataclass(frozen=True)
class Subclassification(UsualAnswers):
    """Compare people within subclasses of the propensity score.

    The limits are quantiles of the score of the people asked about: the participants for
    the ATT, the comparison people for the ATC, everybody for the ATE (Rosenbaum and Rubin
    1984, Journal of the American Statistical Association 79). A subclass without one of
    the arms is not used.

    Attributes
    ----------
    n_subclasses : int
        Number of subclasses.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.Subclassification())
    >>> len(set(design.sets[design.weights > 0]))
    6
    """

    name: ClassVar[str] = "subclass"
    estimands: ClassVar[tuple[Estimand, ...]] = ALL_THREE
    needs_formula: ClassVar[bool] = True
    needs_matrix: ClassVar[bool] = True
    needs_scores: ClassVar[bool] = True
    no_sampling: ClassVar[str] = ""
    no_bootstrap: ClassVar[str] = ""

    n_subclasses: int = 6

    def find_faults(self, covariates: pd.DataFrame, treated: NDArray[np.bool_]) -> list[Fault]:
        """Return what is wrong with the number of subclasses.

        Parameters
        ----------
        covariates : DataFrame
            Not looked at.
        treated : ndarray of bool, shape (n_people,)
            Whether each person took part.

        Returns
        -------
        list of Fault
            A number below 2, or more subclasses than participants.
        """
        del covariates
        most, asked = int(treated.sum()), self.n_subclasses
        faults = find_number_faults("n_subclasses", asked, least=2, most=most, whole=True)
        if not faults:
            return []
        expected = f"a whole number from 2 to the {most:,} participants"
        return [replace(faults[0], expected=expected, advice="5 or 6 are usual")]

    def weigh(self, material: Material) -> Weighting:
        """Weigh everybody.

        Parameters
        ----------
        material : Material
            With scores.

        Returns
        -------
        Weighting
            With a set for each subclass.
        """
        scores = require_scores(material.scores).scores
        asked = {Estimand.ATT: material.treated, Estimand.ATC: ~material.treated}
        focal = scores[asked.get(material.estimand, np.ones_like(material.treated))]
        limits = np.quantile(focal, np.arange(1, self.n_subclasses) / self.n_subclasses)
        strata = np.searchsorted(limits, scores, side="right").astype(np.int64)
        return weigh_strata(strata, material.treated, material.estimand, material.sampling)


def cut_column(values: Floats, cuts: Cuts | None) -> Integers:
    """Cut numbers into bins."""
    if cuts is None:
        cuts = int(np.ceil(np.log2(len(values)) + 1))
    if isinstance(cuts, tuple | list):
        inner = np.array(cuts)
    else:
        inner = np.linspace(values.min(), values.max(), int(cuts) + 1)[1:-1]
    return np.searchsorted(inner, values, side="right").astype(np.int64)


def weigh_strata(
    strata: Integers,
    treated: NDArray[np.bool_],
    estimand: Estimand,
    sampling: Floats | None = None,
) -> Weighting:
    """Weigh people so that each arm has the strata of the people asked about."""
    size = int(strata.max()) + 1
    inside, outside = (
        np.bincount(strata[arm], None if sampling is None else sampling[arm], minlength=size)
        for arm in (treated & (strata >= 0), ~treated & (strata >= 0))
    )
    both = (inside > 0) & (outside > 0)
    used = (strata >= 0) & both[strata]
    if not used.any():
        raise NoOverlapError(
            "no stratum holds both participants and comparison people; use fewer or coarser "
            "covariates, or match on the score"
        )
    _refuse_loss(used, treated, estimand)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = {
            Estimand.ATT: (np.ones(size), inside / outside),
            Estimand.ATC: (outside / inside, np.ones(size)),
        }.get(estimand, ((inside + outside) / inside, (inside + outside) / outside))
    weights = np.where(treated, factors[0][strata], factors[1][strata])
    numbers = np.cumsum(both) - 1
    sets = np.where(used, numbers[strata], -1).astype(np.int64)
    return Weighting(np.where(used, weights, 0.0), FromSets(), sets)


def _refuse_loss(used: NDArray[np.bool_], treated: NDArray[np.bool_], estimand: Estimand) -> None:
    if estimand is Estimand.ATT:
        return  # dropped participants rename the ATT
    asked = ~treated if estimand is Estimand.ATC else np.ones_like(treated)
    lost = int((asked & ~used).sum())
    if lost:
        raise CannotAnswerError(
            f"{lost:,} people whom the {estimand.value} is about have no counterpart in their "
            "stratum; ask for the ATT, or use fewer or coarser covariates"
        )


def _find_unread_bins(bins: Mapping[str, Cuts], material: Material) -> list[Fault]:
    faults = []
    for name in bins:
        if name not in material.variables:
            expected = "columns that the formula names"
            advice = "add it to the formula, or leave it out of the bins"
            faults.append(Fault("bins", expected, describe(name), advice))
        elif name in material.categorical:
            advice = "categories are matched exactly; leave it out of the bins, or drop the C()"
            faults.append(Fault(f"bins of {name}", "a column of numbers", "a category", advice))
    return faults


def _are_cuts(cuts: object) -> bool:
    if not isinstance(cuts, tuple | list):
        return not find_number_faults("bins", cuts, least=1, most=MOST_BINS, whole=True)
    if not cuts or any(find_number_faults("bins", cut) for cut in cuts):
        return False
    return all(low < high for low, high in itertools.pairwise(cuts))


def _describe_cuts(cuts: object) -> str:
    """Show a few cut points as they were written, anything else by kind and size."""
    if isinstance(cuts, tuple | list) and 0 < len(cuts) <= MOST_CUTS_SHOWN:
        return f"({', '.join(map(describe, cuts))})"
    return describe(cuts)

"""The design: who is compared with whom, decided before any outcome is seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from desist.arguments import describe, find_kind_faults
from desist.cohort.cohort import Cohort
from desist.design.arose import Arose, FromSets, Given, Sampled
from desist.design.balance import Balance, choose_standardiser, measure_balance
from desist.design.formula import Formula, make_matrix, read_formula
from desist.design.marks import mark_people
from desist.design.protocol import UNKNOWN, Material, Method, Weighting
from desist.design.scores.models import RegressionScore, ScoreModel
from desist.design.scores.propensity import PropensityScore
from desist.errors import CannotAnswerError, Fault, NoOverlapError, raise_faults
from desist.estimands import TRUNCATED, Estimand
from desist.execution import on_one_thread
from desist.notebook import show_record
from desist.privacy import FEWEST_SHARING
from desist.weights import effective_sample_size

BY_HAND = Given()
MULTIPLIED = "every weight is that of the method times the sampling weight of the person"


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """Weights, matched sets and the estimand they serve.

    Attributes
    ----------
    weights : ndarray of float, shape (n_people,)
        Probability weight of each person; 0 for those who are not used. Only their
        ratios within an arm mean anything. Where the cohort has sampling weights it is the
        product of the weight by the method and of these.
    treated : ndarray of bool, shape (n_people,)
        Whether each person took part.
    estimand : Estimand
        Whom the weighted comparison is about, after people were dropped.
    sets : ndarray of int, shape (n_people,), or None
        Matched set or subclass of each person, -1 for those in none; None where the
        method makes no sets.
    method : Method or None
        Settings record of the method; None for a design made by hand.
    formula : str or None
        The covariates.
    estimand_asked : Estimand or None
        Whom the comparison was to be about.
    scores : PropensityScore or None
        None where the method needs none.
    balance : Balance or None
        Before and after weighting.
    matches : ndarray of int, shape (n_matches, 2), or None
        Matched pairs of positions, where the method makes a list of them.
    score_model : ScoreModel or None
        Where the scores came from.
    notes : tuple of str
        What the reader has to know: people trimmed, weights truncated.
    people_mark : int or None
        Checksum of the people it was made from, so that it is not used for others.
    arose : FromScores, FromSets, Balanced, Given or Sampled
        How the weights arose, as the method says; of a design made by hand, `FromSets` where it
        has sets.
    sampling : ndarray of float, shape (n_people,), or None
        Sampling weights with mean 1, by which people are weighted before the design; None where
        all count alike.
    covariates : DataFrame or None
        What is known of the people it was built from, so that balance can be looked at further;
        never printed and never stored with a result. None for a design made by hand.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> design.n_treated, round(design.effective_sample_size_comparison, 1)
    (58, 96.7)
    """

    weights: NDArray[np.float64]
    treated: NDArray[np.bool_]
    estimand: Estimand
    sets: NDArray[np.int64] | None = None
    method: Method | None = None
    formula: str | None = None
    estimand_asked: Estimand | None = None
    scores: PropensityScore | None = None
    balance: Balance | None = None
    matches: NDArray[np.int64] | None = None
    score_model: ScoreModel | None = None
    notes: tuple[str, ...] = ()
    people_mark: int | None = None
    arose: Arose = BY_HAND
    sampling: NDArray[np.float64] | None = None
    covariates: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        """Take the sets of a design made by hand for how its weights arose."""
        if self.arose is BY_HAND and self.sets is not None:
            object.__setattr__(self, "arose", FromSets())

    @property
    def masses(self) -> NDArray[np.float64]:
        """How much each person counts before the design: the sampling weight, or 1."""
        return np.ones(len(self.treated)) if self.sampling is None else self.sampling

    @property
    def n_treated(self) -> int:
        """Number of participants who are used."""
        return int((self.treated & (self.weights > 0)).sum())

    @property
    def n_comparison(self) -> int:
        """Number of comparison people who are used."""
        return int((~self.treated & (self.weights > 0)).sum())

    @property
    def dropped(self) -> NDArray[np.int64]:
        """Where the participants are who are not used."""
        return np.flatnonzero(self.treated & (self.weights == 0))

    @property
    def n_treated_dropped(self) -> int:
        """Number of participants who are not used."""
        return len(self.dropped)

    @property
    def effective_sample_size_treated(self) -> float:
        """(sum w)^2 / sum w^2 among the participants."""
        return effective_sample_size(self.weights[self.treated])

    @property
    def effective_sample_size_comparison(self) -> float:
        """(sum w)^2 / sum w^2 among the comparison people."""
        return effective_sample_size(self.weights[~self.treated])

    def settings(self) -> dict[str, Any]:
        """Return what the design was made with, to be stored with a result.

        Returns
        -------
        dict
            Formula, method by its settings-file name, its settings, estimand.
        """
        kept: dict[str, Any] = {"formula": self.formula}
        if self.method is not None:
            kept |= {"method": self.method.name, **vars(self.method)}
        if self.score_model is not None and self.score_model != RegressionScore():
            kept["score"] = {"name": self.score_model.name, **vars(self.score_model)}
        kept["estimand"] = None if self.estimand_asked is None else self.estimand_asked.value
        return kept

    def pairs(self) -> Iterator[NDArray[np.int64]]:
        """Yield matched pairs in blocks, as the method tells them.

        Yields
        ------
        ndarray of int, shape (n_pairs, 2)
            Positions of a participant and of a comparison person.
        """
        if self.method is not None:
            yield from self.method.pairs(self.treated, self.scores, self.matches)
        elif self.matches is not None:
            yield self.matches

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the design in words: method, estimand, counts, effective sizes, balance."""
        named = "given by hand" if self.method is None else repr(self.method)
        dropped = f" ({self.n_treated_dropped:,} dropped)" if self.n_treated_dropped else ""
        lines = [
            f"Design by {named}",
            f"  formula: {self.formula}",
            f"  estimand: {self.estimand.value}, the effect on {self.estimand.people}",
            f"  participants: {self.n_treated:,}{dropped}, "
            f"effective {self.effective_sample_size_treated:,.1f}",
            f"  comparison people: {self.n_comparison:,} of {int((~self.treated).sum()):,}, "
            f"effective {self.effective_sample_size_comparison:,.1f}",
        ]
        lines += [f"  {self.balance!r}"] if self.balance is not None else []
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])


def build_design(
    cohort: Cohort,
    formula: str | None,
    *,
    method: Method,
    estimand: Estimand | str | None = None,
    score: ScoreModel | None = None,
) -> Design:
    """Decide who is compared with whom, without looking at any outcome.

    Parameters
    ----------
    cohort : Cohort
        The people.
    formula : str or None
        Covariates, such as ``"age + C(ethnicity) + bs(priors, df=3)"``; text columns are
        categories. None only for a method that needs none (`GivenWeights`).
    method : Method
        A settings record, such as ``RadiusMatching(caliper=0.05)``.
    estimand : Estimand or str, optional
        Whom the effect is about; by default the method's own choice, the ATT where it
        can serve it.
    score : ScoreModel, optional
        Where the propensity score comes from; by default a logistic regression.

    Returns
    -------
    Design
        With weights, balance and the estimand that results. When participants are
        dropped the ATT becomes the matched ATT.

    Raises
    ------
    InputError
        If the formula, the covariates or the settings are wrong; all faults together.
    NoOverlapError
        If no participant has a suitable comparison person.
    SeparationError
        If covariates tell the arms apart perfectly.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 300, rng=1).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> design.n_treated, design.n_comparison, design.estimand.value
    (58, 275, 'matched ATT')
    """
    raise_faults("design", find_kind_faults("cohort", cohort, Cohort, "a Cohort"))
    covariates, treated, sampling = cohort.covariates, cohort.treated, cohort.sampling_weights
    score = RegressionScore() if score is None else score
    asked, faults = _read_estimand(estimand, method)
    read, formula_faults = read_formula(formula, covariates, _roles(cohort, method, score))
    faults += formula_faults
    if hasattr(method, "find_faults") and not isinstance(method, type):
        faults += method.find_faults(covariates, treated)
        faults += _find_needed(formula, method)
        faults += _find_score_faults(score, method, covariates)
        faults += [] if sampling is None else _find_sampling_faults(method, score)
    raise_faults("design", faults)
    with on_one_thread():
        material = _gather(
            treated, covariates, read, method, asked=asked, score=score, sampling=sampling
        )
        weighting = method.weigh(material)
        design = finish_design(
            material, read, weighting, method, score if method.needs_scores else None
        )
    return replace(design, people_mark=mark_people(treated, covariates, sampling))


def find_stranger_faults(
    design: Design,
    treated: NDArray[np.bool_],
    covariates: pd.DataFrame,
    sampling: NDArray[np.float64] | None,
) -> list[Fault]:
    """Find out whether a design was made from other people, or another order of them."""
    found = ""
    if not np.array_equal(treated, design.treated):
        found = f"another one ({len(design.treated)} people, the cohort has {len(treated)})"
    elif design.people_mark not in (None, mark_people(treated, covariates, sampling)):
        found = "one of people whose covariates differ from theirs, or of another order"
        if sampling is not None or design.sampling is not None:
            found = f"{found}, or of other sampling weights"
    advice = "build the design again from the cohort that it is used for"
    return [Fault("design", "one of this cohort", found, advice)] if found else []


def finish_design(
    material: Material,
    formula: Formula | None,
    weighting: Weighting,
    method: Method,
    score_model: ScoreModel | None,
) -> Design:
    """Make a record of what a method returned: estimand, balance, and how it was made."""
    weighting = _multiply(weighting, material.sampling)
    weights, treated = weighting.weights, material.treated
    for arm in (treated, ~treated):
        if not (weights[arm] > 0).any():
            raise NoOverlapError(
                "no participant has a suitable comparison person by this method; widen what counts "
                "as suitable, or look for comparison people who could have taken part"
            )
    estimand = material.estimand
    if estimand is Estimand.ATT and bool((weights[treated] == 0).any()):
        estimand = Estimand.MATCHED_ATT
    if weighting.is_truncated:
        estimand = TRUNCATED.get(estimand.asked, estimand)
    balance = measure_balance(
        material.covariates,
        material.variables,
        material.categorical,
        treated,
        weights,
        sampling=material.sampling,
        standardiser=choose_standardiser(estimand),
    )
    return Design(
        weights=weights,
        treated=treated,
        estimand=estimand,
        sets=weighting.sets,
        method=method,
        formula=None if formula is None else formula.text,
        estimand_asked=material.estimand,
        scores=weighting.scores or material.scores,
        balance=balance,
        matches=weighting.matches,
        score_model=score_model,
        notes=weighting.notes,
        arose=weighting.arose,
        sampling=material.sampling,
        covariates=material.covariates,
    )


def _read_estimand(estimand: Estimand | str | None, method: Method) -> tuple[Estimand, list[Fault]]:
    if not hasattr(method, "estimands") or isinstance(method, type):
        expected = "a settings record, such as RadiusMatching(caliper=0.05)"
        return Estimand.ATT, [Fault("method", expected, describe(method), _advise_record(method))]
    if estimand is None:
        return method.estimands[0], []
    possible = ", ".join(one.value for one in method.estimands)
    try:
        asked = Estimand(estimand)
    except ValueError:
        return Estimand.ATT, [Fault("estimand", possible, describe(estimand), "choose one of them")]
    if asked not in method.estimands:
        advice = "choose it, or another method"
        return asked, [Fault("estimand", f"{possible} (method {method.name})", asked.value, advice)]
    return asked, []


def _advise_record(method: object) -> str:
    if isinstance(method, type):
        return f"write {method.__name__}(...)"
    if isinstance(method, str) and method.isidentifier():
        return f"write ds.design.make_method({method!r}), or the record itself"
    return "make one"


def _find_score_faults(score: ScoreModel, method: Method, covariates: pd.DataFrame) -> list[Fault]:
    if isinstance(score, type) or not hasattr(score, "find_faults"):
        advice = f"write {score.__name__}(...)" if isinstance(score, type) else "make one"
        expected = "a settings record, such as RegressionScore()"
        return [Fault("score", expected, describe(score), advice)]
    return score.find_faults(covariates) if method.needs_scores else []


def _find_sampling_faults(method: Method, score: ScoreModel) -> list[Fault]:
    """Return which of method and score cannot be used with sampling weights."""
    asked: dict[str, Any] = {"method": method} | ({"score": score} if method.needs_scores else {})
    expected = "one that can be used with sampling weights"
    return [
        Fault(where, expected, describe(settings.name), why)
        for where, settings in asked.items()
        if hasattr(settings, "name") and (why := getattr(settings, "no_sampling", UNKNOWN))
    ]


def _roles(cohort: Cohort, method: Method, score: ScoreModel) -> dict[str, str]:
    """Name the columns that a formula may not use, with the reason."""
    roles = {cohort.treatment: "the treatment"}
    for column in (cohort.reoffended, cohort.offences, cohort.days):
        if column is not None:
            roles[column] = "an outcome"
    if isinstance(cohort.follow_up, str):
        roles[cohort.follow_up] = "the length of follow-up"
    if cohort.person is not None:
        roles[cohort.person] = "the identifier of a person"
    if cohort.sampling_weight is not None:
        roles[cohort.sampling_weight] = "the sampling weight"
    for settings in (method, score):
        if hasattr(settings, "hidden_columns") and not isinstance(settings, type):
            roles |= settings.hidden_columns()
    return roles


def _find_needed(formula: str | None, method: Method) -> list[Fault]:
    if formula is not None or not method.needs_formula:
        return []
    return [
        Fault("formula", "covariates", "None", f"method {method.name} needs them: 'age + C(sex)'")
    ]


def _gather(
    treated: NDArray[np.bool_],
    covariates: pd.DataFrame,
    formula: Formula | None,
    method: Method,
    *,
    asked: Estimand,
    score: ScoreModel,
    sampling: NDArray[np.float64] | None,
) -> Material:
    variables: tuple[str, ...] = ()
    categorical: frozenset[str] = frozenset()
    matrix = scores = None
    if formula is not None:
        variables, categorical = formula.variables, formula.categorical
        if method.needs_scores or method.needs_matrix:
            matrix, faults = make_matrix(formula, covariates)
            raise_faults("design", faults)
            _refuse_constant_arms(treated, covariates, formula)
    if method.needs_scores and matrix is not None and formula is not None:
        given = (treated, covariates, matrix, formula.text)
        # a score model that does not know sampling weights need not take them
        scores = score.estimate(*given, *([] if sampling is None else [sampling]))
    return Material(treated, covariates, variables, categorical, matrix, scores, asked, sampling)


def _refuse_constant_arms(
    treated: NDArray[np.bool_], covariates: pd.DataFrame, formula: Formula
) -> None:
    """Refuse numbers that vary in one arm only; for 0/1 and categories the score separates."""
    arms = {"participants": np.flatnonzero(treated), "comparison people": np.flatnonzero(~treated)}
    constant = []
    for name in formula.variables:
        if name in formula.categorical:
            continue
        values = covariates[name].to_numpy(dtype=np.float64)
        for words, rows in arms.items():
            first = values[rows[0]]
            # nearly always the first few differ, and a million need not be looked at
            same = (values[rows[:50]] == first).all() and (values[rows] == first).all()
            if same and len(np.unique(values)) > 2:
                constant.append(_describe_constant(name, first, len(rows), words))
    if constant:
        raise CannotAnswerError(
            f"{'; '.join(constant)}, and differs in the other arm; keep only people with that "
            "value, or leave it out of the formula"
        )


def _describe_constant(name: str, value: float, n_people: int, words: str) -> str:
    """Say that a number does not vary in an arm; which number, where many people have it."""
    if n_people >= FEWEST_SHARING:
        return f"{name} is {value:g} for all {n_people:,} {words}"
    if n_people == 1:
        return f"{name} cannot vary in an arm of one person"
    return f"{name} is the same for all {n_people} {words}"


def _multiply(weighting: Weighting, sampling: NDArray[np.float64] | None) -> Weighting:
    """Multiply the weights of a method by the sampling weights."""
    if sampling is None:
        return weighting
    arose, notes = weighting.arose, (*weighting.notes, MULTIPLIED)
    sampled = Sampled(arose.equations, arose.stacked, arose.no_equations)
    return replace(weighting, weights=weighting.weights * sampling, arose=sampled, notes=notes)

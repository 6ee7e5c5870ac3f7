"""Does it matter that covariates are poorly matched? Prognosis among the comparison people."""

# A covariate that is left different between the arms moves the result only as far as it has to do
# with reoffending. Outcomes may be seen here, and those of the participants are not looked at: the
# programme may have changed them.
# Hansen, B. B. (2008). The prognostic analogue of the propensity score. Biometrika 95, 481-488.
# Stuart, E. A., Lee, B. K. and Leacy, F. P. (2013). Prognostic score-based balance measures can be
# a useful diagnostic for propensity score methods in comparative effectiveness research. Journal of
# Clinical Epidemiology 66, S84-S90.

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from desist._types import Floats, Mask
from desist.checks.finding import Finding, from_standard_error
from desist.design.balance import WORDS, expand_columns, measure_balance
from desist.design.design import Design
from desist.design.formula import Formula, ModelMatrix, make_matrix
from desist.design.made_from import read_design_formula, recall_people
from desist.design.scores.propensity import fit_score, score_matrix
from desist.errors import InputError, SeparationError
from desist.execution import on_one_thread
from desist.sample import Sample, of_a_sample

COLUMNS = (
    "covariate",
    "smd_after",
    "word",
    "estimate",
    "lower",
    "upper",
    "p_value",
    "rate_difference",
    "applicable",
    "reason",
    "sentence",
)
LEVEL = 0.05
LARGEST_LEVERAGE = 1 - 1e-9


@dataclass(frozen=True)
class PrognosticBalance:
    """Balance of the prognostic score: reoffending as the covariates predict it.

    Attributes
    ----------
    smd_before, smd_after : float
        Participants minus comparison people, in standard deviations.
    rate_difference : float
        The same after weighting as a difference of rates: what the covariates that are
        left different would make, all together, without the programme.
    word : str
        "well matched", "reasonably matched" or "poorly matched"; empty without a score.
    reason : str
        Why there is no score, or empty.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 600, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))
    >>> found = ds.checks.check_prognostic(cohort, design)
    >>> round(found.score.smd_before, 2), round(found.score.smd_after, 2), found.score.word
    (-1.09, -0.02, 'well matched')
    """

    smd_before: float = math.nan
    smd_after: float = math.nan
    rate_difference: float = math.nan
    word: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class PrognosticCheck:
    """Whether what is poorly matched predicts reoffending.

    Attributes
    ----------
    table : DataFrame
        One row for each poorly matched covariate or level. Columns: covariate; smd_after
        and word, from the balance of the design; estimate, lower and upper, the difference
        in the proportion who reoffend for one standard deviation more; p_value;
        rate_difference, the estimate times smd_after; applicable and reason; sentence.
    score : PrognosticBalance
        Of all covariates together.
    level : float
        A covariate is said to predict when its p-value is below.

    Examples
    --------
    >>> import desist as ds
    >>> cohort = ds.simulate_cohort(60, 600, rng=1, n_groups=0).cohort
    >>> design = ds.build_design(cohort, "age + copas", method=ds.NearestMatching())
    >>> found = ds.checks.check_prognostic(cohort, design)
    >>> found.table[["covariate", "word", "applicable"]]
      covariate            word  applicable
    0       age  poorly matched        True
    """

    table: pd.DataFrame
    score: PrognosticBalance
    level: float = LEVEL

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader of a result has to know; empty when all is matched."""
        told = [] if self.table.empty else [_say_poor(self.table, self.level)]
        if self.score.word == WORDS[2]:
            told.append(_say_score(self.score))
        return tuple(told)

    def __repr__(self) -> str:
        """Return one sentence a covariate, and the balance of the score."""
        lines = ["Prognostic check among the comparison people"]
        lines += [f"  {sentence}" for sentence in self.table["sentence"]]
        lines += ["  no covariate is poorly matched"] if self.table.empty else []
        score = self.score
        if score.reason:
            return "\n".join(
                [*lines, f"  prognostic score: not applicable, because {score.reason}"]
            )
        found = f"{score.smd_before:+.3f} before, {score.smd_after:+.3f} after ({score.word})"
        return "\n".join([*lines, f"  prognostic score: {found}"])


@of_a_sample
def check_prognostic(sample: Sample, *, level: float = LEVEL) -> PrognosticCheck:
    r"""Test whether poorly matched covariates predict reoffending among the comparison people.

    Each poorly matched covariate :math:`x` by itself, in the comparison people that the
    design uses, by a weighted linear probability model
    :math:`P(Y = 1 \mid x) = \alpha + \beta x / s` with :math:`s` the standard deviation in
    which balance is measured, so that :math:`\beta` times the standardised difference is
    the difference of the rates that the covariate alone would make. The linear model has an
    estimate where a logistic one has none (a rare level without a reoffender), and equals
    the difference of two proportions for 0/1 covariates (Angrist and Pischke 2009, Mostly
    Harmless Econometrics, section 3.4.2). Errors: see `fit_line`. The p-values are not
    adjusted for the number of covariates. A covariate that does not clearly predict may
    still do so: look at its interval.

    The prognostic score is the probability of reoffending by a logistic regression on all
    covariates of the design, fitted to all comparison people without weights (Hansen
    2008); its standardised difference is that of Stuart, Lee and Leacy (2013).

    Parameters
    ----------
    sample : Sample
        The people compared; or a cohort and its design in its place.
    level : float
        A covariate is said to predict when its p-value is below.

    Returns
    -------
    PrognosticCheck
        A table without rows when no covariate is poorly matched or none was named.

    Raises
    ------
    InputError
        If the people are not those of the design.

    Examples
    --------
    >>> from desist.cohort.simulate import simulate_cohort
    >>> from desist.design.design import build_design
    >>> from desist.design.matching.radius import RadiusMatching
    >>> cohort = simulate_cohort(60, 600, rng=1, n_groups=0).cohort
    >>> design = build_design(cohort, "age + copas", method=RadiusMatching(1.0))
    >>> check_prognostic(cohort, design).table["covariate"].tolist()
    ['age', 'copas']
    """
    design = sample.design
    if design.balance is None or design.formula is None:
        reason = "the design names no covariates"
        return PrognosticCheck(pd.DataFrame(columns=COLUMNS), PrognosticBalance(reason=reason))
    covariates, formula = read_design_formula(recall_people(design, sample.cohort.covariates))
    reoffended = sample.within.reoffended
    poor = design.balance.table.query("word == @WORDS[2]")
    columns = {}
    if len(poor):
        columns = dict(expand_columns(covariates, formula.variables, formula.categorical))
    rows = [
        _test(row, columns[row["covariate"]], reoffended, design, level)
        for row in poor.to_dict("records")
    ]
    score = _balance_score(covariates, formula, reoffended, design)
    return PrognosticCheck(pd.DataFrame(rows, columns=COLUMNS), score, level)


def fit_line(
    outcome: ArrayLike, covariate: ArrayLike, weights: ArrayLike, *, probability: float = 0.95
) -> Finding:
    """Fit a weighted line and give its slope a robust error (HC3)."""
    # With weights w_i that sum to 1, a_i = w_i (x_i - x_bar) / S, S = sum w_i (x_i - x_bar)^2 and
    # leverages h_i = w_i (1 + (x_i - x_bar)^2 / S), the slope is sum a_i y_i and its variance sum
    # a_i^2 e_i^2 / (1 - h_i)^2 (MacKinnon and White 1985, Journal of Econometrics 29). Student's t
    # with (sum a_i^2)^2 / sum a_i^4 - 2 degrees of freedom: the Satterthwaite approximation of Bell
    # and McCaffrey (2002, Survey Methodology 28) without the correlation of residuals, less the two
    # parameters; for two equal groups it is n - 2.
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(covariate, dtype=np.float64)
    share = np.asarray(weights, dtype=np.float64)
    share = share / share.sum()
    deviation, leverage = _find_leverage(x, share)
    influence = share * deviation / (share @ deviation**2)
    slope = float(influence @ y)
    residual = y - share @ y - slope * deviation
    with np.errstate(divide="ignore", invalid="ignore"):
        error = float(np.sqrt(np.sum((influence * residual / (1 - leverage)) ** 2)))
    df = float(np.sum(influence**2) ** 2 / np.sum(influence**4)) - 2
    return from_standard_error(slope, error, max(df, 1.0), probability)


def _test(
    row: Mapping[Any, Any],
    values: Floats,
    reoffended: Mask | None,
    design: Design,
    level: float,
) -> dict[str, Any]:
    used = ~design.treated & (design.weights > 0)
    kept = {name: row[name] for name in ("covariate", "smd_after", "word")}
    reason = _find_reason(values[used], reoffended, used, design.weights)
    if reason or reoffended is None:
        found, worth = Finding(math.nan), math.nan
    else:
        # the standard deviation that the balance table divided by
        unit = (row["mean_treated"] - row["mean_comparison"]) / row["smd_after"]
        found = fit_line(
            reoffended[used], values[used] / unit, design.weights[used], probability=1 - level
        )
        worth = found.estimate * row["smd_after"]
    result = kept | {
        "estimate": found.estimate,
        "lower": found.lower,
        "upper": found.upper,
        "p_value": found.p_value,
        "rate_difference": worth,
        "applicable": not reason,
        "reason": reason,
    }
    return result | {"sentence": _say_one(result, level)}


def _find_reason(values: Floats, reoffended: Mask | None, used: Mask, weights: Floats) -> str:
    """Why the test cannot be made, or an empty text."""
    if reoffended is None:
        return "the cohort has no column of who reoffended"
    if reoffended[used].all() or not reoffended[used].any():
        who = "all" if reoffended[used].all() else "none"
        return f"{who} of the {int(used.sum()):,} comparison people in use reoffended"
    if np.ptp(values) == 0:
        return "all comparison people in use have the same value"
    _, leverage = _find_leverage(values, weights[used] / weights[used].sum())
    return "a single comparison person decides it" if leverage.max() > LARGEST_LEVERAGE else ""


def _find_leverage(values: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Deviations from the weighted mean, and the leverage of each person on the line."""
    deviation = values - share @ values
    return deviation, share * (1 + deviation**2 / (share @ deviation**2))


def _balance_score(
    covariates: pd.DataFrame,
    formula: Formula,
    reoffended: Mask | None,
    design: Design,
) -> PrognosticBalance:
    if reoffended is None:
        return PrognosticBalance(reason="the cohort has no column of who reoffended")
    matrix, _ = make_matrix(formula, covariates)
    outside = ~design.treated
    if matrix is None or reoffended[outside].all() or not reoffended[outside].any():
        return PrognosticBalance(reason="the comparison people do not differ in reoffending")
    part = ModelMatrix(np.asfortranarray(matrix.values[outside]), matrix.names)
    try:
        with on_one_thread():
            sampling = None if design.sampling is None else design.sampling[outside]
            fitted = fit_score(part, reoffended[outside], sampling=sampling)
    except (InputError, SeparationError):
        reason = "reoffending among the comparison people cannot be regressed on the covariates"
        return PrognosticBalance(reason=f"{reason}: a rare level, or too many of them")
    if fitted.coefficients is None:
        raise ValueError("a fitted score has coefficients")
    predicted, _ = score_matrix(matrix, fitted.coefficients.to_numpy(), "logit")
    return _compare_score(predicted, design)


def _compare_score(predicted: Floats, design: Design) -> PrognosticBalance:
    standardiser = "treated" if design.balance is None else design.balance.standardiser
    frame = pd.DataFrame({"score": predicted})
    balance = measure_balance(
        frame,
        ("score",),
        frozenset(),
        design.treated,
        design.weights,
        sampling=design.sampling,
        standardiser=standardiser,
    )
    row = balance.table.iloc[0]
    means = [
        np.average(predicted[arm], weights=design.weights[arm])
        for arm in (design.treated, ~design.treated)
    ]
    return PrognosticBalance(
        float(row["smd_before"]), float(row["smd_after"]), float(means[0] - means[1]), row["word"]
    )


def _say_one(row: Mapping[str, Any], level: float) -> str:
    start = f"{row['covariate']}: {row['word']} ({row['smd_after']:+.2f} standard deviations). "
    if not row["applicable"]:
        return f"{start}Whether it predicts reoffending cannot be tested, because {row['reason']}."
    estimate, lower, upper = (100 * row[name] for name in ("estimate", "lower", "upper"))
    return (
        f"{start}Among the comparison people it {_verb(row['p_value'], level)} reoffending "
        f"({_say_p(row['p_value'])}): per 100 people {estimate:+.1f} reoffenders ({lower:+.1f} to "
        f"{upper:+.1f}) for one standard deviation more, so the difference left is worth "
        f"{100 * row['rate_difference']:+.1f} per 100."
    )


def _say_poor(table: pd.DataFrame, level: float) -> str:
    rows = table.to_dict("records")
    start = f"Poorly matched: {', '.join(str(row['covariate']) for row in rows)}. "
    if len(rows) == 1:
        row = rows[0]
        if not row["applicable"]:
            return f"{start}Whether it predicts reoffending is not tested: {row['reason']}."
        verb = f"{_verb(row['p_value'], level)} reoffending ({_say_p(row['p_value'])})"
        return f"{start}Among the comparison people it {verb}."
    return start + "; ".join(_list_findings(rows, level)) + "."


def _list_findings(rows: list[dict[Any, Any]], level: float) -> list[str]:
    groups: dict[str, list[str]] = {"predict": [], "do not clearly predict": [], "": []}
    for row in rows:
        key, said = "", row["reason"]
        if row["applicable"]:
            key = "predict" if row["p_value"] < level else "do not clearly predict"
            said = _say_p(row["p_value"])
        groups[key].append(f"{row['covariate']} ({said})")
    untested = groups.pop("")
    found = [
        f"these {verb} reoffending: {', '.join(names)}" for verb, names in groups.items() if names
    ]
    if found:
        found[0] = f"Among the comparison people {found[0]}"
    return found + ([f"Not tested: {', '.join(untested)}"] if untested else [])


def _say_score(score: PrognosticBalance) -> str:
    more = "more" if score.rate_difference > 0 else "fewer"
    return (
        f"Prognostic score: by their covariates, {100 * abs(score.rate_difference):.1f} {more} in "
        "100 participants would reoffend without the programme than of the weighted comparison "
        f"people ({score.smd_after:+.2f} standard deviations, {score.word})."
    )


def _verb(p_value: float, level: float) -> str:
    return "predicts" if p_value < level else "does not clearly predict"


def _say_p(p_value: float) -> str:
    if math.isnan(p_value):
        return "p not available"
    if p_value < 0.001:
        return "p < 0.001"
    return f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"

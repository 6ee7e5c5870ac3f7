"""Pool what reports of several programmes say, each in the form in which it says it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from desist.arguments import (
    describe,
    find_choice_faults,
    find_kind_faults,
    find_number_faults,
    find_probability_faults,
)
from desist.errors import Fault, raise_faults
from desist.execution import on_one_thread
from desist.inference.engines import Nuts
from desist.synthesis._conjugate import NormalStudies, integrate_normal
from desist.synthesis._moderators import design_studies, list_moderators
from desist.synthesis._posterior import (
    Question,
    from_conjugate,
    from_grid,
    from_sampler,
)
from desist.synthesis._quadrature import integrate_tables
from desist.synthesis._sampling import sample_tables
from desist.synthesis._tables import Table, tabulate
from desist.synthesis.evidence import EstimateWithError, EstimateWithInterval
from desist.synthesis.evidence.protocol import SCALES
from desist.synthesis.priors import PRIORS, Jeffreys, SynthesisPriors, Uniform
from desist.synthesis.reading import read_studies
from desist.synthesis.selection import StepSelection, make_factor
from desist.synthesis.studies import (
    Study,
    combine_programmes,
    find_correlation_faults,
    find_reach_faults,
    find_scale_faults,
)
from desist.synthesis.synthesis import SUBJECT, Synthesis

ENGINES = ("auto", "quadrature", "nuts")
ADJUSTED = (
    "Adjusted for selective publication: where nothing was held back, this errs towards no effect."
)
FEWEST_FOR_FLAT = 4
FEWEST_FOR_JEFFREYS = 2


def synthesise(
    studies: Sequence[Study] | pd.DataFrame,
    *,
    scale: str = "log_odds",
    priors: SynthesisPriors | None = None,
    moderators: str | None = None,
    correlation: float | None = None,
    selection: StepSelection | None = None,
    inference: str | Nuts = "auto",
    probability: float = 0.95,
    seed: int = 0,
) -> Synthesis:
    r"""Pool what reports of several programmes say, each in the form in which it says it.

    .. math:: \theta_i \sim N(x_i^\top \beta, \tau^2), \quad
        L(\beta, \tau) = \prod_i \int L_i(\theta)\, N(\theta; x_i^\top \beta, \tau^2)\, d\theta

    :math:`L_i` is the likelihood of what a report says: of counts, of an estimate with an error,
    of a p-value, of significance alone. Where all are normal, the posterior is known given tau
    and tau is integrated; otherwise the likelihoods are tabulated, and mean and tau are
    integrated on a grid whose error is far below that of draws. Moderators of other than normal
    likelihoods are drawn with NUTS.

    Parameters
    ----------
    studies : sequence of Study, or DataFrame
        What is known; a table is read as in `read_studies`.
    scale : {"log_odds", "log_risk", "risk_difference", "log_rate"}
        Of the effects; participants against comparison.
    priors : SynthesisPriors, optional
        By default those of the scale in `PRIORS`.
    moderators : str, optional
        Formula such as "C(design) + follow_up"; they are centred, so that the mean is that of
        average moderators.
    correlation : float, optional
        Of the errors of several estimates of one programme, which become one.
    selection : StepSelection, optional
        How likely a report is to be published, by its p-value. Not to be on the safe side: where
        nothing was held back, it errs towards no effect.
    inference : {"auto", "quadrature", "nuts"} or Nuts
        "auto" integrates where it can.
    probability : float
        Of all limits.
    seed : int
        Of NUTS; quadrature draws nothing.

    Returns
    -------
    Synthesis
        Mean, heterogeneity, prediction, every study raw and shrunken.

    Raises
    ------
    InputError
        If a row or a setting is wrong; every fault is listed.
    NotConvergedError
        If NUTS was needed and did not converge.

    References
    ----------
    Rover, C. (2020). Bayesian random-effects meta-analysis using the bayesmeta R package.
    Journal of Statistical Software 93 (6). Stijnen, T., Hamza, T. H. and Ozdemir, P. (2010).
    Random effects meta-analysis of event outcome in the framework of the generalized linear
    mixed model. Statistics in Medicine 29, 3046-3067.

    Examples
    --------
    >>> from desist.synthesis import EstimateWithError, Study, TwoArmCounts, synthesise
    >>> studies = [
    ...     Study("A", TwoArmCounts(13, 83, 30, 110)),
    ...     Study("B", EstimateWithError(-0.2, 0.15)),
    ... ]
    >>> synthesise(studies).table["evidence"].tolist()
    ['counts', 'estimate and error']
    """
    faults = _find_setting_faults(scale, priors, moderators, selection, inference)
    faults += find_correlation_faults(correlation)
    faults += find_probability_faults(probability)
    faults += find_number_faults("seed", seed, least=0, whole=True)
    raise_faults(SUBJECT, faults)
    kept = _take_studies(studies, scale, correlation, moderators)
    chosen = PRIORS[scale] if priors is None else priors
    raise_faults(SUBJECT, _find_prior_faults(chosen, len(kept)))
    design = design_studies(kept, moderators)
    asked = Question(tuple(kept), scale, chosen, design, probability)
    with on_one_thread():  # many small products, which threads only slow down
        found = _run(asked, selection, inference, seed)
    return replace(found, cautions=(*found.cautions, *_list_cautions(found, kept, selection)))


def _run(
    asked: Question, selection: StepSelection | None, inference: str | Nuts, seed: int
) -> Synthesis:
    """Choose the way to the posterior, the exact ones first."""
    evidence = [study.evidence for study in asked.studies]
    wants_draws = inference == "nuts" or isinstance(inference, Nuts)
    is_normal = selection is None and all(_is_normal(study) for study in asked.studies)
    if is_normal and not wants_draws:
        rows = _read_normal(asked)
        return from_conjugate(rows, integrate_normal(rows, asked.priors), asked)
    tables = tabulate(evidence, asked.scale)
    if not wants_draws and len(asked.design.names) == 1:
        return _integrate(asked, tables, selection)
    if inference == "quadrature" or selection is not None:
        expected = "no moderators or draws beside other than normal likelihoods or a selection"
        advice = 'drop the moderators, or inference="nuts" without selection='
        found = ", ".join(asked.design.names[1:]) or str(inference)
        raise_faults(SUBJECT, [Fault("moderators, inference", expected, found, advice)])
    engine = inference if isinstance(inference, Nuts) else Nuts()
    rng = np.random.default_rng(seed)
    return from_sampler(
        sample_tables(tables, asked.priors, asked.design.columns, engine, rng), asked
    )


def _integrate(
    asked: Question, tables: Sequence[Table], selection: StepSelection | None
) -> Synthesis:
    if selection is None:
        return from_grid(integrate_tables(tables, asked.priors), asked, None)
    evidence = [study.evidence for study in asked.studies]
    factor, nodes = make_factor(selection, evidence, asked.scale)
    found = integrate_tables(tables, asked.priors, factor)
    return from_grid(found, asked, nodes if selection.is_uncertain else None)


def _take_studies(
    studies: Sequence[Study] | pd.DataFrame,
    scale: str,
    correlation: float | None,
    moderators: str | None,
) -> list[Study]:
    if isinstance(studies, pd.DataFrame):
        studies = read_studies(studies, moderators=list_moderators(moderators, studies))
    is_list = isinstance(studies, list | tuple) and all(isinstance(one, Study) for one in studies)
    if not is_list or not studies:
        expected = "a table, or a list of Study(...), one or more"
        raise_faults(SUBJECT, [Fault("studies", expected, describe(studies))])
    faults = find_scale_faults(studies, scale) or find_reach_faults(studies, scale)
    raise_faults(SUBJECT, faults)
    kept, faults = combine_programmes(studies, scale, correlation)
    names = [study.name for study in kept]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        faults.append(Fault("name", "a name of its own for each study", f"{len(twice)} twice"))
    raise_faults(SUBJECT, faults)
    return kept


def _find_setting_faults(
    scale: object, priors: object, moderators: object, selection: object, inference: object
) -> list[Fault]:
    faults = find_choice_faults("scale", scale, SCALES)
    if priors is not None:
        faults += find_kind_faults("priors", priors, SynthesisPriors, "SynthesisPriors(...)")
    if moderators is not None:
        faults += find_kind_faults("moderators", moderators, str, "a formula")
    if selection is not None:
        faults += find_kind_faults("selection", selection, StepSelection, "StepSelection(...)")
    if not isinstance(inference, Nuts):
        faults += find_choice_faults("inference", inference, ENGINES)
    return faults


def _find_prior_faults(priors: SynthesisPriors, n_studies: int) -> list[Fault]:
    spread, fewest = priors.heterogeneity, 1
    if isinstance(spread, Uniform) and np.isinf(spread.upper):
        fewest = FEWEST_FOR_FLAT
    elif isinstance(spread, Jeffreys):
        fewest = FEWEST_FOR_JEFFREYS
    if n_studies >= fewest:
        return []
    expected = f"a proper prior of the heterogeneity with fewer than {fewest} studies"
    return [Fault("priors", expected, str(spread), "take HalfNormal(0.5)")]


def _is_normal(study: Study) -> bool:
    evidence = study.evidence
    if isinstance(evidence, EstimateWithError):
        return not evidence.rounded_to
    return isinstance(evidence, EstimateWithInterval)


def _read_normal(asked: Question) -> NormalStudies:
    pairs = np.array([study.evidence.summarise(asked.scale) for study in asked.studies], float)
    return NormalStudies(pairs[:, 0], pairs[:, 1] ** 2, asked.design.columns)


def _list_cautions(
    found: Synthesis, kept: Sequence[Study], selection: StepSelection | None
) -> list[str]:
    cautions = [] if selection is None else [ADJUSTED]
    if len(kept) == 1:
        cautions.append(
            "One study tells nothing of how programmes differ: tau and the prediction rest on "
            f"the prior {found.priors.heterogeneity}."
        )
    elif len(kept) < 5:
        cautions.append(
            f"{len(kept)} studies tell little of how programmes differ: the prediction rests "
            f"much on the prior {found.priors.heterogeneity}."
        )
    censored = sum(np.isnan(study.evidence.summarise(found.scale)[0]) for study in kept)
    if censored:
        cautions.append(
            f"{censored} of {len(kept)} studies have no estimate: they say what their form "
            "says, given the size and the rate that were stated for them."
        )
    return cautions

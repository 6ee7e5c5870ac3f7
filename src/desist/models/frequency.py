"""The frequency of reoffending: a model of offences per person."""

from dataclasses import dataclass
from typing import Any, ClassVar, override

import numpy as np

from desist._types import Data, Draws, Floats
from desist.cohort.outcomes import Outcomes
from desist.errors import raise_faults
from desist.inference.rows import add_distinct_counts
from desist.models._observed import LOG, Observed, observe_one
from desist.models.families import FREQUENCY_FAMILIES, FrequencyFamily, NegativeBinomial
from desist.models.predictors import FROM_DESIGN
from desist.models.priors import Priors
from desist.models.protocol import Columns, Model, ObservedModel
from desist.models.settings import find_predictor_faults, settle_family, settle_groups


@dataclass(frozen=True)
class FrequencyModel(Model, ObservedModel):
    r"""Model of the number of proven reoffences of everybody, on the log scale.

    With time at risk :math:`t_i`, horizon :math:`h` and :math:`\log m_i = \eta_i +
    \log(t_i / h)`,

    `NegativeBinomial`
        :math:`y_i \sim \mathrm{NB}(m_i, a_{T_i})`, :math:`\mathrm{Var}\,y_i = m_i +
        m_i^2 / a_{T_i}`.
    `ZeroInflated`
        A fraction :math:`\pi_T` never offends, however long the follow-up; the others are
        :math:`\mathrm{NB}(m_i/(1 - \pi_T), a_{T_i})`.
    `Hurdle`
        :math:`P(y_i > 0) = 1 - e^{-m_i}`; those who offend have counts from
        :math:`\mathrm{NB}(m_i r_T, a_{T_i})` truncated at zero.
    `Poisson`
        :math:`y_i \sim \mathrm{Poisson}(m_i)`, to compare with only.

    Attributes
    ----------
    covariates : str or None
        Right-hand side of a formula; "design" for that of the design, or none where it has
        none; None leaves adjustment to the weights alone.
    groups : tuple of str or None
        Groupings with varying intercepts and programme effects; None takes the cohort's.
        "matched_set" stands for the sets of the design, which have intercepts alone.
    priors : Priors
        On the log scale.
    family : FrequencyFamily or str
        A record of `desist.models.families` with its own priors, or the word for one with its
        defaults: "negative_binomial", "zero_inflated", "hurdle" or "poisson".

    Raises
    ------
    InputError
        If the family is not known, or a setting is of the wrong kind; every fault is listed.

    References
    ----------
    Hilbe, J. M. (2011). Negative Binomial Regression, 2nd ed., chapters 8 and 11.

    Examples
    --------
    >>> FrequencyModel(family="poisson").family
    Poisson()
    >>> from desist.models.families import Hurdle
    >>> from desist.models.priors import Normal
    >>> FrequencyModel(family=Hurdle(log_repeats=Normal(0, 1))).law.name
    'hurdle'
    """

    covariates: str | None = FROM_DESIGN
    groups: tuple[str, ...] | None = None
    priors: Priors = Priors()
    family: FrequencyFamily | str = NegativeBinomial()
    name: ClassVar[str] = "frequency"
    needs: ClassVar[str] = "offences"

    def __post_init__(self) -> None:
        """Check the settings."""
        settle_groups(self)
        faults = settle_family(self, FrequencyFamily, FREQUENCY_FAMILIES)
        raise_faults("frequency model", faults + find_predictor_faults(self))

    @property
    def law(self) -> FrequencyFamily:
        """The family as a record, also where it was given as a word."""
        if isinstance(self.family, str):
            raise TypeError("a family is a record once the model is made")
        return self.family

    @override
    def read_columns(self, outcomes: Outcomes, horizon: float) -> Columns | None:
        """Return the outcome columns, or None when the cohort lacks them."""
        if outcomes.offences is None:
            return None
        return {
            "offences": outcomes.offences.astype(float),
            "log_time_at_risk": np.log(outcomes.time_at_risk / horizon),
        }

    @override
    def complete_rows(self, rows: Columns) -> Columns:
        """Add the distinct counts of each arm, where the gamma functions are evaluated."""
        return add_distinct_counts(rows) if self.law.has_dispersion else rows

    @override
    def add_outcome(self, eta: Any, data: Data) -> None:
        """Add the observed outcome to the PyMC model that is open."""
        import pymc as pm

        family = self.law

        known = set(pm.modelcontext(None).free_RVs)
        declared = family.declare(data)
        own = [one for one in pm.modelcontext(None).free_RVs if one not in known]
        names = [one.name for one in own]

        def weighted(value: Any, level: Any, *parameters: Any) -> Any:
            mine = parameters[: len(declared)]
            return data["weight"] * family.log_likelihood(value, data, level, mine)

        def draw_anew(level: Floats, *given: Any, rng: np.random.Generator, **_: Any) -> Floats:
            drawn = dict(zip(names, given[len(declared) :], strict=True))
            treated = np.broadcast_to(data["treated"].get_value(), level.shape)
            arms = [family.draw(level, drawn, arm, rng) for arm in (0, 1)]
            return np.where(treated == 1, arms[1], arms[0]).astype(float)

        # the family's own parameters follow for the sake of drawing anew: the density of a row
        # needs what is declared and nothing else
        pm.CustomDist(
            "outcome",
            eta + data["log_time_at_risk"],
            *declared,
            *own,
            logp=weighted,
            random=draw_anew,
            observed=data["offences"],
            signature=f"{','.join(('(n)', *family.signature, *['()'] * len(own)))}->(n)",
        )

    @override
    def predict(self, eta: Floats, draws: Draws, arm: int, horizon: float) -> dict[str, Floats]:
        """Return expectations over the horizon, each of the shape of `eta`.

        The offences per person ("frequency"); where there is one the "dispersion"; the
        fraction "inflated" that never offends; the probability of "offending" at all under
        the hurdle model.
        """
        return self.law.predict(eta, draws, arm)

    @override
    def observe(self, rows: Columns, horizon: float) -> Observed:
        """Return the offences of the rows, beside what is expected."""
        return observe_one(
            rows["offences"],
            "frequency",
            lambda eta, draws, arm: self.law.predict(eta, draws, arm)["frequency"],
            vary=self.law.vary,
            link=LOG,
            log_exposure=rows["log_time_at_risk"],
        )

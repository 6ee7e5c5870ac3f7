"""What several programmes say together: the record of a synthesis."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from desist.arguments import describe, find_kind_faults, find_number_faults
from desist.errors import Fault, raise_faults
from desist.models.evidence import EvidencePrior
from desist.models.priors import Normal
from desist.notebook import show_record
from desist.synthesis.errors_of_sign import find_sign_errors
from desist.synthesis.evidence.protocol import SCALES
from desist.synthesis.mixture import Mixture
from desist.synthesis.predictive_prior import make_prior
from desist.synthesis.priors import PRIORS, SynthesisPriors
from desist.synthesis.spread import SpreadPosterior
from desist.synthesis.studies import Study

SUBJECT = "synthesis"


@dataclass(frozen=True, eq=False, repr=False)
class Synthesis:
    """The posterior of the effects of several programmes.

    Attributes
    ----------
    mean : Mixture
        Mean effect over the population of programmes, at average moderators; below 0 is less
        reoffending.
    heterogeneity : SpreadPosterior
        Standard deviation of true effects between programmes, tau.
    prediction : Mixture
        True effect of a new programme.
    table : DataFrame
        One row a study: evidence, estimate and standard_error as reported (NaN where there is
        none), shrunken (posterior mean of its true effect), lower, upper,
        probability_of_benefit; type_s and type_m, the errors of sign and size that a
        significant result of a study with its error is prone to.
    coefficients : DataFrame
        One row a coefficient: mean, sd, lower, upper, probability_below_0.
    i_squared : tuple of float
        Posterior median and limits of the part of the variance of estimates that is between
        programmes; NaN where no study has a standard error.
    scale : str
        One of "log_odds", "log_risk", "risk_difference", "log_rate".
    studies : tuple of Study
        What was pooled; several estimates of one programme are one.
    priors : SynthesisPriors
        What was assumed.
    probability : float
        Of all limits.
    engine : str
        How the posterior was found: "conjugate", "quadrature" or "nuts".
    selection_weight : mapping of str to float, optional
        Posterior mean and sd of the probability that what is not significant is published,
        against what is; None without such a model.
    log_evidence : float
        Log of the marginal likelihood up to a constant of the data; NaN for NUTS.
    cautions : tuple of str
        What the reader of the numbers has to know, in sentences.

    Examples
    --------
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.5, -0.3, -0.4, 0.1, -0.2]
    >>> studies = [Study(f"study {n}", EstimateWithError(y, 0.2)) for n, y in enumerate(effects, 1)]
    >>> found = synthesise(studies)
    >>> found.n_studies, round(found.mean.mean, 2), round(found.prediction.probability_below(0), 2)
    (5, -0.26, 0.88)
    """

    mean: Mixture
    heterogeneity: SpreadPosterior
    prediction: Mixture
    table: pd.DataFrame
    coefficients: pd.DataFrame
    i_squared: tuple[float, float, float]
    scale: str
    studies: tuple[Study, ...]
    priors: SynthesisPriors
    probability: float
    engine: str
    selection_weight: Mapping[str, float] | None = None
    log_evidence: float = float("nan")
    cautions: tuple[str, ...] = ()

    @property
    def n_studies(self) -> int:
        """Number of programmes."""
        return len(self.studies)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Equal-tailed posterior limits of the mean effect."""
        return self.mean.interval(self.probability)

    @cached_property
    def prediction_interval(self) -> tuple[float, float]:
        """Equal-tailed posterior limits of the effect of a new programme."""
        return self.prediction.interval(self.probability)

    def probability_of_benefit(self, margin: float = 0.0, *, new: bool = True) -> float:
        """Return the probability that a programme reduces reoffending by more than a margin.

        Parameters
        ----------
        margin : float
            On the scale of the synthesis, at least 0: 0.05 for five percentage points.
        new : bool
            Of the next programme, or of programmes on average.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        InputError
            If the margin is negative.
        """
        faults = find_number_faults("margin", margin, least=0)
        raise_faults(SUBJECT, [*faults, *find_kind_faults("new", new, bool, "True or False")])
        return (self.prediction if new else self.mean).probability_below(-margin)

    def find_sign_errors(self, standard_error: float) -> tuple[float, float, float]:
        """Return what a significant result of a further study of some error is worth.

        Parameters
        ----------
        standard_error : float
            Of its estimate, on the scale of the synthesis.

        Returns
        -------
        tuple of float
            Power, the probability of the wrong sign given significance (type S), and by how
            much a significant estimate is too large on average (type M), the true effect being
            that of a new programme.

        Raises
        ------
        InputError
            If the standard error is not above 0.
        """
        raise_faults(SUBJECT, find_number_faults("standard_error", standard_error, above=0))
        return find_sign_errors(self.prediction, standard_error)

    def prior(self, *, vague: float = 0.2, vague_prior: Normal | None = None) -> EvidencePrior:
        """Return the effect of a new programme as a prior for its evaluation.

        Parameters
        ----------
        vague : float
            Weight of a part that knows nothing of the other programmes, for the case that the
            next is not like them.
        vague_prior : Normal, optional
            That part; Normal(0, 1.5) by default, and Normal(0, 0.3) for a risk difference.

        Returns
        -------
        EvidencePrior
            For ``evaluate(..., evidence=...)``.

        Raises
        ------
        InputError
            If the weight is not between 0 and 1.
        """
        chosen = PRIORS[self.scale].mean if vague_prior is None else vague_prior
        return make_prior(
            self.prediction, self.scale, self.n_studies, vague=vague, vague_prior=chosen
        )

    def stand(self, study: str) -> str:
        """Say where one programme stands among the others.

        Parameters
        ----------
        study : str
            Its name.

        Returns
        -------
        str
            One sentence.

        Raises
        ------
        InputError
            If no study has this name.
        """
        if study not in self.table.index:
            fault = Fault("study", "the name of one of the studies", describe(study))
            raise_faults(SUBJECT, [fault])
        mean, low, high = self.table.loc[[study], ["shrunken", "lower", "upper"]].to_numpy()[0]
        below = self.prediction.probability_below(float(mean))
        return (
            f"{study}: {mean:.3g} ({low:.3g} to {high:.3g}) among "
            f"the others; {100 * below:.0f}% of programmes are expected to do better."
        )

    _repr_html_ = show_record

    def __repr__(self) -> str:
        """Return the mean, a new programme and the heterogeneity, and any cautions."""
        low, high = self.interval
        new_low, new_high = self.prediction_interval
        return (
            f"<Synthesis of {self.n_studies} programmes, {SCALES[self.scale]}: mean "
            f"{self.mean.mean:.3g} ({low:.3g} to {high:.3g}); a new programme {new_low:.3g} to "
            f"{new_high:.3g}; tau {self.heterogeneity.median:.3g}>"
            + "".join(f"\nCaution: {caution}" for caution in self.cautions)
        )

"""What each study does to a synthesis, and which do not belong with the others."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from desist.errors import Fault, raise_faults
from desist.synthesis.pool_reports import synthesise
from desist.synthesis.synthesis import Synthesis

FEWEST = 3
SURPRISING = 0.01


def find_influence(synthesis: Synthesis, **options: Any) -> pd.DataFrame:
    """Leave each study out of a synthesis in turn.

    Parameters
    ----------
    synthesis : Synthesis
        Of three studies or more.
    **options
        As they were given to `synthesise`: selection, inference. Scale, priors and probability
        are those of the synthesis.

    Returns
    -------
    DataFrame
        One row a study that is left out: mean, lower, upper, tau, prediction_lower,
        prediction_upper; shift, the change of the mean in its standard deviations; surprise,
        the two-sided tail probability of its estimate under the prediction of the others, NaN
        without an estimate; stands_out, whether that is below 0.01 over the number of studies.

    Raises
    ------
    InputError
        If there are fewer than three studies.

    Examples
    --------
    >>> from desist.synthesis import EstimateWithError, Study, synthesise
    >>> effects = [-0.2, -0.3, -0.25, -0.2, 2.5]
    >>> studies = [Study(f"{n}", EstimateWithError(y, 0.1)) for n, y in enumerate(effects)]
    >>> find_influence(synthesise(studies))["stands_out"].tolist()
    [False, False, False, False, True]
    """
    if synthesis.n_studies < FEWEST:
        fault = Fault("synthesis", f"{FEWEST} studies or more", str(synthesis.n_studies))
        raise_faults("influence", [fault])
    rows = []
    for study in synthesis.studies:
        others = [one for one in synthesis.studies if one is not study]
        found = synthesise(
            others,
            scale=synthesis.scale,
            priors=synthesis.priors,
            probability=synthesis.probability,
            **options,
        )
        rows.append(_compare(synthesis, found, study.name))
    table = pd.DataFrame(rows, index=pd.Index(synthesis.table.index, name="left_out"))
    # Bonferroni: with 58 studies one in two sets would have a p below 0.01 by chance
    return table.assign(stands_out=table["surprise"] < SURPRISING / synthesis.n_studies)


def _compare(whole: Synthesis, found: Synthesis, name: str) -> dict[str, float]:
    estimate, error = whole.table.loc[name, ["estimate", "standard_error"]].to_numpy(dtype=float)
    expected = found.prediction
    wider = replace(expected, scales=np.hypot(expected.scales, float(error)))
    below = wider.probability_below(float(estimate))
    low, high = found.interval
    new_low, new_high = found.prediction_interval
    return {
        "mean": found.mean.mean,
        "lower": low,
        "upper": high,
        "tau": found.heterogeneity.median,
        "prediction_lower": new_low,
        "prediction_upper": new_high,
        "shift": (whole.mean.mean - found.mean.mean) / found.mean.sd,
        "surprise": 2 * min(below, 1 - below),
    }

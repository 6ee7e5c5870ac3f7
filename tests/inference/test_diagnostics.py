import math

import pytest

from desist.errors import NotConvergedError
from desist.inference.diagnostics import Diagnostics, require_convergence, worst_of

GOOD = Diagnostics("nuts", rhat_max=1.001, ess_bulk_min=900, ess_tail_min=800, ebfmi_min=0.9)


def test_a_good_fit_passes():
    require_convergence(GOOD, "rate")
    assert GOOD.problems == ()


@pytest.mark.parametrize(
    ("diagnostics", "sentence"),
    [
        (
            Diagnostics("nuts", rhat_max=1.05),
            "the chains disagree (R-hat 1.050, limit 1.01): sample longer, or give tighter priors",
        ),
        (
            Diagnostics("nuts", ess_bulk_min=1000, ess_tail_min=120),
            "too few effective draws (120, at least 400): ask for more",
        ),
        (
            Diagnostics("nuts", divergences=3),
            "3 divergent transitions: raise target_accept, or give tighter priors for the scales",
        ),
        (
            Diagnostics("nuts", ebfmi_min=0.12),
            "the energy is explored slowly (E-BFMI 0.12, at least 0.3): "
            "give tighter priors for the scales",
        ),
        (
            Diagnostics("laplace", khat=0.83),
            'the Laplace approximation does not fit (k-hat 0.83, limit 0.7): use inference="nuts"',
        ),
    ],
)
def test_each_failure_says_what_to_try(diagnostics, sentence):
    assert diagnostics.problems == (sentence,)


def test_the_error_lists_every_failure():
    bad = Diagnostics("nuts", rhat_max=1.05, divergences=3)
    with pytest.raises(NotConvergedError) as caught:
        require_convergence(bad, "rate")
    message = str(caught.value)
    assert message.startswith("rate model, nuts engine")
    assert all(problem in message for problem in bad.problems)


def test_the_worst_of_several_fits_is_taken_figure_by_figure():
    worst = worst_of(
        [
            Diagnostics("laplace", khat=0.2, ess_bulk_min=900),
            Diagnostics("laplace", khat=0.4, ess_bulk_min=950),
            GOOD,
        ]
    )
    assert (worst.engine, worst.khat, worst.ess_bulk_min) == ("laplace, nuts", 0.4, 900)
    assert worst.rhat_max == GOOD.rhat_max
    assert math.isnan(worst_of([Diagnostics("laplace")]).khat)

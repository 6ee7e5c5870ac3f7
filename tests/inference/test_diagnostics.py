import math
from dataclasses import replace

import pytest

from desist.errors import NotConvergedError
from desist.inference.diagnostics import GATE, Diagnostics, require_convergence, worst_of

GOOD = Diagnostics("nuts", rhat_max=1.001, ess_bulk_min=900, ess_tail_min=800, ebfmi_min=0.9)


def test_a_good_fit_passes():
    require_convergence(GOOD, "rate")
    assert GOOD.problems == GOOD.cautions == ()


CHAINS_DISAGREE = (
    "the chains disagree (R-hat {:.3f}, limit 1.01): sample longer, or give tighter priors"
)
FEW_DRAWS = "few effective draws ({}, 400 are enough): ask for more"
DIVERGENT = "{} divergent transitions: raise target_accept, or give tighter priors for the scales"
SLOW_ENERGY = (
    "the energy is explored slowly (E-BFMI {:.2f}, limit 0.3): give tighter priors for the scales"
)
LAPLACE_UNFIT = (
    "the Laplace approximation does not fit well (k-hat {:.2f}, limit 0.5, unusable above 0.7): "
    'use inference="nuts"'
)


@pytest.mark.parametrize(
    ("diagnostics", "problems", "cautions"),
    [
        (replace(GOOD, rhat_max=1.02), (), (CHAINS_DISAGREE.format(1.02),)),
        (replace(GOOD, rhat_max=1.07), (CHAINS_DISAGREE.format(1.07),), ()),
        (replace(GOOD, ess_bulk_min=900, ess_tail_min=120), (), (FEW_DRAWS.format(120),)),
        (replace(GOOD, ess_bulk_min=90, ess_tail_min=120), (FEW_DRAWS.format(90),), ()),
        (replace(GOOD, divergences=3, n_draws=4000), (), (DIVERGENT.format(3),)),
        (replace(GOOD, divergences=41, n_draws=4000), (DIVERGENT.format(41),), ()),
        (replace(GOOD, ebfmi_min=0.25), (), (SLOW_ENERGY.format(0.25),)),
        (replace(GOOD, ebfmi_min=0.12), (SLOW_ENERGY.format(0.12),), ()),
        (Diagnostics("laplace", khat=0.61), (), (LAPLACE_UNFIT.format(0.61),)),
        (Diagnostics("laplace", khat=0.83), (LAPLACE_UNFIT.format(0.83),), ()),
    ],
)
def test_what_can_be_used_is_marked_and_what_cannot_is_refused(diagnostics, problems, cautions):
    assert diagnostics.problems == problems
    assert diagnostics.cautions == cautions


def test_the_error_lists_every_failure():
    bad = replace(GOOD, rhat_max=1.06, divergences=90, n_draws=4000)
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


def test_a_diagnostic_that_cannot_be_computed_is_no_pass():
    stuck = replace(GOOD, rhat_max=math.nan)
    assert stuck.problems == (
        "R-hat or the effective number of draws cannot be computed: a chain is stuck, or there is "
        "only one",
    )


def test_k_hat_that_cannot_be_computed_is_no_pass():
    assert Diagnostics("laplace").problems == ("k-hat cannot be computed: ask for more draws",)


@pytest.mark.parametrize("limit", GATE, ids=lambda limit: limit.name)
def test_each_limit_of_the_gate_is_where_the_page_says(limit):
    """The page prints `GATE`; a figure just beyond each limit is told, or refused."""
    sign = 1 if limit.direction == "above" else -1
    assert sign * limit.caution < sign * limit.refusal

    def with_figure(value):
        figures = {
            "R-hat, the largest of any parameter": {"rhat_max": value},
            "effective draws, bulk or tail, the fewest": {"ess_tail_min": value},
            "divergent transitions, share of draws": {
                "divergences": round(value * 10_000),
                "n_draws": 10_000,
            },
            "E-BFMI, the smallest of any chain": {"ebfmi_min": value},
        }
        if limit.name == "k-hat":
            return Diagnostics("laplace", khat=value)
        return replace(GOOD, **figures[limit.name])

    assert not with_figure(limit.caution).cautions
    step = sign * (1 if limit.caution > 1.5 else 1e-4)
    beyond = with_figure(limit.caution + step)
    assert len(beyond.cautions) == 1
    assert not beyond.problems
    assert not with_figure(limit.refusal).problems
    refused = with_figure(limit.refusal + step)
    assert len(refused.problems) == 1
    with pytest.raises(NotConvergedError):
        require_convergence(refused, "rate")

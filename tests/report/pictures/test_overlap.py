import pytest

import desist as ds
from desist.design.design import Design
from desist.errors import InputError
from desist.report.pictures.overlap import common_support, covariate_densities


@pytest.fixture(scope="module")
def matched():
    cohort = ds.simulate_cohort(60, 400, rng=3, n_groups=0).cohort
    return cohort, ds.build_design(cohort, "age + copas", method=ds.RadiusMatching(0.2))


def gap(axes):
    """Area between the two densities of a panel."""
    treated, comparison = (line.get_ydata() for line in axes.get_lines())
    grid = axes.get_lines()[0].get_xdata()
    return float(abs(treated - comparison).sum() * (grid[1] - grid[0]))


def test_weighting_brings_the_densities_of_the_score_together(matched):
    _, design = matched
    before, after = common_support(design).axes
    assert (before.get_title(), after.get_title()) == ("all people", "weighted people")
    assert gap(after) < 0.6 * gap(before)


def test_a_covariate_is_drawn_with_its_name(matched):
    cohort, design = matched
    figure = covariate_densities(cohort, design, "age")
    assert figure.axes[0].get_xlabel() == "age"
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "participants",
        "comparison",
    ]


def test_a_design_without_scores_and_a_column_of_text_are_refused(matched):
    cohort, design = matched
    bare = Design(design.weights, design.treated, design.estimand)
    with pytest.raises(InputError, match="design: expected a propensity score, found none"):
        common_support(bare)
    with pytest.raises(InputError, match="found 'ethnicity'"):
        covariate_densities(cohort, design, "ethnicity")

"""Printed figures out of a spreadsheet: numbers of any make, and cells that are none."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from desist.checks.published import checks_from_published
from desist.cohort.published import PublishedMeasure, PublishedStudy
from desist.effects.process_published import fit_process_published
from desist.errors import InputError
from desist.estimands import Measure
from desist.evaluation.published import evaluate_published
from desist.models.means import MeansModel
from desist.models.process_moments import solve_dispersion, solve_shape
from desist.models.process_published import PublishedProcessModel

RATE = {
    "measure": "rate",
    "n_treated": 83,
    "n_comparison": 5514,
    "treated": 0.157,
    "comparison": 0.278,
    "lower": -0.2,
    "upper": -0.04,
}
TIME = RATE | {"measure": "time_among_reoffenders", "n_treated": 13, "n_comparison": 2418}
TIME |= {"treated": 75.0, "comparison": 142.9, "lower": -115, "upper": -21}
NO_NUMBERS = [None, "0.157", "15.7%", "", np.nan, np.inf, True, [0.157], {}, pd.NA, pd.NaT, 1j]
NO_NUMBERS += [Decimal("0.1"), np.array([0.1]), float, Ellipsis]


def refuse(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", ["treated", "comparison", "lower", "upper"])
@pytest.mark.parametrize("value", NO_NUMBERS, ids=str)
def test_a_cell_that_is_no_number_is_refused_by_name(name, value):
    assert f"  - {name}: expected a number" in refuse(PublishedMeasure, **RATE | {name: value})


@pytest.mark.parametrize("name", ["n_treated", "n_comparison", "treated_count"])
@pytest.mark.parametrize("value", [*NO_NUMBERS[1:], 13.03, 13.0, -1, 10**400], ids=str)
def test_a_cell_that_is_no_count_is_refused_by_name(name, value):
    assert f"  - {name}: expected a whole" in refuse(PublishedMeasure, **RATE | {name: value})


@pytest.mark.parametrize(
    "value", [0.004, 0, np.float64(0.03), "p=0.03", "1.5", "n.s.", "", "٠.٠٣", "-0.1", b"0.03", []]
)
def test_a_p_value_that_is_not_as_printed_is_refused(value):
    assert "  - p_printed: expected a p-value as" in refuse(
        PublishedMeasure, **RATE, p_printed=value
    )


@pytest.mark.parametrize("value", [None, 3, "RATE", "", [], np.array(["rate"]), Measure])
def test_what_is_no_measure_is_refused(value):
    assert "  - measure: expected one of rate, frequency" in refuse(
        PublishedMeasure, **RATE | {"measure": value}
    )


def test_every_fault_of_a_line_is_listed_at_once():
    said = refuse(
        PublishedMeasure, "rates", 0, None, "15.7%", np.nan, None, "-0.04", 0.004, 13.5, "74 fewer"
    )
    names = [line.split(":")[0].removeprefix("  - ") for line in said.splitlines()[1:]]
    assert sorted(names) == sorted([*RATE, "p_printed", "treated_count", "difference_printed"])


@pytest.mark.parametrize(("line", "size"), [(RATE, 0), (RATE, -1e-3), (TIME, 0), (TIME, -5)])
def test_an_interval_of_no_width_or_the_wrong_way_round_is_refused(line, size):
    middle = line["treated"] - line["comparison"]
    changes = {"lower": middle, "upper": middle + size}
    assert "  - lower, upper: expected" in refuse(PublishedMeasure, **line | changes)


@pytest.mark.parametrize("name", ["n_treated", "n_comparison"])
def test_one_person_is_refused_with_what_to_do(name):
    assert "leave the line out" in refuse(PublishedMeasure, **TIME | {name: 1})


@pytest.mark.parametrize("kind", [np.int64, np.int16, int])
@pytest.mark.parametrize("real", [np.float64, np.float32, float])
def test_the_numbers_of_numpy_are_taken_as_those_of_python(kind, real):
    cells = {
        name: (kind if name.startswith("n_") else real)(value)
        for name, value in RATE.items()
        if name != "measure"
    }
    found = PublishedMeasure("rate", **cells, treated_count=kind(13))
    assert found == PublishedMeasure(**RATE, treated_count=13)
    assert type(found.n_treated) is int
    assert type(found.treated) is float


@pytest.mark.parametrize(
    ("n_treated", "printed", "total"),
    [
        (83, 0.157, 13.0),
        (83, 13 / 83, 13.0),
        (30, 0.155, 4.65),  # 4 of 30 are 0.133, 5 are 0.167
        (30, 0.163, 4.89),
        (30, 0.17, 5.0),
        (30, 0.0, 0.0),
        (30, 1.0, 30.0),
        (1000, 0.157, 157.0),
        (84, 0.155, 13.0),
    ],
)
def test_a_proportion_is_the_count_that_gives_it_or_itself(n_treated, printed, total):
    line = PublishedMeasure("rate", n_treated, 900, printed, 0.4, -0.6, 0.7)
    assert line.treated_total == pytest.approx(total, abs=1e-12)
    study = PublishedStudy("A", "main", "made up", (line,), ess_range=(200, 900))
    for check in checks_from_published(study):
        if check.applicable:
            assert check.estimate == pytest.approx(total / n_treated - 0.4, abs=1e-9), check.check
        else:
            assert check.reason
    assert line.treated_mean == pytest.approx(total / n_treated)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", None),
        ("name", 3),
        ("analysis", ["main"]),
        ("source", np.nan),
        ("measures", None),
        ("measures", "rate"),
        ("measures", PublishedMeasure(**RATE)),
        ("measures", [RATE]),
        ("measures", [PublishedMeasure(**RATE), None]),
        ("measures", PublishedMeasure),
        ("ess_range", 900),
        ("ess_range", (900,)),
        ("ess_range", ("200", "900")),
        ("ess_range", (None, 900)),
        ("ess_range", (200, np.nan)),
        ("ess_range", (0, 900)),
        ("ess_range", (900, 200)),
        ("ess_range", (200, 9000)),
        ("ess_range", {200: 900}),
        ("ess_range", "ab"),
        ("flow", [142, 83]),
        ("profile", "men"),
        ("profile", None),
    ],
)
def test_a_part_of_a_study_of_the_wrong_kind_is_refused_by_name(name, value):
    parts = {"name": "A", "analysis": "main", "source": "made up"}
    parts |= {"measures": (PublishedMeasure(**RATE),)}
    assert f"  - {name}: expected" in refuse(PublishedStudy, **parts | {name: value})


STUDY = PublishedStudy("A", "main", "made up", (PublishedMeasure(**RATE),), ess_range=(200, 900))


@pytest.mark.parametrize("value", ["rates", None, 3, []])
def test_a_measure_that_there_is_not_is_not_looked_for(value):
    refuse(STUDY.find, value)
    assert STUDY.find("rate") is STUDY.measures[0]


@pytest.mark.parametrize("call", [evaluate_published, fit_process_published])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("comparison_size", 0),
        ("comparison_size", "900"),
        ("comparison_size", np.nan),
        ("comparison_size", np.inf),
        ("comparison_size", True),
        ("comparison_size", [900]),
        ("seed", -1),
        ("seed", "1"),
        ("seed", 1.5),
        ("seed", None),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_by_name(call, name, value):
    assert f"  - {name}: expected" in refuse(call, STUDY, **{name: value})


@pytest.mark.parametrize("value", ["NUTS", None, 1, [], {}])
def test_an_engine_that_there_is_not_is_refused(value):
    assert "  - inference: expected" in refuse(evaluate_published, STUDY, inference=value)


@pytest.mark.parametrize("study", [None, "A", PublishedStudy, STUDY.measures[0]])
def test_what_is_no_study_is_refused(study):
    for call in (evaluate_published, fit_process_published):
        assert "  - study: expected a PublishedStudy" in refuse(call, study)


def test_more_effective_people_than_records_are_refused():
    assert "of at most 5514" in refuse(evaluate_published, STUDY, comparison_size=5515)


@pytest.mark.parametrize(
    "call",
    [
        lambda: solve_dispersion("0.1", 0.3),
        lambda: solve_dispersion(1.2, 0.3),
        lambda: solve_dispersion(0.1, None),
        lambda: solve_shape("75", 0.3, 0.2),
        lambda: solve_shape(75, -0.3, 0.2),
        lambda: solve_shape(75, 0.3, None),
        lambda: solve_shape(75, 0.3, 0.2, unit=0),
        lambda: PublishedProcessModel("constant"),
        lambda: MeansModel("rate"),
        lambda: MeansModel(Measure.FREQUENCY, unit="days"),
        lambda: MeansModel(Measure.FREQUENCY, priors=None),
    ],
)
def test_a_figure_of_a_model_of_the_wrong_kind_is_refused(call):
    refuse(call)

"""The two real jobs of `desist demo`."""

from dataclasses import replace

from desist import datasets
from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching
from desist.evaluation.evaluate import evaluate
from desist.evaluation.published import evaluate_published
from desist.report.view import View, make_view

RECID_FORMULA = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)


def evaluate_report(seed: int) -> View:
    """Evaluate the figures of Making Connections, both analyses, under the rules of its report."""
    complex_one, standard = (
        make_view(evaluate_published(datasets.making_connections(name), seed=seed), "2017")
        for name in ("complex", "standard")
    )
    return replace(complex_one, beside=(standard,))


def evaluate_prison_work(seed: int) -> View:
    """Evaluate the prison work programme of North Carolina, from people to results."""
    cohort = datasets.recid_cohort()
    design = build_design(cohort, RECID_FORMULA, method=RadiusMatching())
    title = "Prison work programme, North Carolina, releases of 1977-78"
    return make_view(evaluate(cohort, design, seed=seed, title=title), "2019")

"""The two real jobs of `desist demo`."""

from dataclasses import replace

from desist import datasets
from desist.design.design import build_design
from desist.design.matching.radius import RadiusMatching
from desist.evaluation.evaluate import evaluate
from desist.evaluation.published import evaluate_published
from desist.report.about import About
from desist.report.view import View, make_view

RECID_FORMULA = (
    "age + tserved + priors + rules + educ + black + alcohol + drugs + super + married + felon "
    "+ property + against_person"
)

MAKING_CONNECTIONS = About(
    programme="Mentoring one to one for women about to leave prison, for up to six months before "
    "release and, where it could be arranged, after it.",
    place="HMP Send, a closed training prison for women in the South East of England.",
    run_by="The chaplaincy of the prison, with volunteers.",
    reoffence="A proven reoffence within one year.",
    from_day="From the day of release.",
    data="Figures of the Justice Data Lab's report of February 2017.",
    analyses="Complex analysis, the headline: matched on demographics, employment, criminal "
    "history and individual risks and needs (known of 75 of the 83 participants). Standard "
    "analysis: matched without risks and needs.",
    author="Analysed again with desist; the figures are those of the Justice Data Lab.",
    licence="Contains public sector information licensed under the Open Government Licence.",
    target={
        "6a": "Women about to be released from the prison into the community.",
        "7b": "Those who joined the programme and stayed in it until release; who moved to another "
        "prison, left it or was deported is not among them.",
        "7c": "Comparison people from England and Wales, matched and weighted by a propensity "
        "score.",
        "7e": "Proven reoffences on record within one year.",
        "7g(ii)": "Demographics, employment, criminal history, and individual risks and needs.",
    },
)
PRISON_WORK = About(
    programme="A work programme in prison.",
    place="Prisons of North Carolina.",
    dates="Releases from July 1977 to June 1978.",
    reoffence="A return to prison within one year, in whole months.",
    from_day="From the day of release.",
    data="Records of men released from the prisons of the state: Chung, Schmidt and Witte (1991), "
    "Journal of Quantitative Criminology 7, 59–98; distributed with Wooldridge's textbook.",
    author="Analysed again with desist.",
    labels={
        "workprg": "Part in the prison work programme",
        "returned": "Return to prison",
        "days": "Days to the return to prison",
        "age": "Age (months)",
        "tserved": "Time served (months)",
        "priors": "Prior convictions",
        "rules": "Rules broken in prison",
        "educ": "Years of schooling",
        "black": "Black",
        "alcohol": "Alcohol problems",
        "drugs": "History of drug use",
        "super": "Supervised release",
        "married": "Married when imprisoned",
        "felon": "Felony sentence",
        "property": "Property crime",
        "against_person": "Crime against a person",
    },
    target={
        "6a": "Men released from prison in the state.",
        "19": "The data come with desist, as the data set recid.",
    },
)


def evaluate_report(seed: int) -> View:
    """Evaluate the figures of Making Connections, both analyses, under the rules of its report."""
    complex_one, standard = (
        make_view(
            evaluate_published(datasets.making_connections(name), seed=seed),
            "2017",
            about=MAKING_CONNECTIONS,
        )
        for name in ("complex", "standard")
    )
    return replace(complex_one, beside=(standard,))


def evaluate_prison_work(seed: int) -> View:
    """Evaluate the prison work programme of North Carolina, from people to results."""
    cohort = datasets.recid_cohort()
    design = build_design(cohort, RECID_FORMULA, method=RadiusMatching())
    title = "Prison work programme, North Carolina, releases of 1977-78"
    return make_view(evaluate(cohort, design, seed=seed, title=title), "2019", about=PRISON_WORK)

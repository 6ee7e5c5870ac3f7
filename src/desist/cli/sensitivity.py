"""The sensitivity analyses of a study, by its settings file."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from desist.cli.run import Built, build_study, read_cohort
from desist.cli.study import NEEDS, Study
from desist.cli.terminal import say
from desist.design.catalogue import make_method
from desist.effects.effect import Effect, contrast_measures
from desist.errors import CannotAnswerError, raise_faults
from desist.estimands import Measure
from desist.models.fit import Fit, fit_model
from desist.report._analyses import show_analysis
from desist.report.sensitivity_page import fill_analysis, render_sections, require_measure
from desist.sample import Sample, build_sample
from desist.sensitivity._flat import choose_model
from desist.sensitivity.confounding import find_e_value
from desist.sensitivity.left_out import leave_out
from desist.sensitivity.placebo import placebo_programmes
from desist.sensitivity.priors import grid_priors, scale_powers
from desist.sensitivity.recording import attrition
from desist.sensitivity.result import SensitivityResult
from desist.sensitivity.robustness import robustness_value
from desist.sensitivity.rosenbaum import rosenbaum_bounds
from desist.sensitivity.specifications.choices import Option
from desist.sensitivity.specifications.joint import joint_test
from desist.sensitivity.specifications.run import multiverse
from desist.sensitivity.time_bounds import bound_time_effect
from desist.sensitivity.time_zero import align_starts
from desist.sensitivity.unrecorded import tipping_map
from desist.spreadsheet import encode_csv
from desist.writing import FileContent, find_folder_faults, find_place_faults, write_files

STORE, PAGE, RECORD = "sensitivity.store", "sensitivity.html", "sensitivity.json"
PLACEBOS, REDRAWS = 200, 499


@dataclass(frozen=True, eq=False)
class Asked:
    """What every analysis of a run is made from."""

    study: Study
    built: Built
    sample: Sample
    fit: Fit
    effect: Effect
    store: Path

    @property
    def settings(self) -> Mapping[str, Any]:
        """The section of the settings file."""
        return self.study.sensitivity

    @property
    def seed(self) -> int:
        """Of all randomness."""
        return int(self.study.model.get("seed", 0))

    @property
    def measure(self) -> Measure:
        """What is compared."""
        return self.effect.measure


def run_sensitivity(study: Study, out: Path) -> None:
    """Make the analyses one by one, each kept as it is done, and write tables and page."""
    raise_faults("report", find_folder_faults(out))
    raise_faults("report", find_place_faults([out / PAGE, out / RECORD, out / STORE]))
    cohort, notes = read_cohort(study)
    say(*(f"{study.people.name}: {note}" for note in notes), err=True)
    built = next(iter(build_study(study, cohort)[0].values()))
    results, refused = _make(_ask(study, built, out))
    files = dict(_render(study, results, refused, out))
    write_files(files)
    say(*(f"{result.title}: {result.sentence}" for result in results))
    say(*(f"{name}: not made, {reason}" for name, reason in refused.items()))
    say(*(f"  {path}" for path in files))


def prepare_analyses(study: Study, out: Path) -> Callable[[Built], list[Any]] | None:
    """Return what makes the analyses for a page of the report, where the settings ask for it."""
    if not study.sensitivity.get("in_report", False):
        return None
    raise_faults("report", find_place_faults([out / STORE]))
    return partial(analyse_for_report, study, out)


def analyse_for_report(study: Study, out: Path, built: Built) -> list[Any]:
    """Make the analyses for a page of the report, and say which cannot be made."""
    try:
        results, refused = _make(_ask(study, built, out))
    except CannotAnswerError as reason:
        say(f"sensitivity analyses: not made, {reason}", err=True)
        return []
    say(*(f"{name}: not made, {reason}" for name, reason in refused.items()), err=True)
    return results


def choose_analyses(study: Study) -> list[str]:
    """Return the analyses that were asked for, or all that the settings allow."""
    wanted = study.sensitivity.get("analyses")
    if wanted is not None:
        return list(wanted)
    given = {"", *study.sensitivity}
    return [name for name in ANALYSES if NEEDS.get(name, "") in given]


def _make(asked: Asked) -> tuple[list[Any], dict[str, str]]:
    """Make the analyses one by one; say of those that cannot be made why."""
    results, refused = [], {}
    for name in choose_analyses(asked.study):
        say(f"{name}: working ...", err=True)
        try:
            results.append(ANALYSES[name](asked))
        except CannotAnswerError as reason:
            refused[name] = str(reason)
    return results, refused


def _ask(study: Study, built: Built, out: Path) -> Asked:
    sample = build_sample(built.cohort, built.design, study.model.get("horizon"))
    measure = Measure(study.sensitivity.get("measure", "rate"))
    require_measure(sample, study.rules, measure)
    covariates = study.model.get("covariates", "design")
    fit = fit_model(
        choose_model(measure, covariates),
        sample,
        inference=study.model.get("inference", "auto"),
        seed=int(study.model.get("seed", 0)),
    )
    effects, reasons = contrast_measures(fit)
    effect = next((one for one in effects if one.measure is measure), None)
    if effect is None:
        raise CannotAnswerError(f"no {measure}: {reasons.get(measure, 'its model has none')}")
    out.mkdir(parents=True, exist_ok=True)
    return Asked(study, built, sample, fit, effect, out / STORE)


def _list_choices(asked: Asked) -> dict[str, list[Option]]:
    """List the options that settings and data give, the study's own first."""
    study, design, settings = asked.study, asked.built.design, asked.settings
    others = [own.get("formula") for own in study.analyses.values()]
    formulas = dict.fromkeys([design.formula, *others, *settings.get("formulas", ())])
    methods = {"as planned": design.method}
    methods |= {name: make_method(name) for name in settings.get("methods", ())}
    name = study.design["method"]
    own = {key: study.design[key] for key in study.design if key not in OF_ALL}
    for caliper in settings.get("calipers", ()):
        methods[f"caliper {caliper:g}"] = make_method(name, {**own, "caliper": float(caliper)})
    horizon = asked.sample.horizon
    horizons = dict.fromkeys([horizon, *map(float, settings.get("horizons", ()))])
    adjusted = study.model.get("covariates", "design")
    return {
        "formula": [Option(_shorten(text), text) for text in formulas if text is not None],
        "method": [Option(name, method) for name, method in methods.items()],
        "covariates": [Option("adjusted", adjusted), Option("weights alone", None)],
        "horizon": [
            Option(f"{days:g} days", days, "equivalent" if days == horizon else "not equivalent")
            for days in horizons
        ],
    }


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _find_e_value(asked: Asked) -> SensitivityResult:
    found = find_e_value(asked.effect)
    if not found.applicable:
        raise CannotAnswerError(found.reason)
    table = pd.DataFrame([("estimate", found.estimate), ("limit nearer to 1", found.limit)])
    table.columns = pd.Index(["of", "e_value"])
    title = "How strong an unrecorded confounder would have to be"
    doubt = "Participants differ from the comparison people in something that nobody recorded."
    units = {"e_value": "ratio"}
    return SensitivityResult("e_values", title, doubt, found.sentence, table, units)


def _multiverse(asked: Asked) -> Any:
    return multiverse(
        asked.built.cohort,
        _list_choices(asked),
        measure=asked.measure,
        seed=asked.seed,
        store=asked.store,
    )


def _joint_test(asked: Asked) -> Any:
    return joint_test(
        asked.built.cohort,
        _list_choices(asked),
        measure=asked.measure,
        n_draws=asked.settings.get("redraws", REDRAWS),
        seed=asked.seed,
        store=asked.store,
    )


def _leave_out(asked: Asked) -> Any:
    return leave_out(asked.sample, asked.measure, seed=asked.seed, store=asked.store)


def _placebo(asked: Asked) -> Any:
    return placebo_programmes(
        asked.sample,
        asked.measure,
        n_programmes=asked.settings.get("placebos", PLACEBOS),
        by=asked.settings.get("placebos_by"),
        seed=asked.seed,
        store=asked.store,
    )


def _time_bounds(asked: Asked) -> Any:
    require_measure(asked.sample, asked.study.rules, Measure.TIME_AMONG_REOFFENDERS)
    return bound_time_effect(asked.sample)


ANALYSES: Mapping[str, Callable[[Asked], Any]] = {
    "e_values": _find_e_value,
    "robustness_value": lambda asked: robustness_value(asked.sample, asked.measure),
    "rosenbaum_bounds": lambda asked: rosenbaum_bounds(asked.sample, asked.measure),
    "tipping_map": lambda asked: tipping_map(asked.effect),
    "multiverse": _multiverse,
    "joint_test": _joint_test,
    "leave_out": _leave_out,
    "placebo_programmes": _placebo,
    "time_bounds": _time_bounds,
    "attrition": lambda asked: attrition(
        asked.effect, {"not analysed": asked.settings["lost"]}, seed=asked.seed
    ),
    "time_zero": lambda asked: align_starts(asked.sample, asked.settings["start"]),
    "grid_priors": lambda asked: grid_priors(asked.sample, asked.measure, seed=asked.seed),
    "scale_powers": lambda asked: scale_powers(asked.fit),
}
OF_ALL = frozenset({"formula", "method", "estimand", "same", "caliper"})


def _render(
    study: Study, results: list[Any], refused: Mapping[str, str], out: Path
) -> Iterator[tuple[Path, FileContent]]:
    said, every = [], [show_analysis(result) for result in results]
    sections = [fill_analysis(shown) for shown in every]
    for result, shown, section in zip(results, every, sections, strict=True):
        yield out / f"{result.name}.csv", FileContent(encode_csv(shown.table))
        if section["picture"] is not None:
            yield out / f"{result.name}.svg", FileContent(section["picture"].drawn)
        said.append(
            {
                "name": result.name,
                "title": result.title,
                "doubt": result.doubt,
                "sentence": result.sentence,
                "units": dict(result.units),
            }
        )
    page = render_sections(study.title, every, sections, refused, version("desist"))
    yield out / PAGE, FileContent(page.encode("utf-8", "replace"))
    record = {"package_version": version("desist"), "made": said, "refused": dict(refused)}
    yield out / RECORD, FileContent((json.dumps(record, indent=2) + "\n").encode())

"""Everything up to balance: what can be looked at before any outcome is read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from desist.cli.run import build_study, read_cohort
from desist.cli.study import Study
from desist.cli.terminal import quote_path
from desist.design.balance.table import REASONABLE, WORDS
from desist.evaluation.evaluate import summarise_design
from desist.privacy import FEWEST_SHARING
from desist.report.disclosure import disclose_design, find_rules, hide_small_counts
from desist.report.tables import tabulate_balance
from desist.sample import build_sample

*_, POOR = WORDS


def check_study(study: Study, settings: Path) -> Iterator[str]:
    """Read the people without their outcomes, make each design and describe it, line by line."""
    cohort, notes = read_cohort(study, outcomes=False)
    yield f"{study.title}: {cohort.n_treated:,} participants, {cohort.n_comparison:,} others"
    yield from (f"  {note}" for note in notes)
    built, refused = build_study(study, cohort)
    poor: list[str] = []
    for name, one in built.items():
        design = summarise_design(build_sample(one.cohort, one.design))
        shown = disclose_design(design, find_rules(study.rules))
        yield from describe_design(name, shown or {}, one.design.notes)
        poor += [row["covariate"] for row in (shown or {})["balance"] if row["word"] == POOR]
    yield from (f"{name} analysis: cannot be made, {why}" for name, why in refused.items())
    if poor:
        names = ", ".join(dict.fromkeys(poor))
        yield f"Poorly matched (more than {REASONABLE:.0%} of a standard deviation): {names}"
        yield 'Another formula, or method = "entropy" without a caliper, may do better'
    word = "Once" if poor else "If"
    after = f"desist evaluate {quote_path(settings)}"
    yield f"No outcome was read. {word} the balance is good enough: {after}"


def describe_design(name: str, design: Mapping[str, Any], notes: tuple[str, ...]) -> Iterator[str]:
    """Describe a design as it may be shown, line by line."""
    head, dropped = f"{name} analysis: " if name else "", design["n_treated_dropped"]
    # beside the number of all participants, that of those compared would count the few who are not
    who = f"all but fewer than {FEWEST_SHARING}" if dropped is None else f"{design['n_treated']:,}"
    yield (
        f"{head}{design['method']} ({design['estimand']}): {who} participants "
        f"with {design['n_comparison']:,} comparison people, worth "
        f"{design['ess_comparison']:,.0f} with equal weights"
    )
    if dropped:
        yield f"  {dropped:,} participants have nobody to be compared with"
    yield from (f"  {hide_small_counts(note)}" for note in notes)
    if design["balance"]:
        table = tabulate_balance(design["balance"])
        names = [
            "covariate",
            "difference before (% SD)",
            "after (% SD)",
            "variance ratio",
            "KS",
            "matched",
        ]
        table.columns = names
        yield from (f"  {line}" for line in table.to_string(index=False).split("\n"))

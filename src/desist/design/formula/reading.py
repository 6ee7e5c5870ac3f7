"""Read a formula against the columns of a cohort: everything is checked, nothing worked out."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from desist.arguments import find_kind_faults
from desist.cohort.kinds import find_numbers_as_text
from desist.design.formula.calls import find_call_faults, find_calls, read_call
from desist.design.formula.expressions import find_kind
from desist.design.formula.parser import parse
from desist.design.formula.syntax import Call, Chain, Column, Group, Node, Signed
from desist.design.formula.terms import Term, expand
from desist.design.formula.tokens import show
from desist.design.formula.values import find_bad_values, find_crowded, is_text, suggest
from desist.errors import Fault, InputError


@dataclass(frozen=True)
class Formula:
    """A formula that was read and found to be in order.

    Attributes
    ----------
    text : str
        As the user wrote it.
    variables : tuple of str
        Columns that it names, in the order of the table.
    categorical : frozenset of str
        Those read as categories: text, and whatever stands inside ``C()``.
    terms : tuple of Term
        Products of columns and functions, each a column of numbers or several.
    names : mapping of str to str
        The column of each name as it is written.

    Examples
    --------
    >>> import desist as ds
    >>> from desist.design import read_formula
    >>> formula, faults = read_formula("log1p(re74) + C(educ)", ds.datasets.lalonde(), {})
    >>> sorted(formula.variables), sorted(formula.categorical)
    (['educ', 're74'], ['educ'])
    """

    text: str
    variables: tuple[str, ...]
    categorical: frozenset[str]
    terms: tuple[Term, ...] = field(repr=False)
    names: Mapping[str, str] = field(repr=False, hash=False)

    @property
    def factors(self) -> tuple[Column | Call, ...]:
        """The columns and functions that the terms are made of, each once."""
        return tuple(dict.fromkeys(factor for term in self.terms for factor in term))


def read_formula(
    text: str | None, covariates: pd.DataFrame, roles: Mapping[str, str]
) -> tuple[Formula | None, list[Fault]]:
    """Read a formula against the columns of a cohort.

    Parameters
    ----------
    text : str or None
        Right-hand side of a formula, such as ``"age + C(ethnicity)"``.
    covariates : DataFrame
        The columns that a design may use.
    roles : mapping of str to str
        Columns that it may not use, with the reason: ``{"reoffended": "an outcome"}``.

    Returns
    -------
    formula : Formula or None
        None when there are faults, or no text.
    faults : list of Fault
        Everything that is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> import desist as ds
    >>> people = pd.DataFrame({"age": [20.0, 31.0, 44.0], "sex": ["f", "m", "f"]})
    >>> formula, faults = ds.design.read_formula("age + sex", people, {})
    >>> formula.variables, faults
    (('age', 'sex'), [])
    """
    if text is None:
        return None, []
    faults = find_kind_faults("formula", text, str, 'a text such as "age + C(sex)"')
    if faults:
        return None, faults
    try:
        node = parse(text)
        terms = () if node is None else expand(node)
    except InputError as error:
        return None, list(error.faults)
    if node is None or not terms:
        return None, [_empty_formula(text)]
    return _read_terms(text, node, terms, covariates, roles)


def _read_terms(
    text: str,
    node: Node,
    terms: tuple[Term, ...],
    covariates: pd.DataFrame,
    roles: Mapping[str, str],
) -> tuple[Formula | None, list[Fault]]:
    faults = [fault for call in find_calls(node) for fault in find_call_faults(call)]
    names, name_faults = _resolve(_iterate_columns(node), covariates, roles)
    faults += name_faults
    variables = tuple(column for column in covariates.columns if column in set(names.values()))
    faults += find_bad_values(covariates, variables)
    texts = {name for name in variables if is_text(covariates[name])}
    marked = {names[name] for name in _iterate_marked(node) if name in names}
    for name in texts - marked:
        faults += find_numbers_as_text(covariates[name])
    faults += find_crowded(covariates, [name for name in variables if name in texts | marked])
    if faults:
        return None, faults
    formula = Formula(text, variables, frozenset(marked | texts), terms, names)
    faults = _find_kind_faults(formula, texts)
    return (None, faults) if faults else (formula, [])


def _iterate_columns(node: Node) -> Iterator[str]:
    """Yield the names that stand for columns, which those in settings do not."""
    match node:
        case Column(name):
            yield name
        case Group(inner) | Signed(_, inner):
            yield from _iterate_columns(inner)
        case Chain(first, rest):
            for part in (first, *(part for _, part in rest)):
                yield from _iterate_columns(part)
        case Call(_, arguments, _):
            for part in arguments[:1]:
                yield from _iterate_columns(part)


def _iterate_marked(node: Node) -> Iterator[str]:
    for call in find_calls(node):
        if call.function == "C" and call.arguments:
            yield from _iterate_columns(call.arguments[0])


def _resolve(
    written: Iterable[str], covariates: pd.DataFrame, roles: Mapping[str, str]
) -> tuple[dict[str, str], list[Fault]]:
    """Find the column of each name; letters with accents are the same in one or two characters."""
    alike: dict[str, list[str]] = {}
    for column in covariates.columns:
        alike.setdefault(_compose(str(column)), []).append(column)
    hidden = {_compose(name): reason for name, reason in roles.items()}
    names: dict[str, str] = {}
    faults = []
    for name in dict.fromkeys(written):
        same = [name] if name in covariates.columns else alike.get(_compose(name), [])
        if _compose(name) in hidden:
            found = f"{show(name)}, which is {hidden[_compose(name)]}"
            faults.append(Fault("formula", "covariates known before", found, "leave it out"))
        elif len(same) == 1:
            names[name] = same[0]
        elif same:
            advice = "they differ in how an accent is stored; rename one"
            faults.append(Fault("formula", "one column", f"two called {show(name)}", advice))
        else:
            advice = _explain_unknown(name, covariates.columns)
            faults.append(Fault("formula", "columns of the cohort", show(name), advice))
    return names, faults


def _explain_unknown(name: str, columns: Iterable[str]) -> str:
    advice = suggest(name, columns)
    parts = name.split()
    if len(parts) > 1 and all(part in set(columns) for part in parts):
        return "write + between two covariates"
    foreign = [letter for letter in name if not letter.isascii() and letter.isprintable()]
    if foreign and advice.startswith("did you mean"):
        return f"{advice} (it has a {unicodedata.name(foreign[0], 'letter').lower()})"
    return advice


def _compose(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _find_kind_faults(formula: Formula, texts: set[str]) -> list[Fault]:
    """Find functions of numbers that are given text, and the like."""
    written = frozenset(name for name, column in formula.names.items() if column in texts)
    faults: list[Fault] = []
    for factor in formula.factors:
        if isinstance(factor, Call) and read_call(factor).function.kind != "category":
            find_kind(factor, written, faults)
    return faults


def _empty_formula(text: str) -> Fault:
    return Fault("formula", "at least one covariate", show(text), 'write it as "age + C(sex)"')

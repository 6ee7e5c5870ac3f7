"""Cases of `fuzz.py`: odd formulas, settings files, tables and saved evaluations, by seed.

The people are made up, and what is planted among them occurs nowhere else: identifiers, an income
and a number of offences that one person has, a level of a category that one person has, a free
text. Whatever is printed, raised or written about them is searched for these.
"""

import datetime as dt
import json
import math
import string
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from desist.cli.study import KEYS
from desist.design.catalogue import METHODS

N_PEOPLE, N_TREATED, PLANTED = 400, 60, 17
RARE_LEVEL, FREE_TEXT, INCOME, OFFENCES = "Zwyntorp", "keeps qvarkels", 48713.61, 7919
SECRETS = ("XQZ-", RARE_LEVEL, "qvarkel", "48713", "48,713", "4.8714e", "7919", "7,919")
ROLES = {
    "treatment": "programme",
    "person": "id",
    "reoffended": "reoffended",
    "offences": "offences",
    "days": "days",
    "groups": ["prison"],
}

type Rng = np.random.Generator


def make_people(seed: int = 1) -> pd.DataFrame:
    """Make people who can be evaluated, with what is planted among them."""
    rng = np.random.default_rng(seed)
    reoffended = rng.random(N_PEOPLE) < 0.4
    people = pd.DataFrame(
        {
            "id": [f"XQZ-{number:05d}" for number in range(N_PEOPLE)],
            "programme": np.arange(N_PEOPLE) < N_TREATED,
            "age": rng.integers(18, 70, N_PEOPLE),
            "income": rng.normal(15_000, 3000, N_PEOPLE).round(2),
            "prior offences": rng.poisson(4, N_PEOPLE),
            "sex": rng.choice(["F", "M"], N_PEOPLE),
            "area": rng.choice(["north", "south", "east"], N_PEOPLE),
            "note": "none",
            "prison": rng.choice(["Ash", "Bay", "Cove"], N_PEOPLE),
            "reoffended": reoffended.astype(int),
            "offences": np.where(reoffended, rng.integers(1, 9, N_PEOPLE), 0),
            "days": np.where(reoffended, rng.integers(1, 365, N_PEOPLE), np.nan),
        }
    )
    people.loc[PLANTED, ["income", "area", "note"]] = [INCOME, RARE_LEVEL, FREE_TEXT]
    people.loc[PLANTED, ["reoffended", "offences", "days"]] = [1, OFFENCES, 12]
    return people.sample(frac=1, random_state=seed).reset_index(drop=True)


SOUND = ["age", "income", "sex", "area", "`prior offences`", "C(sex)", "center(age)"]
ATOMS = [*SOUND * 3, "note", "id", "prison", "nobody", "1", "0", "2.5", "'x'", "None", "."]
ATOMS += ["programme", "reoffended", "offences", "days"]
CALLS = ["C({})", "I({})", "bs({}, df=4)", "cr({}, df=3)", "poly({}, 2)", "log({})", "exp({})"]
CALLS += ["sqrt({})", "center({})", "scale({})", "np.log({})", "I({} > 30)", "C({}, Treatment)"]
CALLS += ["lag({})", "bs({})", "poly({}, degree=-1)", "I({} / 0)", "float({})", "len({})"]
CALLS += ["{}"] * 20
OPERATORS = [" + ", ":", " * "] * 4
OPERATORS += [" - ", " / ", " ** ", "^", " | ", " ~ ", " % ", ", ", "", " in "]
HOSTILE = [
    "I(age.__class__)",
    "I(open('written', 'w'))",
    "I(__import__('pathlib').Path('written').touch())",
    "np.save('written', age)",
    "age.to_csv('written')",
    "I(np.lib.npyio.os.system('touch written'))",
    "I([x for x in age])",
    "I((lambda: 1)())",
    "{age}",
    "{open('written', 'w')}",
    "I(f'{age}')",
    "I(age if True else 0)",
    "I(id[0])",
    "I(income.max())",
    "C(income)",
    "C(id)",
    "C(note)",
    "C(area)",
    "id",
    "note",
    "area",
    "(age + income + sex) ** 30",
    "(age + income + sex + area + prison) ** 12",
    "I(age ** 10 ** 9)",
    "I(9 ** 9 ** 9)",
    "poly(age, 4000)",
    "bs(age, df=10000000)",
    "bs(age, knots=[1e9])",
    "bs(age, df=0)",
    "C(area, levels=['north'])",
    "log(age - 100)",
    "exp(income)",
    "I(1 / 0)",
    "age:" * 60 + "age",
    " + ".join(["age"] * 3000),
    "(" * 300 + "age" + ")" * 300,
    "I(" * 200 + "age" + ")" * 200,
    "-" * 5000 + "age",
    "age\x00",
    "age\n+ income",
    "\u202eage",
    "a\u0301ge",
    "~ age",
    "programme ~ age",
    "age ~ income ~ sex",
    "",
    " ",
    "+",
    "0",
    "-1",
    "age - age",
    "`",
    "``",
    "`prior offences",
    "'age'",
    "#",
    "age # income",
    "@age",
    "age; income",
    "reoffended",
    "I(offences > 0)",
    "1e400",
    "I(1e400)",
    "C(age, Treatment('x'))",
    "C(C(sex))",
    "hashed(note, levels=9)",
    "I(globals())",
    "I(age.values.tofile('written'))",
]


def make_formula(rng: Rng) -> str:
    """Write a formula: of the grammar, of the list of hostile ones, or either with slips."""
    if rng.random() < 0.35:
        text = str(rng.choice(np.array(HOSTILE, dtype=object)))
    else:
        parts = [_call(rng, 0) for _ in range(rng.integers(1, 5))]
        text = parts[0] + "".join(f"{rng.choice(OPERATORS)}{part}" for part in parts[1:])
    return slip(rng, text) if rng.random() < 0.35 else text


def _call(rng: Rng, depth: int) -> str:
    inside = _call(rng, depth + 1) if depth < 2 and rng.random() < 0.3 else str(rng.choice(ATOMS))
    return str(rng.choice(CALLS)).format(inside)


def slip(rng: Rng, text: str, most: int = 3) -> str:
    """Delete, double, exchange or insert some characters."""
    letters = list(text)
    for _ in range(rng.integers(1, most + 1)):
        at = int(rng.integers(0, len(letters) + 1))
        odd = str(rng.choice(list(string.punctuation + " \t\n09aé\u200b\x1b\ud7ff")))
        kind = rng.integers(0, 3)
        if kind == 0:
            letters[at : at + 1] = []
        elif kind == 1:
            letters[at:at] = letters[max(at - 3, 0) : at]
        else:
            letters.insert(at, odd)
    return "".join(letters)


ODD_SETTINGS: list[Any] = [None, True, -1, 0, 1, 3.5, 1e308, math.inf, math.nan, 2**70, "", "x"]
ODD_SETTINGS += ["auto", "age", "\x1b[31m", "../up", "/etc/passwd", "a" * 5000, [], ["age"], [1]]
ODD_SETTINGS += [
    ["age", 1],
    [[]],
    {},
    {"a": 1},
    dt.date(2020, 1, 1),
    dt.time(1),
    "2019",
]
NAMES = ["standard", "", "a/b", "../up", "CON", "a" * 300, ".", "weights.csv", "\u202e", "x\ny"]
WORDS = ["logit", "probability", "ATT", "ATE", "ATC", "ATO", "area", "income", "note", "id"]
WORDS += [
    "prison",
    "reoffended",
    "C(sex)",
    "age + C(area)",
    "nuts",
    "laplace",
    "2018",
    "people.csv",
]


def make_settings(rng: Rng) -> str:
    """Write a settings file: a sound one with some entries changed, or with slips."""
    content = _sound_settings()
    if rng.random() < 0.4:
        content["design"] = {"formula": "age + C(sex)", "method": str(rng.choice([*METHODS]))}
    for _ in range(rng.integers(0, 3)):
        _change_settings(rng, content)
    text = "\n".join(_write_section(name, section) for name, section in content.items())
    return slip(rng, text) if rng.random() < 0.15 else text


def _change_settings(rng: Rng, content: dict[str, dict[str, Any]]) -> None:
    place = str(rng.choice(["data", "design", "design", "model", "report", "study", "analyses"]))
    section = content.setdefault("extra" if rng.random() < 0.03 else place, {})
    if place == "analyses":
        name = "standard" if rng.random() < 0.6 else str(rng.choice(NAMES))
        section[name] = section = {}
        place = "design"
    known = [*KEYS.get(place, {}), "same"] if section == {} else [*KEYS.get(place, {})]
    if place == "design":
        method = METHODS.get(str(section.get("method", "radius")))
        known += [] if method is None else [one.name for one in fields(method) if one.init] * 2
    key = "extra" if rng.random() < 0.03 else str(rng.choice(known))
    action = rng.random()
    if action < 0.1:
        section.pop(key, None)
    elif action < 0.4:
        section[key] = str(rng.choice(WORDS))
    else:
        section[key] = _odd(rng)


def _sound_settings() -> dict[str, dict[str, Any]]:
    return {
        "data": {"people": "people.csv", "follow_up": 365}
        | {key: ROLES[key] for key in ("treatment", "person", "reoffended")},
        "design": {"formula": "age + C(sex) + income", "method": "radius", "caliper": 0.1},
        "model": {"covariates": "age", "inference": "laplace", "seed": 1},
        "report": {"rules": "2019"},
    }


def _odd(rng: Rng) -> Any:
    return ODD_SETTINGS[int(rng.integers(len(ODD_SETTINGS)))]


def _write_section(name: str, section: Mapping[str, Any]) -> str:
    lines = [f"[{json.dumps(name)}]"]
    lines += [f"{json.dumps(str(key))} = {_write_value(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"


def _write_value(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(key)} = {_write_value(v)}" for key, v in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_write_value, value))}]"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return json.dumps(value)  # null is no TOML, which is a case as well


ODD_CELLS: list[Any] = ["", "x", "1,5", "1.234,5", " 3 ", "NA", "-", "=1+1", "\x1b[2J", "é" * 400]
ODD_CELLS += [None, math.nan, math.inf, -math.inf, -1, 2, 0.5, 2**63, 2**70, 10**400, 1e308, True]
ODD_CELLS += [Decimal("1.5"), Decimal("NaN"), 1j, b"x", [1], {"a": 1}, {1}, pd.NA, pd.NaT, object]
ODD_CELLS += [pd.Timestamp("2020-01-01"), pd.Timedelta(days=3), dt.date(2020, 1, 1)]
ODD_NAMES: list[Any] = ["1", "Intercept", "sex[T.M]", "group", "weight", "treatment", "time", ""]
ODD_NAMES += [
    "chain",
    "covariate",
    "prison/wing",
    "a b",
    "`",
    "C(sex)",
    "np",
    "é",
    7,
    None,
    ("a", 1),
]
KINDS = ["string", "category", "object", "Int64", "Float64", "boolean", "float32", "int8"]
KINDS += ["datetime64[ns]", "timedelta64[ns]", "complex128", "str", "bool", "int64[pyarrow]"]


def make_table(rng: Rng, people: pd.DataFrame) -> pd.DataFrame:
    """Change a sound table one to three times."""
    table = people.copy()
    for _ in range(rng.integers(1, 4)):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        try:
            table = change(rng, table)
        except (TypeError, ValueError, OverflowError, KeyError, NotImplementedError):
            continue  # pandas cannot hold it: no table, so no case
    return table


def _some(rng: Rng, table: pd.DataFrame) -> int:
    return int(rng.integers(max(table.shape[1], 1)))


def _put(table: pd.DataFrame, position: int, values: Any) -> pd.DataFrame:
    columns = [table.iloc[:, other] for other in range(table.shape[1])]
    columns[position] = pd.Series(values, index=table.index, name=columns[position].name)
    return pd.concat(columns, axis=1)


def _change_cells(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    at = _some(rng, table)
    cells = table.iloc[:, at].astype(object).tolist()
    value = ODD_CELLS[int(rng.integers(len(ODD_CELLS)))]
    share = rng.choice([0.003, 0.1, 1.0])
    cells = [value if rng.random() < share else cell for cell in cells]
    return _put(table, at, pd.Series(cells, index=table.index, dtype=object))


def _change_kind(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    at = _some(rng, table)
    return _put(table, at, table.iloc[:, at].astype(str(rng.choice(KINDS))))


def _change_name(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    names = list(table.columns)
    names[_some(rng, table)] = ODD_NAMES[int(rng.integers(len(ODD_NAMES)))]
    return table.set_axis(pd.Index(names, dtype=object), axis=1)


def _double_name(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    names = list(table.columns)
    names[_some(rng, table)] = names[_some(rng, table)]
    return table.set_axis(names, axis=1)


def _keep_rows(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[: int(rng.choice([0, 1, 2, 3, 10, 60, 70]))]


def _keep_arm(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["programme"] == bool(rng.integers(2))]


def _change_index(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    kinds = [table["id"], pd.Index([0] * len(table)), pd.RangeIndex(len(table), 0, -1)]
    return table.set_axis(pd.Index(kinds[int(rng.integers(3))]), axis=0)


def _add_column(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    values = [table["id"], table["income"], np.arange(len(table)), [[1]] * len(table), "same"]
    return table.assign(extra=values[int(rng.integers(len(values)))])


def _scale_column(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    at = _some(rng, table)
    return _put(table, at, table.iloc[:, at] * float(rng.choice([0, -1, 1e-300, 1e300, 1.5])))


def _copy_column(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    return _put(table, _some(rng, table), table.iloc[:, _some(rng, table)].array)


def _double_rows(rng: Rng, table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.iloc[: int(rng.integers(1, 4))]])


CHANGES: list[Callable[[Rng, pd.DataFrame], pd.DataFrame]] = [
    *[_change_cells] * 5,
    *[_change_kind] * 3,
    _change_name,
    _double_name,
    _keep_rows,
    _keep_arm,
    _change_index,
    _add_column,
    _scale_column,
    _copy_column,
    _double_rows,
]


def spoil_text(rng: Rng, path: Path) -> None:
    """Spoil a CSV file: quotation marks, separators, encodings, bytes of no text."""
    content = path.read_bytes()
    odd = [b'"', b",", b";", b"\n", b"\x00", b"\xff", b'"' * 3, b"\r", b"x" * 200_000, b"\t"]
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(content) + 1))
        content = content[:at] + odd[int(rng.integers(len(odd)))] + content[at:]
    if rng.random() < 0.2:
        content = content.decode("latin-1").encode("utf-16")
    path.write_bytes(content)


def spoil_saved(rng: Rng, path: Path) -> str:
    """Spoil a saved evaluation: bytes, its variables, or its record; say how."""
    kinds: list[Callable[[Rng, Path], str]] = [_flip_bytes, _cut, _edit_arrays, _edit_record]
    return kinds[int(rng.choice(4, p=[0.3, 0.1, 0.25, 0.35]))](rng, path)


def _flip_bytes(rng: Rng, path: Path) -> str:
    content = bytearray(path.read_bytes())
    for at in rng.integers(0, len(content), int(rng.choice([1, 8, 64, 512]))):
        content[at] ^= int(rng.integers(1, 256))
    path.write_bytes(bytes(content))
    return "bytes flipped"


def _cut(rng: Rng, path: Path) -> str:
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.integers(0, len(content)))])
    return "cut"


def _edit_arrays(rng: Rng, path: Path) -> str:
    import h5py

    with h5py.File(path, "a") as file:
        names = [name for name in file if name != "evaluation"]
        name = str(rng.choice(names))
        kind = int(rng.integers(6))
        if kind == 0:
            del file[name]
        elif kind == 1:
            file[name + "2"] = h5py.ExternalLink("/etc/passwd", "/")
            del file[name]
            file[name] = h5py.SoftLink("/" + name)
        elif kind == 2:
            del file[name]
            file[name] = np.array(["x", "y"], dtype="S1")
        elif kind == 3:
            del file[name]
            file[name] = h5py.ExternalLink("/etc/passwd", "/")
        elif file[name].dtype.kind == "f" and file[name].shape:
            file[name][...] = [math.nan, math.inf][kind % 2]
        else:
            file[name].attrs["units"] = "days since the flood"
    return f"array edited, {kind}"


def _edit_record(rng: Rng, path: Path) -> str:
    import h5py

    with h5py.File(path, "a") as file:
        record = json.loads(file["evaluation"][()])
        place: Any = record
        way = []
        for _ in range(rng.integers(1, 5)):
            if not isinstance(place, dict | list) or not place:
                break
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = keys[int(rng.integers(len(keys)))]
            way.append((place, key))
            place = place[key]
        parent, key = way[-1]
        odd = [None, -1, "x", [], {}, 1e308, True, "\x1b[2J", [[[]]], math.nan, math.inf, 2**70]
        parent[key] = odd[int(rng.integers(len(odd)))]
        del file["evaluation"]
        text = json.dumps(record) if rng.random() < 0.9 else "[" * 100_000
        file["evaluation"] = text
    return f"record edited at {'/'.join(str(step[1]) for step in way)}"

"""Cut the text of a formula into names, numbers, texts and marks."""

import re
from dataclasses import dataclass

from desist.errors import Fault, InputError

MOST_CHARACTERS = 20_000
MOST_SHOWN = 80
EXPECTED = 'covariates joined as in "age + C(sex)"'
_MARKS = r"%in%|\*\*|==|!=|<=|>=|[-+*/:^()\[\],=<>&|~]"
_BEGINNING = r"[^\W\d]"
_MIDDLE = r"[\w.\u0300-\u036f]"  # an accent may be a character of its own
_TOKEN = re.compile(
    rf"""(?P<blank>\s+)
    |`(?P<quoted>(?:[^`]|``)+)`
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!{_MIDDLE})
    |(?P<name>{_BEGINNING}{_MIDDLE}*)
    |'(?P<single>[^']*)'
    |"(?P<double>[^"]*)"
    |(?P<mark>{_MARKS})""",
    re.VERBOSE,
)
_NOT_READ = {
    "{": "a formula runs no code; leave the braces out",
    ".": "write the covariates out, joined by +",
    "%": "write a + a:b for %in%",
    "`": "a name in backticks ends with a backtick",
    "'": "a text ends with the quotation mark that it begins with",
    '"': "a text ends with the quotation mark that it begins with",
}


@dataclass(frozen=True)
class Token:
    """A piece of a formula: its kind ("name", "number", "text", "mark" or "end") and where."""

    kind: str
    text: str
    at: int


def cut_tokens(text: str) -> list[Token]:
    """Cut a formula into tokens."""
    if len(text) > MOST_CHARACTERS:
        fault = Fault(
            "formula", f"at most {MOST_CHARACTERS:,} characters", f"{len(text):,}", "shorten it"
        )
        raise InputError("formula", [fault])
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise not_read(text, _explain(text, at))
        if found.lastgroup != "blank":
            tokens.append(_make_token(found))
        at = found.end()
    return [*_join_names(text, tokens), Token("end", "", at)]


def not_read(text: str, reason: str) -> InputError:
    """Make the error of a formula that is not in the language."""
    return InputError("formula", [Fault("formula", EXPECTED, show(text), reason)])


def show(text: str) -> str:
    """Quote a part of a formula for a message, shortened when it is long."""
    if len(text) <= MOST_SHOWN:
        return repr(text)
    return f"{text[:MOST_SHOWN]!r} and {len(text) - MOST_SHOWN:,} characters more"


def _make_token(found: "re.Match[str]") -> Token:
    kind = str(found.lastgroup)
    text = found[kind]
    if kind == "quoted":
        return Token("name", text.replace("``", "`"), found.start())
    return Token({"single": "text", "double": "text"}.get(kind, kind), text, found.start())


def _join_names(text: str, tokens: list[Token]) -> list[Token]:
    """Join a name and the names and numbers after it to one name with blanks."""
    # two names in a row mean nothing else, unless the last calls a function
    joined: list[Token] = []
    ends: list[int] = []  # where each token ends; 0 after one that nothing is added to
    for place, token in enumerate(tokens):
        end = token.at + len(token.text)
        is_quoted = text[token.at] == "`"
        follows = tokens[place + 1].text if place + 1 < len(tokens) else ""
        can_join = token.kind in ("name", "number") and not is_quoted and follows != "("
        if can_join and joined and ends[-1] and joined[-1].kind == "name":
            start = joined[-1].at
            joined[-1] = Token("name", text[start:end], start)
            ends[-1] = end
        else:
            joined.append(token)
            ends.append(end if can_join else 0)
    return joined


def _explain(text: str, at: int) -> str:
    if text[at].isdigit():
        return f"character {at + 1}: put a name that begins with a digit in backticks"
    if text[at] in _NOT_READ:
        return f"character {at + 1}: {_NOT_READ[text[at]]}"
    return (
        f"character {at + 1} ({text[at]!r}) has no meaning here; "
        "put a name with such a character in backticks"
    )

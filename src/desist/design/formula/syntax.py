"""The syntax tree of a formula: what can be written, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

type Node = Column | Number | Text | Items | Group | Signed | Chain | Call


@dataclass(frozen=True)
class Column:
    """A name as it was written; a column, unless it is a setting's word such as True."""

    name: str


@dataclass(frozen=True)
class Number:
    """A number, with its text."""

    value: float
    text: str


@dataclass(frozen=True)
class Text:
    """A text between quotation marks: a level, or the word of a setting."""

    value: str


@dataclass(frozen=True)
class Items:
    """A list in square brackets, for settings."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Group:
    """Something in parentheses."""

    inner: Node


@dataclass(frozen=True)
class Signed:
    """A sign before something."""

    sign: str
    inner: Node


@dataclass(frozen=True)
class Chain:
    """Operators of one rank from left to right: ``first op node op node``."""

    first: Node
    rest: tuple[tuple[str, Node], ...]

    @property
    def operators(self) -> frozenset[str]:
        """The operators, all of one rank."""
        return frozenset(operator for operator, _ in self.rest)


@dataclass(frozen=True)
class Call:
    """A function with its arguments and settings."""

    function: str
    arguments: tuple[Node, ...]
    settings: tuple[tuple[str, Node], ...] = ()


def write(node: Node) -> str:
    """Write a part of the tree as a formula has it."""
    match node:
        case Column(name):
            text = name if _is_bare(name) else "`" + name.replace("`", "``") + "`"
        case Number(_, text):
            pass
        case Text(value):
            text = repr(value)
        case Items(items):
            text = f"[{', '.join(map(write, items))}]"
        case Group(inner):
            text = f"({write(inner)})"
        case Signed(sign, inner):
            text = sign + write(inner)
        case Chain(first, rest):
            text = write(first) + "".join(f" {symbol} {write(part)}" for symbol, part in rest)
        case Call(function, arguments, settings):
            named = [f"{name}={write(value)}" for name, value in settings]
            text = f"{function}({', '.join([*map(write, arguments), *named])})"
    return text


def iterate_nodes(node: Node) -> Iterator[Node]:
    """Yield a part of the tree and everything in it."""
    yield node
    match node:
        case Items(items):
            parts = list(items)
        case Group(inner) | Signed(_, inner):
            parts = [inner]
        case Chain(first, rest):
            parts = [first, *(part for _, part in rest)]
        case Call(_, arguments, settings):
            parts = [*arguments, *(value for _, value in settings)]
        case _:
            parts = []
    for part in parts:
        yield from iterate_nodes(part)


def _is_bare(name: str) -> bool:
    return name.replace(".", "_").isidentifier()

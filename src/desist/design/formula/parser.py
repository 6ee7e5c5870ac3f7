"""Parse a formula: from its text to a syntax tree, without a look at any data."""

from desist.design.formula.syntax import (
    Call,
    Chain,
    Column,
    Group,
    Items,
    Node,
    Number,
    Signed,
    Text,
)
from desist.design.formula.tokens import Token, cut_tokens, not_read
from desist.errors import InputError

DEEPEST = 25  # parentheses, signs and powers within each other
RANKS = (  # operators that bind loosest first; those of a rank go from left to right
    frozenset({"|"}),
    frozenset({"&"}),
    frozenset({"==", "!=", "<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "/"}),
    frozenset({":"}),
)


def parse(text: str) -> Node | None:
    """Parse a formula."""
    reader = _Reader(text, cut_tokens(text))
    reader.skip("~")
    if reader.next.kind == "end":
        return None
    node = reader.read_chain(0)
    if reader.next.kind != "end":
        raise reader.refuse()
    return node


class _Reader:
    """Reads tokens one after the other (recursive descent)."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text, self.tokens = text, tokens
        self.position = self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def skip(self, mark: str) -> bool:
        is_there = self.next.kind == "mark" and self.next.text == mark
        self.position += is_there
        return is_there

    def need(self, mark: str) -> None:
        if not self.skip(mark):
            raise self.refuse(f"expected {mark!r}, ")

    def take(self) -> Token:
        token = self.next
        self.position += 1
        return token

    def refuse(self, before: str = "") -> InputError:
        token = self.next
        if token.kind == "end":
            return not_read(self.text, f"{before}it ends too early")
        if token.text == "~":
            return not_read(
                self.text, "write only what is right of the ~; the treatment is named by the cohort"
            )
        if token.text == "%in%":
            return not_read(self.text, "write a + a:b for %in%")
        if token.text == "[":
            return not_read(self.text, "square brackets are for lists of settings only")
        what = "a text" if token.kind == "text" else repr(token.text[:40])
        return not_read(self.text, f"{before}character {token.at + 1}: {what} has no place there")

    def read_chain(self, rank: int) -> Node:
        if rank == len(RANKS):
            return self.read_signed()
        first = self.read_chain(rank + 1)
        rest = []
        while self.next.kind == "mark" and self.next.text in RANKS[rank]:
            operator = self.take().text
            rest.append((operator, self.read_chain(rank + 1)))
        return Chain(first, tuple(rest)) if rest else first

    def read_signed(self) -> Node:
        self.deepen()
        if self.next.kind == "mark" and self.next.text in {"+", "-"}:
            sign = self.take().text
            node: Node = Signed(sign, self.read_signed())
        else:
            node = self.read_power()
        self.depth -= 1
        return node

    def read_power(self) -> Node:
        base = self.read_atom()
        if self.skip("**") or self.skip("^"):
            return Chain(base, (("**", self.read_signed()),))
        return base

    def read_atom(self) -> Node:
        token = self.next
        if token.kind == "number":
            self.position += 1
            return Number(float(token.text), token.text)
        if token.kind == "text":
            self.position += 1
            return Text(token.text)
        if token.kind == "name":
            self.position += 1
            is_call = self.text[token.at] != "`" and self.skip("(")
            return self.read_call(token.text) if is_call else Column(token.text)
        if self.skip("("):
            inner = self.read_chain(0)
            self.need(")")
            return Group(inner)
        raise self.refuse()

    def read_call(self, function: str) -> Node:
        arguments: list[Node] = []
        settings: list[tuple[str, Node]] = []
        while not self.skip(")"):
            if arguments or settings:
                self.need(",")
            if self.next.kind == "name" and self.tokens[self.position + 1].text == "=":
                name = self.take().text
                self.need("=")
                settings.append((name, self.read_value()))
            elif settings:
                raise self.refuse("settings come last, ")
            else:
                arguments.append(self.read_value())
        return Call(function, tuple(arguments), tuple(settings))

    def read_value(self) -> Node:
        if not self.skip("["):
            return self.read_chain(0)
        items: list[Node] = []
        while not self.skip("]"):
            if items:
                self.need(",")
            items.append(self.read_signed())
        return Items(tuple(items))

    def deepen(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise not_read(self.text, f"more than {DEEPEST} parts within each other")

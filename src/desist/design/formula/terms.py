"""Expand the operators of a formula into terms: which covariates are multiplied together."""

# Wilkinson and Rogers (1973), Symbolic description of factorial models for analysis of variance,
# Applied Statistics 22: `a*b` is `a + b + a:b`, `a/b` is `a + a:b`, `(a + b)**2` has all products
# of two.

from desist.design.formula.syntax import Call, Chain, Column, Group, Node, Number, Signed, write
from desist.design.formula.tokens import EXPECTED, show
from desist.errors import Fault, InputError

MOST_TERMS = 1_000
MOST_TOGETHER = 5  # covariates in one product

type Term = tuple[Column | Call, ...]
type Terms = dict[frozenset[Column | Call], Term]

ONE: Terms = {frozenset(): ()}


def expand(node: Node) -> tuple[Term, ...]:
    """Expand a formula into its terms, without the intercept."""
    try:
        terms = _expand(node)
    except _NoInterceptError:
        advice = "leave out the 0 or -1 that takes it away"
        raise _refuse("an intercept", node, advice) from None
    return tuple(term for key, term in terms.items() if key)


class _NoInterceptError(Exception):
    """A 0 or -1 takes the intercept away."""


def _expand(node: Node) -> Terms:
    match node:
        case Column() | Call():
            terms: Terms = {frozenset((node,)): (node,)}
        case Group(inner) | Signed("+", inner):
            terms = _expand(inner)
        case Signed("-", inner):
            terms = _subtract(dict(ONE), _expand(inner), inner)
        case Number(value, _) if value == 1:
            terms = dict(ONE)
        case Number(value, _) if value == 0:
            raise _NoInterceptError
        case Chain() if node.operators in _EXPANSIONS:
            terms = _EXPANSIONS[node.operators](node)
        case _:
            advice = f"for a comparison write I({write(node)})" if isinstance(node, Chain) else ""
            raise _refuse(EXPECTED, node, advice)
    return terms


def _expand_sum(node: Chain) -> Terms:
    terms = dict(_expand(node.first))
    for sign, part in node.rest:
        if sign == "-":
            terms = _subtract(terms, _expand(part), part)
        else:
            terms = _limit(terms | {k: v for k, v in _expand(part).items() if k not in terms})
    return terms


def _subtract(terms: Terms, less: Terms, node: Node) -> Terms:
    if frozenset() in less:
        raise _NoInterceptError
    if any(key not in terms for key in less):
        raise _refuse("terms to take away that are there", node, "leave it out, or check the name")
    return {key: term for key, term in terms.items() if key not in less}


def _expand_product(node: Chain) -> Terms:
    left = _expand(node.first)
    for operator, part in node.rest:
        right = _expand(part)
        if operator == ":":
            left = _multiply(left, right)
        elif operator == "*":
            left = _limit(left | right | _multiply(left, right))
        else:
            together: Term = ()
            for term in left.values():
                together = _join(together, term)
            left = _limit(left | _multiply({frozenset(together): together}, right))
    return left


def _expand_power(node: Chain) -> Terms:
    [(_, exponent)] = node.rest
    if not isinstance(exponent, Number) or exponent.value not in range(1, MOST_TOGETHER + 1):
        advice = f"a power makes products of at most {MOST_TOGETHER} covariates"
        raise _refuse(f"a power from 1 to {MOST_TOGETHER}", exponent, advice)
    base = _expand(node.first)
    if len(base) == 1 and exponent.value > 1:
        raise _refuse("a sum below a power", node, f"for arithmetic write I({write(node)})")
    terms = base
    for _ in range(int(exponent.value) - 1):
        terms = _multiply(terms, base)
    return dict(sorted(terms.items(), key=lambda item: len(item[0])))


_EXPANSIONS = {
    **{frozenset(some): _expand_sum for some in ("+", "-", "+-")},
    **{frozenset(some): _expand_product for some in ("*", "/", ":", "*/")},
    frozenset({"**"}): _expand_power,
}


def _multiply(left: Terms, right: Terms) -> Terms:
    product: Terms = {}
    for first in left.values():
        for second in right.values():
            term = _join(first, second)
            product.setdefault(frozenset(term), term)
        _limit(product)
    return product


def _join(first: Term, second: Term) -> Term:
    term = (*first, *(factor for factor in second if factor not in first))
    if len(term) > MOST_TOGETHER:
        expected = f"products of at most {MOST_TOGETHER} covariates"
        advice = "leave out products that the comparison does not need"
        raise InputError("formula", [Fault("formula", expected, "more", advice)])
    return term


def _limit(terms: Terms) -> Terms:
    if len(terms) > MOST_TERMS:
        advice = "leave out products that the comparison does not need"
        fault = Fault("formula", f"at most {MOST_TERMS:,} terms", "more", advice)
        raise InputError("formula", [fault])
    return terms


def _refuse(expected: str, node: Node, advice: str) -> InputError:
    return InputError("formula", [Fault("formula", expected, show(write(node)), advice)])

"""What a message may say about the values that people have."""

# A value is shown only where at least ten people share it (the 'Y' and 'N' of a column that was
# misread); everything rarer is counted. So no message, log or repr holds a value, a rare level or
# an identifier of one person, whether or not the identifier was declared.

from collections import Counter
from collections.abc import Iterable

from desist.arguments import LONGEST_WORD_SHOWN

FEWEST_SHARING = 10
MOST_VALUES_SHOWN = 3


def show_shared(
    values: Iterable[object], *, fewest: int = FEWEST_SHARING, most: int = MOST_VALUES_SHOWN
) -> str:
    """Show the values that many people share, and count the others."""
    people = list(values)
    shown = find_shared(people, fewest=fewest)[:most]
    rest = len(set(map(_key, people))) - len(shown)
    if not shown:
        return f"{rest} different values" if rest != 1 else "1 value"
    return ", ".join(shown) + (f" and {rest} rarer value{'s'[: rest > 1]}" if rest else "")


def find_shared(values: Iterable[object], *, fewest: int = FEWEST_SHARING) -> list[str]:
    """Find the values that many people share, as they may be shown."""
    common = Counter(map(_key, values)).most_common()
    return [text for value, count in common if count >= fewest and (text := _write(value))]


def _key(value: object) -> object:
    """Return something to count a value by; values that cannot be keys count one by one."""
    try:
        hash(value)
    except TypeError:
        return object()
    return value


def _write(value: object) -> str:
    """Write a value as it may be shown: signs that do not print written out, nothing long."""
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_WORD_SHOWN and text.isprintable() else ""

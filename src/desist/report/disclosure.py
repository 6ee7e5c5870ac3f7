"""Rule sets: what a report prints on small groups, and which claims it warns against."""

import math
from dataclasses import dataclass
from typing import Literal

from desist.arguments import describe
from desist.errors import Fault, InputError
from desist.privacy import FEWEST_SHARING
from desist.report.numbers import MISSING, format_number


@dataclass(frozen=True)
class RuleSet:
    """The publication rules of one time, as one record.

    Attributes
    ----------
    name : str
        The year by which the rules are asked for.
    p_format : {"two decimals", "below 0.01"}
        Whether a small p-value is printed as "0.00" or as "<0.01".
    frequency_decimals : int
        Decimals of a number of reoffences per person in a table.
    min_reoffenders_for_time : int
        Fewest treated reoffenders for which time among reoffenders, severity and
        custody are printed; 0 prints them always.
    note_below : int
        Fewer treated reoffenders than this put a note beside what is printed about
        them.
    min_category : int
        Fewest people in a category that is printed; 0 prints every category.
    warns_against : {"relative claims", "the contradicting direction"}
        What stands under "may not say".
    min_people : int
        Fewest people in each arm of a study that is reported at all.
    min_reoffenders : int
        Fewest people of an arm who reoffended, and who did not, for which outcomes are
        printed. Published figures are public, and neither minimum is asked of them.

    Notes
    -----
    The rules are those of the Justice Data Lab's reports of February 2017 and of 2019;
    see the method page of the documentation for what each report prints.
    """

    name: str
    p_format: Literal["two decimals", "below 0.01"]
    frequency_decimals: int
    min_reoffenders_for_time: int
    note_below: int
    min_category: int
    warns_against: Literal["relative claims", "the contradicting direction"]
    min_people: int = FEWEST_SHARING
    min_reoffenders: int = FEWEST_SHARING

    def format_p(self, p_value: float) -> str:
        """Write a p-value as these rules print it.

        Parameters
        ----------
        p_value : float
            Between 0 and 1; nan when there is none.

        Returns
        -------
        str
            Two decimals, or "<0.01".

        Examples
        --------
        >>> RULE_SETS["2017"].format_p(0.0036), RULE_SETS["2019"].format_p(0.0036)
        ('0.00', '<0.01')
        """
        if math.isnan(p_value):
            return MISSING
        if self.p_format == "below 0.01" and p_value < 0.01:
            return "<0.01"
        return format_number(p_value, 2)

    def prints_reoffenders_only(self, n_reoffenders: int) -> bool:
        """Return whether a table about treated reoffenders alone is printed.

        Parameters
        ----------
        n_reoffenders : int
            Treated people who reoffended.

        Returns
        -------
        bool
            True for time, severity and custody tables that may be printed.
        """
        return n_reoffenders >= self.min_reoffenders_for_time

    def prints_category(self, n_people: int) -> bool:
        """Return whether a category with this many people is printed.

        Parameters
        ----------
        n_people : int
            People in the category.

        Returns
        -------
        bool
            True when there are enough.
        """
        return n_people >= self.min_category

    def say_count(self, count: int) -> str:
        """Say how many people a small group has, unless it is too small to say.

        Parameters
        ----------
        count : int
            People in the group.

        Returns
        -------
        str
            "13", or "fewer than 10".

        Examples
        --------
        >>> RULE_SETS["2019"].say_count(13), RULE_SETS["2019"].say_count(3)
        ('13', 'fewer than 10')
        """
        least = self.min_reoffenders
        return format_number(count) if count >= least else f"fewer than {least}"

    def note_on_small_group(self, n_reoffenders: int) -> str:
        """Return the note that stands beside a result on few treated reoffenders.

        Parameters
        ----------
        n_reoffenders : int
            Treated people who reoffended.

        Returns
        -------
        str
            Empty when there are enough of them.
        """
        if n_reoffenders >= self.note_below:
            return ""
        return (
            f"This rests on a small group: {self.say_count(n_reoffenders)} participants "
            "reoffended. Read it together with the checks for small groups beside it."
        )


RULE_SETS: dict[str, RuleSet] = {
    "2017": RuleSet(
        name="2017",
        p_format="two decimals",
        frequency_decimals=1,
        min_reoffenders_for_time=0,
        note_below=30,
        min_category=0,
        warns_against="relative claims",
    ),
    "2019": RuleSet(
        name="2019",
        p_format="below 0.01",
        frequency_decimals=2,
        min_reoffenders_for_time=30,
        note_below=30,
        min_category=10,
        warns_against="the contradicting direction",
    ),
}


def find_rules(rules: str | RuleSet) -> RuleSet:
    """Return the rule set of a name.

    Parameters
    ----------
    rules : str or RuleSet
        "2017", "2019", or a rule set of your own, which is returned as it is.

    Returns
    -------
    RuleSet
        The rules.

    Raises
    ------
    InputError
        If no rule set has this name.
    """
    if isinstance(rules, RuleSet):
        return rules
    if not isinstance(rules, str) or rules not in RULE_SETS:
        known = " or ".join(f'"{name}"' for name in RULE_SETS)
        raise InputError(
            "report", [Fault("rules", known, describe(rules), "choose one of the two")]
        )
    return RULE_SETS[rules]

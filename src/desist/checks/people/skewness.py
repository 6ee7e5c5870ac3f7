"""Whether an outcome is too skewed for tests that lean on the normal law."""

# With n people a mean of an outcome of skewness gamma has skewness gamma / sqrt(n), and worse, it
# goes together with its own standard error: a small group that happens to miss the few people with
# many offences has a low mean and a falsely small error. Cochran's rule asks for n > 25 gamma^2.
# Here it is asked of the difference of two weighted means: its skewness
#     kappa = gamma (|n_1^(-2) - n_0^(-2)|) / ((n_1^(-1) + n_0^(-1))^(3/2))
# with effective sizes, and the skewness of both arms together, has to be at most 1/5. Above it,
# t-tests of null data reject in 0.08 to 0.16 where they should in 0.05 (`benchmarks/size.py`); for
# 83 participants the border is a rate near 16% or 84%.
# An arm whose weights differ needs ten effective people besides: with fewer, the robust error of
# its mean rests on two or three of them and rejects in 0.06 to 0.08.
# Cochran, W. G. (1977). Sampling Techniques, 3rd edition, section 2.15.

import math

from desist.checks.arms import Arms
from desist.weights import are_equal, effective_sample_size, residuals_about

LARGEST_SKEWNESS = 0.2
FEWEST_BY_WEIGHT = 10  # effective people of an arm whose weights differ


def skewness_of_difference(arms: Arms) -> tuple[float, float]:
    """Estimate the skewness of an outcome and of its difference of weighted means."""
    second = third = 0.0
    sizes = []
    for is_treated in (True, False):
        values, shares = arms.arm(treated=is_treated)
        size = effective_sample_size(shares)
        residuals = residuals_about(values, shares @ values)
        second += size * float(shares @ residuals**2)
        third += size * float(shares @ residuals**3)
        sizes.append(size)
    n1, n0 = sizes
    if second <= 0:
        return 0.0, 0.0
    skewness = (third / (n1 + n0)) / (second / (n1 + n0)) ** 1.5
    share = abs(n1**-2 - n0**-2) / (1 / n1 + 1 / n0) ** 1.5
    return skewness, abs(skewness) * share


def doubt_about_normality(arms: Arms) -> str:
    """Say why a test that leans on the normal law is not valid here; empty when it is."""
    people = [arms.weights[arm] for arm in (arms.treated, ~arms.treated)]
    sizes = [effective_sample_size(weights) for weights in people]
    uneven = [size for size, of in zip(sizes, people, strict=True) if not are_equal(of)]
    if min(uneven, default=FEWEST_BY_WEIGHT) < FEWEST_BY_WEIGHT - 1e-9:
        fewest = math.floor(10 * min(uneven)) / 10
        return (
            f"an arm has {fewest:.1f} effective people; {FEWEST_BY_WEIGHT} are needed where "
            "weights differ"
        )
    skewness, of_difference = skewness_of_difference(arms)
    if of_difference <= LARGEST_SKEWNESS:
        return ""
    return (
        f"the outcome is so skewed (skewness {skewness:.1f}) that with {min(sizes):.0f} effective "
        "people in the smaller arm it would reject too often"
    )

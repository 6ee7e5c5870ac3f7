"""Eight studies, in a file of their own so that other processes can import it."""

import desist as ds

STUDIES = tuple(range(8))


def evaluate_study(number):
    """Evaluate one of eight studies of other people, sizes and methods; plain numbers."""
    cohort = ds.simulate_cohort(40 + number, 150 + 7 * number, rng=number, n_groups=0).cohort
    method = (ds.RadiusMatching(caliper=0.3), ds.EntropyBalancing(), ds.InverseProbability())
    design = ds.build_design(cohort, "age + copas", method=method[number % 3], estimand="ATT")
    found = ds.evaluate(cohort, design, inference=ds.Laplace(draws=1000), seed=number)
    rows = [str(row) for row in found.measures]  # as text: nan is not nan
    return rows + [str(check) for check in found.checks]

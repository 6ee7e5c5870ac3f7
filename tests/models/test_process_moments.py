import numpy as np

from desist.models.process_moments import solve_dispersion, solve_shape


def test_figures_without_a_solution_have_none():
    assert np.isnan(solve_dispersion(0.9, 1.0))  # more evenly spread than by chance
    assert np.isnan(solve_shape(75.0, 1.0, np.nan))
    assert np.isnan(solve_shape(400.0, 1.0, 0.2))

"""Who is compared with whom, decided before any outcome is seen."""

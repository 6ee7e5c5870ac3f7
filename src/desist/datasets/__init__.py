"""Real data with provenance.

Six tables (`recid`, `rossi`, `lalonde`, `landenberger`, `jdl_published`, `bcg`), two of
them as cohorts (`recid_cohort`, `rossi_cohort`), and the published figures of one report
(`making_connections`). `provenance` says where each comes from.
"""

from desist.datasets.cohorts import recid_cohort, rossi_cohort
from desist.datasets.reports import making_connections
from desist.datasets.sources import Provenance, provenance
from desist.datasets.tables import bcg, jdl_published, lalonde, landenberger, recid, rossi

__all__ = [
    "Provenance",
    "bcg",
    "jdl_published",
    "lalonde",
    "landenberger",
    "making_connections",
    "provenance",
    "recid",
    "recid_cohort",
    "rossi",
    "rossi_cohort",
]

"""Real data with provenance.

Six tables (`recid`, `rossi`, `lalonde`, `landenberger`, `jdl_published`, `bcg`), two of
them as cohorts (`recid_cohort`, `rossi_cohort`), and the published figures of one report
(`making_connections`). `provenance` says where each comes from.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)

"""The record of an evaluation as JSON, by the name that it had first."""

from desist.report.json_record import encode_evaluation

__all__ = ["encode_evaluation"]

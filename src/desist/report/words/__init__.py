"""The words of a report: numbers as printed, names, sentences that may and may not be said."""

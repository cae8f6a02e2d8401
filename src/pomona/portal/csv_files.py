"""Lines of CSV files that a spreadsheet opens without running what somebody wrote into a name."""

from pomona.catalogue.tables import csv_line

__all__ = ["csv_line"]

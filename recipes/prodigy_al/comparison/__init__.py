"""From datasets to the report: joins training and evaluation."""

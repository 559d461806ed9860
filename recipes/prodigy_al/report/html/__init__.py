"""report.html: the comparison as one page that needs no network, for screens and paper."""

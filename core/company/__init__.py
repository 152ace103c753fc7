"""The company that sends the papers: one row, kept by the administrator; the setting COMPANY names it until then."""

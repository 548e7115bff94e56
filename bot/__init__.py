"""THE REVIEWER: contributions looked at, answered and numbered."""

"""How the tables came to be, step by step; run from the installed package."""

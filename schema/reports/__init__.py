"""Findings in the words of those who read them: people, programs, code scanning, a workflow's log."""

"""Every check on the pull request itself, in reading order: what it is, what it holds, what it takes away."""

from bot.checks import (
    file_too_large,
    path_shape,
    regular_file,
    signed_off,
    snapshot_untouched,
    template_removed,
    too_many_templates,
    touches_only_templates,
    withdrawn_by_maintainers,
)
from bot.checks.check import Check

CHECKS: tuple[Check, ...] = (
    touches_only_templates.CHECK,
    signed_off.CHECK,
    snapshot_untouched.CHECK,
    withdrawn_by_maintainers.CHECK,
    path_shape.CHECK,
    regular_file.CHECK,
    file_too_large.CHECK,
    too_many_templates.CHECK,
    template_removed.CHECK,
)

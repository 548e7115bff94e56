"""The README's two commands on a machine with nothing but Python 3.11, git and make."""

import re
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SERVE = r"""
make serve PORT=8765 >/tmp/said 2>&1 &
until grep -q '^Stop' /tmp/said || ! kill -0 $! 2>/dev/null; do :; done
cat /tmp/said
python3 - <<'END'
import re, urllib.request
said = open('/tmp/said').read()
for address in (re.search(r'Open +(\S+)', said)[1], re.search(r'Take +curl -OJ (\S+)', said)[1]):
    with urllib.request.urlopen(address) as answer:
        print('ANSWER', answer.status, address, len(answer.read()))
END
kill $! ; wait
"""


def test_make_serve_serves_a_page_and_a_template(bare: Any) -> None:
    result = bare.inside(SERVE)
    answers = re.findall(r"^ANSWER 200 (\S+) (\d+)$", result.stdout, re.MULTILINE)
    assert len(answers) == 2, result.stdout + result.stderr
    assert all(int(size) > 1000 for _, size in answers)
    assert "libglib2.0-0" in result.stdout, "one line names the packages the diagrams need"


def test_make_test_runs_and_says_why_it_skips(bare: Any) -> None:
    result = bare.inside("make quick")
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]


def test_no_venv_module_is_one_clear_sentence(bare: Any) -> None:
    hide = "home=$(python3 -c 'import os, ensurepip; print(os.path.dirname(ensurepip.__file__))') && mv $home /tmp/away"
    result = bare.inside(f"{hide} && make serve VENV=/tmp/none; code=$?; mv /tmp/away $home; exit $code")
    assert result.returncode == 2
    assert "install python3-venv" in result.stdout

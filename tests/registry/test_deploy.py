"""The files in deploy/ are ones that systemd, nginx, podman and compose take, and give nothing away."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.cli import COMMANDS
from registry.settings import SETTINGS, from_environment

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]


def name(path: Path) -> str:
    return path.name


@pytest.fixture
def systemd() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    return found


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with a program that is there, since systemd looks for it."""
    for unit in UNITS:
        text = re.sub(r"/opt/threatshelf/bin/threatshelf|/usr/bin/git", "/bin/true", unit.read_text("utf-8"))
        (tmp_path / unit.name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_systemd_takes_the_unit_and_knows_every_word_of_it(unit: Path, units: Path, systemd: str) -> None:
    file = units / unit.name.replace("@.", "@8001.")
    if file.name != unit.name:
        (units / unit.name).rename(file)
    told = subprocess.run([systemd, "verify", "--man=no", file], capture_output=True, text=True, check=False)
    assert (told.returncode, [line for line in told.stderr.splitlines() if "threatshelf" in line]) == (0, [])


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_is_rated_as_little_exposed(unit: Path, units: Path, systemd: str) -> None:
    command = [systemd, "security", "--offline=true", "--threshold=30", "--no-pager", units / unit.name]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-500:]


def test_systemd_waits_longer_than_the_server_takes_to_stop() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read(DEPLOY / "systemd/threatshelf@.service")
    assert int(unit["Service"]["TimeoutStopSec"]) > from_environment({}).stop_seconds + 30


def words(text: str) -> set[str]:
    """The commands of ours that a file of this folder calls."""
    return set(re.findall(r"bin/threatshelf (\w+)", text))


@pytest.mark.parametrize("file", [*UNITS, DEPLOY / "Containerfile"], ids=name)
def test_every_command_and_setting_is_one_we_have(file: Path) -> None:
    text = file.read_text("utf-8")
    assert words(text) <= set(COMMANDS)
    assert set(re.findall(r"THREATSHELF_[A-Z_]+[A-Z]", text)) <= {setting.variable for setting in SETTINGS.values()}


def instructions() -> list[tuple[str, str]]:
    lines = (DEPLOY / "Containerfile").read_text("utf-8").splitlines()
    found = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(word, rest) for word, rest in found]


def test_the_image_takes_nothing_without_its_hash_and_runs_without_root() -> None:
    steps = instructions()
    known = {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "VOLUME", "EXPOSE", "USER", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in steps} <= known
    last = steps[max(number for number, (word, _) in enumerate(steps) if word == "FROM") :]
    assert [rest for word, rest in last if word == "USER"] == ["10001:10001"]
    assert [word for word, _ in last].index("USER") > max(n for n, (word, _) in enumerate(last) if word == "RUN")
    installed = [rest for word, rest in steps if word == "RUN" and "pip install" in rest]
    assert all("--require-hashes" in rest or "--no-index" in rest for rest in installed)


@pytest.fixture
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


# https://github.com/compose-spec/compose-spec/blob/main/05-services.md
SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "ports", "profiles",
    "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip


def test_compose_is_whole(compose: Any) -> None:
    services = compose["services"]
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    for service in services.values():
        assert set(service) <= SERVICE_KEYS
        assert set(service.get("depends_on", {})) <= set(services)
        assert all("healthcheck" in services[other] for other in service.get("depends_on", {}))
        named = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        assert all(volume.startswith(".") or volume in compose["volumes"] for volume in named)
    for service in (service for service in services.values() if service["image"] == "threatshelf"):
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        ours = {variable for variable in service["environment"] if not variable.startswith("GIT_")}
        assert ours <= {setting.variable for setting in SETTINGS.values()}
        assert service.get("command", ["serve"])[0] in COMMANDS


def test_compose_gives_our_containers_nothing_to_write_on_and_no_rights(compose: Any) -> None:
    for service in (service for service in compose["services"].values() if service["image"] == "threatshelf"):
        assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], "10001:10001")
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(volume.endswith(":ro") for volume in service.get("volumes", ()))
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:8000:8000"], "only this machine reaches it, and nobody the database"


def test_no_password_stands_in_a_file() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert re.findall(r"PASSWORD: (.)|://\w+:(.)", text) == [("", "$"), ("$", "")]

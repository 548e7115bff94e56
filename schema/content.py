"""Which parts of a template are its content: two files with equal content may carry the same version."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_NOT_CONTENT = ("version", "credits", "review")


def content_digest(data: Mapping[str, Any]) -> str:
    """Hexadecimal sha-256 of the data without version, credits, review and threat ids, which the registry gives."""
    content = {key: value for key, value in data.items() if key not in _NOT_CONTENT}
    threats = content.get("threats")
    if isinstance(threats, list):
        content["threats"] = [_without_id(threat) for threat in threats]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _without_id(threat: Any) -> Any:
    return {k: v for k, v in threat.items() if k != "id"} if isinstance(threat, dict) else threat

"""Who asks: the address behind the proxies that are trusted, and how many requests it has left."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MOST_HOPS = 20
MOST_CLIENTS = 20_000
Network = IPv4Network | IPv6Network


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy; what stands left of it anybody may have written.

    `forwarded` is X-Forwarded-For: the client first, then each proxy's own peer.
    """
    found = _address(peer)
    if found is None or not trusted:
        return peer
    for hop in reversed(forwarded.split(",")[-MOST_HOPS:]):
        behind = _address(hop.strip()) if _is_within(found, trusted) else None
        if behind is None:
            break
        found = behind
    return str(found)


def household(client: str) -> str:
    """Whom a limit is for: an IPv4 address, or the /64 that one customer of an IPv6 provider has."""
    address = _address(client)
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else client


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


@dataclass
class Buckets:
    """A token bucket for each client: `at_once` tokens at first, `per_minute` new ones; 0 of those sets no limit.

    Of more than MOST_CLIENTS clients the one that was quiet for longest is forgotten.
    """

    per_minute: int
    at_once: int
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, client: str, now: float) -> float:
        """0 when the client may go on, which takes a token; else the seconds until it may. `now` in seconds."""
        if not self.per_minute:
            return 0.0
        tokens, since = self._left.pop(client, (float(self.at_once), now))
        tokens = min(self.at_once, tokens + (now - since) * self.per_minute / 60)
        allowed = tokens >= 1
        self._left[client] = (tokens - 1 if allowed else tokens, now)
        if len(self._left) > MOST_CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) * 60 / self.per_minute

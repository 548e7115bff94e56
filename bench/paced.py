"""Requests at a steady rate over connections that stay open; a late answer counts from when it was due to be asked."""

import asyncio
import time

CONNECTIONS = 16


def latencies(port: int, path: str, rate: float, seconds: float) -> list[float]:
    """Seconds that each answer took, least first. Raises ConnectionError when an answer is no 200."""
    return sorted(asyncio.run(_all(port, path, rate / CONNECTIONS, seconds)))


async def _all(port: int, path: str, rate: float, seconds: float) -> list[float]:
    begun = time.perf_counter() + 0.1
    each = (_one(port, path, begun + i / rate / CONNECTIONS, (rate, seconds)) for i in range(CONNECTIONS))
    return [one for spent in await asyncio.gather(*each) for one in spent]


async def _one(port: int, path: str, begun: float, pace: tuple[float, float]) -> list[float]:
    """One connection; `pace` holds its requests in a second, and for how many seconds."""
    rate, seconds = pace
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked, spent = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode(), []
    for i in range(int(rate * seconds)):
        due = begun + i / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(asked)
        await _answer(reader)
        spent.append(time.perf_counter() - due)
    writer.close()
    return spent


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise ConnectionError(head.partition(b"\r\n")[0].decode())
    await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))

"""What an editor shows."""

from __future__ import annotations

CODE = {
    "python": '''"""Reads sensors and keeps what they say."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

LIMIT = 4_096  # readings kept for each sensor


@dataclass(slots=True)
class Reading:
    sensor: str
    value: float
    taken: float = field(default_factory=lambda: asyncio.get_event_loop().time())

    def __str__(self) -> str:
        return f"{self.sensor:<12} {self.value:8.3f} at {self.taken:.1f} s"


class Recorder:
    """Keeps the last readings of every sensor, and tells listeners of new ones."""

    def __init__(self, *, limit: int = LIMIT) -> None:
        self._kept: dict[str, deque[Reading]] = {}
        self._limit = limit
        self._waiting: list[asyncio.Future[Reading]] = []

    async def record(self, reading: Reading) -> None:
        if reading.value != reading.value:  # not a number
            raise ValueError(f"{reading.sensor} said nothing")
        kept = self._kept.setdefault(reading.sensor, deque(maxlen=self._limit))
        kept.append(reading)
        while self._waiting:
            self._waiting.pop().set_result(reading)

    def mean(self, sensor: str, last: int = 60) -> float | None:
        kept = list(self._kept.get(sensor, ()))[-last:]
        return sum(each.value for each in kept) / len(kept) if kept else None
''',
    "typescript": """import { createServer, type IncomingMessage } from "node:http";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";

interface Entry {
  readonly body: Buffer;
  readonly type: string;
  expires: number;
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".avif": "image/avif",
  ".webp": "image/webp",
};
const cache = new Map<string, Entry>();

/** The file that a request asks for, from memory where it is fresh. */
async function entry(root: string, request: IncomingMessage): Promise<Entry | null> {
  const name = path.normalize(decodeURI(request.url ?? "/")).replace(/^(\\.\\.[/\\\\])+/, "");
  const known = cache.get(name);
  if (known && known.expires > Date.now()) return known;
  const file = path.join(root, name.endsWith("/") ? `${name}index.html` : name);
  try {
    const { size } = await stat(file);
    if (size > 8 * 1024 ** 2) throw new Error(`${name} has ${size} bytes`);
    const made = { body: await readFile(file), type: TYPES[path.extname(file)] ?? "text/plain", expires: 0 };
    made.expires = Date.now() + 60_000;
    cache.set(name, made);
    return made;
  } catch {
    return null; // no such file
  }
}

createServer(async (request, response) => {
  const found = await entry("public", request);
  response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" });
  response.end(found?.body ?? "not found");
}).listen(8080);
""",
}

"""Hand one PDF in by the queue: `python hand_in.py REDIS-URL ROUTE FILE` prints its document's id once it is safe."""

import sys
from pathlib import Path

import redis

url, route, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
queue = redis.Redis.from_url(url, decode_responses=True)
# The same idempotency once more is the same document: after a failure, simply run it again.
fields = {"route": route, "name": path.name, "content": path.read_bytes(), "idempotency": path.name}
last = entry = queue.xadd("zimogs:intake", fields)
while rows := queue.xread({"zimogs:results": last}, block=60_000):
    for last, result in rows[0][1]:
        if result.get("entry") == entry:
            sys.exit(print(result["document"]))
sys.exit("It was not taken within a minute: see `zimogs queue dead`.")

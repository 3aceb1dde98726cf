"""Tell what becomes of documents, one line of JSON each: `python results.py REDIS-URL [LAST]`, after that place."""

import json
import sys

import redis

queue = redis.Redis.from_url(sys.argv[1], decode_responses=True)
last = sys.argv[2] if len(sys.argv) > 2 else "0"
while True:
    for place, result in queue.xread({"zimogs:results": last}, block=0)[0][1]:
        # Keep `place` with what you make of the result: from there on you are told once more after a failure.
        print(json.dumps({"place": place} | result), flush=True)
        last = place

#!/bin/sh
# Hand one PDF in by the queue: hand_in.sh ROUTE FILE. Prints the id of its entry, and later its document's.
# REDIS=valkey-cli, or with options: REDIS="redis-cli -u redis://queue.example.org:6379/1"
set -eu
redis=${REDIS:-redis-cli}
# -x takes the last field's value from the standard input, byte for byte.
entry=$($redis -x XADD zimogs:intake '*' route "$1" name "$(basename "$2")" idempotency "$(basename "$2")" content < "$2")
echo "$entry"
until $redis XRANGE zimogs:results "$entry" + | grep -A 3 -x -F "$entry" | sed -n '/^document$/{n;p;q}' | grep .; do
  sleep 1
done

"""Asks a token endpoint again and again, and counts what does not answer 201 with a token.

load.py URL SECONDS CLIENTS [CA-FILE]: over kept connections, as a proxy's clients do.
"""

import http.client
import json
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit

BODY = json.dumps({"room_name": "load", "participant_identity": "client"})
HEADERS = {"Content-Type": "application/json"}


def connect(url, ca_file):
    if url.scheme == "http":
        return http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    context = ssl.create_default_context(cafile=ca_file)
    return http.client.HTTPSConnection(url.hostname, url.port, timeout=10, context=context)


def ask_until(end, url, ca_file, answered, faults):
    connection = connect(url, ca_file)
    while time.monotonic() < end:
        try:
            connection.request("POST", url.path, BODY, HEADERS)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 201 and b"participant_token" in text:
                answered.append(1)
            else:
                faults.append(f"{answer.status} {text[:80]!r}")
        except (OSError, http.client.HTTPException) as fault:
            faults.append(repr(fault))
            connection.close()


def main(url, seconds, clients, ca_file=None):
    end, answered, faults = time.monotonic() + float(seconds), [], []
    arguments = (end, urlsplit(url), ca_file, answered, faults)
    threads = [threading.Thread(target=ask_until, args=arguments) for _ in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in sorted(set(faults))[:10]:
        print(f"  {faults.count(fault)} times {fault}")
    print(f"= {len(answered)} answered, {len(faults)} failed")
    return 0 if answered and not faults else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

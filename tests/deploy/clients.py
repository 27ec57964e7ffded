"""Clients of nginx.conf that request tokens while something changes, each from an address of its own."""

import http.client
import ssl
import threading
import time
from pathlib import Path

SITE = "tokens.example.com"
CERTIFICATE = Path("/etc/lkt/tls/fullchain.pem")
CLIENTS = 6
# So many answers that each replica has had a request of every client.
LEAST = 30
# Below the 20 requests a second that nginx.conf allows an address.
PAUSE = 0.06


class Source(http.client.HTTPSConnection):
    """A client with an address of its own: nginx limits the requests of each."""

    def __init__(self, number):
        context = ssl.create_default_context(cafile=CERTIFICATE)
        super().__init__(SITE, 443, timeout=10, context=context, source_address=(f"127.0.1.{number}", 0))


class Load:
    """Clients that request tokens until they are stopped."""

    def __init__(self):
        self.running, self.answers = threading.Event(), []
        self.running.set()
        self.token = Path("/etc/lkt/auth-tokens").read_text().strip()
        self.threads = [threading.Thread(target=self.ask, args=[n]) for n in range(1, CLIENTS + 1)]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        connection = Source(number)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        while self.running.is_set():
            try:
                connection.request("POST", "/livekit/getToken", "{}", headers)
                answer = connection.getresponse()
                answer.read()
                self.answers.append(answer.status)
            except (OSError, http.client.HTTPException) as fault:
                self.answers.append(repr(fault))
                connection.close()
            time.sleep(PAUSE)

    def stop(self):
        """Returns the number of answers, all of which are tokens."""
        end = time.monotonic() + 10
        while len(self.answers) < LEAST and time.monotonic() < end:
            time.sleep(0.02)
        self.running.clear()
        for thread in self.threads:
            thread.join()
        faults = [answer for answer in self.answers if answer != 201]
        assert not faults and len(self.answers) >= LEAST, (len(self.answers), faults[:5])
        return len(self.answers)

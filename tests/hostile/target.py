"""Where requests go, and how bytes get there and back."""

import socket
import ssl
import time

# Hostile clients come from an address of their own, as they would: limits are counted by address.
HOSTILE_ADDRESS = "127.0.0.66"


class Target:
    """An address that speaks HTTP, under TLS when there is a certificate to trust."""

    def __init__(self, host, port, path, certificate=None):
        self.address, self.path, self.certificate = (host, port), path, certificate
        self.context = ssl.create_default_context(cafile=certificate) if certificate else None

    def connect(self, source=HOSTILE_ADDRESS, timeout=10):
        connection = socket.create_connection(self.address, timeout, source_address=(source, 0))
        return self.secure(connection)

    def secure(self, connection):
        if self.context is None:
            return connection
        return self.context.wrap_socket(connection, server_hostname="localhost")

    def connect_raw(self, source=HOSTILE_ADDRESS, timeout=10):
        """A TCP connection on which no TLS has been spoken."""
        return socket.create_connection(self.address, timeout, source_address=(source, 0))

    def request(self, body=b"{}", *headers, method="POST", path=None, length=True):
        """A request as bytes."""
        head = [f"{method} {path or self.path} HTTP/1.1", "Host: localhost"]
        head += ["Content-Type: application/json"] if body else []
        head += [f"Content-Length: {len(body)}"] if length else []
        return "\r\n".join([*head, *headers, "", ""]).encode("latin-1") + body


class UnixTarget(Target):
    """The path of a Unix socket."""

    def __init__(self, socket_path, path):
        super().__init__("", 0, path)
        self.address = str(socket_path)

    def connect(self, _source=HOSTILE_ADDRESS, timeout=10):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(self.address)
        return connection


class Outcome:
    """What a client got: the bytes, and whether the server closed the connection."""

    def __init__(self, received, closed, seconds):
        self.received, self.closed, self.seconds = received, closed, seconds
        self.answers = list(answers(received))
        self.statuses = [status for status, _ in self.answers]

    def is_refusal(self):
        """4xx, 5xx or a closed connection, and nothing else."""
        return (bool(self.statuses) or self.closed) and all(400 <= s < 600 for s in self.statuses)

    def __str__(self):
        end = "closed" if self.closed else "open"
        return f"{self.statuses or 'no answer'}, {end} after {self.seconds:.1f} s"


def answers(received):
    """Splits what was received into answers: (status, body). One that is cut off has body None."""
    while received:
        head, end, rest = received.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        words = lines[0].split(b" ")
        if not lines[0].startswith(b"HTTP/1.") or len(words) < 2:
            # HTTP/0.9 or rubbish: certainly no token, or it would be seen.
            yield (-1, received)
            return
        status = int(words[1])
        if not end:
            yield (status, None)
            return
        fields = dict(line.lower().split(b":", 1) for line in lines[1:] if b":" in line)
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            body, rest = dechunk(rest)
        else:
            length = int(fields.get(b"content-length", b"0"))
            body, rest = (rest[:length], rest[length:]) if len(rest) >= length else (None, b"")
        if status != 100:
            yield (status, body)
        received = rest


def dechunk(data):
    body = b""
    while True:
        size, end, data = data.partition(b"\r\n")
        if not end:
            return None, b""
        length = int(size, 16)
        body, data = body + data[:length], data[length + 2 :]
        if length == 0:
            return body, data


def exchange(connection, *pieces, pause=0.0, patience=8.0):
    """Sends the pieces, with a pause between them, and reads until the server closes or time is up.
    A server that closes while we send is as good as one that answers."""
    began = time.monotonic()
    received, closed = bytearray(), False
    try:
        for index, piece in enumerate(pieces):
            if index and pause and drain(connection, received, pause):
                closed = True
                break
            connection.settimeout(patience)
            connection.sendall(piece)
    except (ConnectionError, ssl.SSLError, TimeoutError):
        pass
    # What has come is read, however long the sending took.
    end = max(began + patience + pause * len(pieces), time.monotonic() + 1)
    while not closed and time.monotonic() < end:
        closed = drain(connection, received, end - time.monotonic())
    connection.close()
    return Outcome(bytes(received), closed, time.monotonic() - began)


def drain(connection, received, seconds):
    """Reads for so long; whether the connection ended."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            data = connection.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        except (ConnectionError, ssl.SSLError, OSError):
            return True
        if not data:
            return True
        received += data
    return False

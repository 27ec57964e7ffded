"""The bodies of up to 64 KiB and the logins that cost a server most, of each kind, and what a backend may answer."""

import base64
import hashlib
import hmac

SIZE = 65_000
# What a head of 16 KiB has room for.
LOGIN_SIZE = 11_000
LOGIN_SECRET = b"a secret of 32 bytes or more, shared"


def fitting(entry, most, size):
    """As many entries as fit into this size with commas between them, at most so many, and what is left of it."""
    entries, left = [], size
    for number in range(most):
        text = entry % number if "%" in entry else entry
        left -= len(text) + 1
        if left < 0:
            break
        entries.append(text)
    return entries, left


def filled(wrap, entry, most):
    """As many entries as fit into a body, at most so many, and metadata for the rest of it."""
    entries, left = fitting(entry, most, SIZE - len(wrap) - 40)
    body = wrap % ",".join(entries)
    return (body[:-1] + ',"participant_metadata":"' + "m" * max(left - 20, 0) + '"}').encode()


def accepted():
    """Bodies that are answered with a token, or could be: they stay within the budget of values."""
    yield "metadata", filled('{"a":[%s]}', "0", 1)
    yield "metadata of escapes", b'{"participant_metadata":"' + b"\\n" * (SIZE // 2 - 20) + b'"}'
    yield "metadata that grows", b'{"participant_metadata":"' + b"\\u0001" * (SIZE // 6 - 20) + b'"}'
    yield "attributes", filled('{"participant_attributes":{%s}}', '"a%d":"' + "v" * 50 + '"', 900)
    yield "tiny attributes", filled('{"participant_attributes":{%s}}', '"%d":"0"', 1000)
    yield "agents", filled('{"room_config":{"agents":[%s]}}', "{}", 120)
    yield "agents with attributes", filled(
        '{"room_config":{"agents":[{"attributes":{%s}}]}}', '"%d":"0"', 1000
    )
    yield "egress", filled('{"room_config":{"egress":{"room":{"fileOutputs":[%s]}}}}', "{}", 120)
    yield "tracks", filled('{"room_config":{"egress":{"tracks":{"filepath":"a"},"room":{"segmentOutputs":[%s]}}}}',
                           '{"filenamePrefix":"abc%d"}', 120)
    yield "unknown names", filled("{%s}", '"unknown%d":0', 1000)
    yield "unknown objects", filled('{"unknown":[%s]}', '{"":0}', 120)
    yield "numbers", filled('{"unknown":[%s]}', "[0]", 500)


def refused():
    """Bodies with more values than that."""
    wraps = [
        ('{"room_config":{"egress":{"room":{"fileOutputs":[%s]}}}}', "{}"),
        ('{"room_config":{"egress":{"room":{"segmentOutputs":[%s]}}}}', "{}"),
        ('{"room_config":{"egress":{"participant":{"fileOutputs":[%s]}}}}', "{}"),
        ('{"room_config":{"agents":[%s]}}', "{}"),
        ('{"room_config":{"agents":[{"attributes":{%s}}]}}', '"%d":""'),
        ('{"room_config":{"tags":{%s}}}', '"%d":""'),
        ('{"participant_attributes":{%s}}', '"%d":""'),
        ('{"unknown":[%s]}', "[]"),
        ("{%s}", '"%d":0'),
    ]
    for wrap, entry in wraps:
        yield wrap[:40], filled(wrap, entry, 1 << 20)


def small():
    """Bodies that wait for no room, with as many objects as they hold."""
    many = ",".join(["{}"] * 505)
    yield "small egress", ('{"room_config":{"egress":{"room":{"fileOutputs":[%s]}}}}' % many).encode()
    yield "small agents", ('{"room_config":{"agents":[%s]}}' % many).encode()


def logins():
    """Claims that are accepted, and some with too many values, in headers with a right signature and with a wrong one."""
    kinds = {
        "text": '"x":"' + "a" * LOGIN_SIZE + '"',
        "escapes": '"x":"' + "\\u0001" * (LOGIN_SIZE // 6) + '"',
        "objects": claims('"x":[%s]', "{}", 1000),
        "objects with a name": claims('"x":[%s]', '{"":0}', 1000),
        "numbers": claims('"x":[%s]', "0", 4000),
        "names": claims('"x":{%s}', '"%d":0', 4000),
        "roles": claims('"roles":[%s]', '"r%d"', 4000),
        "too many objects": claims('"x":[%s]', "{}", 1 << 20),
        "too deep": '"x":' + "[" * 5000 + "]" * 5000,
    }
    for kind, more in kinds.items():
        for is_good in (True, False):
            yield f"{kind}, {'signed' if is_good else 'forged'}", login(more, is_good)


def claims(wrap, entry, most):
    entries, _ = fitting(entry, most, LOGIN_SIZE)
    return wrap % ",".join(entries)


def login(more, is_good):
    encode = lambda part: base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode()
    everyone = '{"sub":"ada","aud":"a","exp":4294967296,'
    message = ".".join([encode('{"alg":"HS256"}'), encode(everyone + more + "}")])
    signature = hmac.digest(LOGIN_SECRET if is_good else b"another", message.encode(), hashlib.sha256)
    signature = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    return f"Authorization: Bearer {message}.{signature}"

"""Access tokens as an attacker, or somebody who has stolen the server's key, would make them: P-256 in plain Python, slow and for tests only."""

import base64, hashlib, hmac, json, os, secrets

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point=G):
    out = None
    while k:
        if k & 1:
            out = add(out, point)
        point, k = add(point, point), k >> 1
    return out


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Key:
    def __init__(self, secret=None):
        self.secret = secret or secrets.randbelow(N - 1) + 1

    @classmethod
    def of_server(cls, server):
        """The newest of <data>/keys: PKCS #8 or SEC 1, in both of which the secret is the 32 bytes behind 02 01 01 04 20."""
        folder = os.path.join(server.folder, "data", "keys")
        with open(os.path.join(folder, max(f for f in os.listdir(folder) if f.endswith(".pem")))) as f:
            der = base64.b64decode("".join(line for line in f.read().splitlines() if "--" not in line))
        at = der.index(bytes.fromhex("0201010420")) + 5
        return cls(int.from_bytes(der[at : at + 32], "big"))

    def sign(self, data):
        e = int.from_bytes(hashlib.sha256(data).digest(), "big")
        while True:
            k = secrets.randbelow(N - 1) + 1
            r = times(k)[0] % N
            s = pow(k, -1, N) * (e + r * self.secret) % N
            if r and s:
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def parts(token):
    head, body, _ = token.split(".")
    return json.loads(bytes64(head)), json.loads(bytes64(body))


def joined(head, body):
    return ".".join(text64(p if isinstance(p, bytes) else json.dumps(p, separators=(",", ":")).encode()) for p in (head, body))


def forged(key, head, body):
    """ES256 by that key, whatever the header says of it."""
    text = joined(head, body)
    return text + "." + text64(key.sign(text.encode()))


def by_secret(secret, head, body):
    """HS256: what a verifier that takes the algorithm from the token would accept under the public key."""
    text = joined(head, body)
    return text + "." + text64(hmac.new(secret, text.encode(), hashlib.sha256).digest())

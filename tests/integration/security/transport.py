"""Below the surface: requests that a proxy and a server read differently, paths that climb, lines that end too early, origins."""

import json, re, time, unittest
from running import Running
from server import Server, User, town
from streams import WebSocket

HIDDEN = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Smuggling(Running):
    def answers(self, data, timeout=1):
        return re.findall(rb"HTTP/1\.1 (\d+)", self.server.raw(data, timeout))

    def post(self, headers, body, line=b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\n"):
        return line + headers + b"\r\n" + body

    def test_requests_of_two_lengths_are_no_requests(self):
        """Refused with the connection: what follows is never read as a request."""
        chunk = b"0\r\n\r\n" + HIDDEN
        n = str(len(chunk)).encode()
        for headers in [
            b"Content-Length: " + n + b"\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: " + n + b"\r\n",
            b"Content-Length: 0\r\nContent-Length: " + n + b"\r\n",
            b"Content-Length: " + n + b"\r\nContent-Length: 0\r\n",
            b"Content-Length: 0, " + n + b"\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            b"Content-Length: +5\r\n",
            b"Content-Length: -5\r\n",
            b"Content-Length: 0x5\r\n",
            b"Content-Length: 5 5\r\n",
            b"Content-Length:\r\n",
            b"Content-Length: 99999999999999999999\r\n",
            b"Content-Length : 5\r\n",
            b"Host: y\r\n",
            b"Authorization: a\r\nAuthorization: b\r\n",
            b"Content-Length: 5\r\n X: folded\r\n",
            b"X: a\0b\r\n",
            b"X: a\rb\r\n",
            b"X y: a\r\n",
            b": a\r\n",
            b"\x7f: a\r\n",
        ]:
            got = self.answers(self.post(headers, chunk))
            self.assertEqual(got, [b"400"], headers)

    def test_encodings_that_are_not_ours(self):
        """Refused with the connection: another reader would look for the end of the body elsewhere."""
        for coding in [
            b"xchunked",
            b"chunked, identity",
            b"identity, chunked",
            b"gzip, chunked",
            b"\x0bchunked",
            b"chunked;q=1",
            b'"chunked"',
            b"identity",
            b"",
            b"chunked, chunked",
        ]:
            got = self.server.raw(self.post(b"Transfer-Encoding: " + coding + b"\r\n", b"2\r\n{}\r\n0\r\n\r\n" + HIDDEN), 1)
            self.assertEqual((got.count(b"HTTP/1.1 "), got[:12]), (1, b"HTTP/1.1 400"), coding)
            self.assertNotIn(b"is missing", got, coding)  # not what the login would say
        self.assertEqual(self.answers(self.post(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n" + HIDDEN, b"POST /api/v1/login HTTP/1.0\r\n")), [b"400"])

    def test_a_folded_line_belongs_to_the_header_above_it(self):
        """As RFC 9112 has it where a server does not refuse: a length in it is none."""
        self.assertEqual(self.answers(self.post(b"X: a\r\n Content-Length: 60\r\n", HIDDEN)), [b"400", b"401"])

    def test_chunks(self):
        chunked = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
        whole = json.dumps({"email": "x", "password": "y"}).encode()
        size = b"%x" % len(whole)
        for ok in [
            size + b"\r\n" + whole + b"\r\n0\r\n\r\n",
            size + b";name=value\r\n" + whole + b"\r\n0\r\n\r\n",
            b"000" + size + b"\r\n" + whole + b"\r\n0\r\nTrailer: x\r\n\r\n",
            b"".join(b"1\r\n" + bytes([c]) + b"\r\n" for c in whole) + b"0\r\n\r\n",
        ]:
            self.assertEqual(self.answers(self.post(chunked, ok)), [b"401"], ok)
        for bad in [
            b"-1\r\n",
            b"0x10\r\n" + whole,
            b"FFFFFFFFFFFFFFFFF\r\n" + whole,
            b"zz\r\n" + whole,
            size + b"\n" + whole + b"\n0\n\n",
            size + b"\r\n" + whole + b"X\r\n0\r\n\r\n",
            b"\r\n" + whole,
            b"7FFFFFFFFFFFFFFF\r\n" + whole,
        ]:
            self.assertIn(self.answers(self.post(chunked, bad + HIDDEN)), ([b"400"], [b"413"]), bad)
        r = self.answers(self.post(chunked, b"1;" + b"x" * 100_000 + b"\r\na\r\n0\r\n\r\n"))
        self.assertIn(r, ([b"400"], [b"413"]))

    def test_lines(self):
        for data in [
            b"GET /healthz HTTP/1.1\nHost: x\n\n" + HIDDEN,
            b"GET /healthz HTTP/1.1\r\nHost: x\n\r\n",
            b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /heal thz HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET http://me@elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET ftp://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\n\r\n",
            b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n",
            b"GET /healthz\r\nHost: x\r\n\r\n",
            b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ]:
            got = self.answers(data)
            self.assertIn(got, ([b"400"], []), data)


class Paths(Running):
    def test_nothing_climbs(self):
        (ann,), chat = town(self.server, 1)
        up = ["..", "%2e%2e", "%2E.", "..%2f", "..%5c", "%252e%252e", "..;", "%c0%ae%c0%ae", "%00", "..%00", ".", "", "%2f", "\\..\\"]
        for part in up:
            for path in [
                f"/{part}/{part}/{part}/etc/passwd",
                f"/api/v1/{part}/{part}/etc/passwd",
                f"/api/v1/chats/{part}",
                f"/api/v1/chats/{part}/{part}/me",
                f"/api/v1/{part}/me",
                f"/{part}/metrics",
                f"/api/v1/chats/{chat}/{part}/messages",
                f"/api/v1/users/{part}",
            ]:
                got = self.server.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {ann.token}\r\n\r\n".encode(), 5)
                self.assertRegex(got, rb"^HTTP/1\.1 40[04] ", path)
                self.assertFalse(b"root:" in got or b"words" in got, path)

    def test_an_encoded_slash_is_no_slash(self):
        (ann,), chat = town(self.server, 1)
        said = ann.say(chat, "words")["id"]
        for path in [
            f"chats%2F{chat}",
            f"chats/{chat}%2Fmessages",
            f"chats/{chat}%252Fmessages",
            f"chats/{chat}/messages%2F{said}",
            f"chats/{chat}/messages/{said}%2Fhistory",
            f"chats/{chat}%00",
            f"chats/{chat}%20",
            f"chats/{chat}%0d%0a",
            f"chats/{chat.upper()}",
            f"chats/{{{chat}}}",
            f"chats/{chat.replace('-', '')}",
            f"chats//{chat}",
            f"chats/{chat}/",
            f"chats/{chat};x=1",
        ]:
            r = self.server.call("GET", "/api/v1/" + path, token=ann.token)
            self.assertIn(r.status, (400, 404), path)
            self.assertNotIn(b"words", r.raw)


class Lines(unittest.TestCase):
    NASTY = [
        "a\r\nSet-Cookie: own=1",
        'quote" back\\slash',
        "\x1b[2J\x1b[31mred",
        "\u2028line\u2029",
        "\x85next",
        '{"level":"error"}',
        "%s%n%x",
        "${jndi:ldap://x/a}",
        "\u202eolleh",
    ]

    def test_nothing_that_is_said_breaks_a_header_or_a_line_of_the_log(self):
        for form in ["json", "text"]:
            server = Server(log=f'level = "trace"\nformat = "{form}"').start()
            (ann, bob), chat = town(server)
            for text in self.NASTY:
                ann.call("PATCH", "/me", {"name": text[:80]})
                said = ann.say(chat, text + " @Bob")["id"]
                self.assertEqual(bob.ok("GET", f"/chats/{chat}/messages/{said}")["body"], text + " @Bob")
                self.heads(server, ann, chat, said, text)
            ws = WebSocket(bob)
            ws.hello(), ws.close()
            self.assertEqual(server.stop(), 0)
            server.listener.join(10)
            for line in server.logged:
                if form == "json":
                    self.assertLessEqual({"ms", "level", "component", "message"}, set(json.loads(line)))
                self.assertFalse([c for c in line if ord(c) < 32 or 0x7F <= ord(c) < 0xA0], line)

    def heads(self, server, ann, chat, said, text):
        """Echoed in errors, if at all; in no header."""
        quoted = "".join(f"%{b:02x}" for b in text.encode())
        for method, path in [
            ("PUT", f"/api/v1/chats/{chat}/messages/{said}/reactions/{quoted}"),
            ("GET", f"/api/v1/chats/{quoted}"),
            ("GET", f"/api/v1/search?q={quoted}&{quoted}={quoted}"),
            ("GET", "/" + quoted),
            ("GET", f"/api/v1/sync?cursor={quoted}"),
        ]:
            got = server.raw(f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nConnection: close\r\nAuthorization: Bearer {ann.token}\r\n\r\n".encode(), 5)
            head = got.partition(b"\r\n\r\n")[0].decode("latin-1")
            names = sorted(line.partition(":")[0].lower() for line in head.split("\r\n")[1:])
            self.assertLessEqual(set(names), {"content-type", "cache-control", "x-request-id", "x-content-type-options", "content-length", "connection"}, head)
            self.assertEqual(len(names), len(set(names)), head)
            self.assertRegex(head, r"x-request-id: [0-9a-f]{16}\b")  # ours, not the caller's


class Origins(Running):
    """There are no cookies: a page of another origin has nothing that a browser would send for it."""

    def test_no_credentials_but_those_of_the_header(self):
        ann = User(self.server, "Ann")
        for headers in [
            {"Cookie": f"access_token={ann.token}; token={ann.token}; session={ann.token}"},
            {"X-Access-Token": ann.token},
            {"Authorization": "Cookie " + ann.token},
            {"Proxy-Authorization": "Bearer " + ann.token},
        ]:
            for path in ["/api/v1/me", "/api/v1/stream", "/api/v1/poll?wait=0"]:
                self.assertEqual(self.server.call("GET", path, headers=headers).status, 401, headers)
        for query in [f"access_token={ann.token}", f"token={ann.token}", f"authorization=Bearer%20{ann.token}"]:
            self.assertIn(self.server.call("GET", "/api/v1/stream?" + query).status, (400, 401))

    def test_another_origin_is_granted_nothing(self):
        ann = User(self.server, "Ann")
        evil = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for method, path in [
            ("OPTIONS", "/api/v1/login"),
            ("OPTIONS", "/api/v1/me"),
            ("GET", "/api/v1/me"),
            ("POST", "/api/v1/login"),
            ("GET", "/openapi.json"),
            ("GET", "/metrics"),
        ]:
            r = self.server.call(method, path, token=ann.token, headers=evil)
            self.assertEqual([k for k in r.headers if k.startswith("access-control")], [], path)
        handshake = "GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        self.assertIn(b" 401 ", self.server.raw(f"{handshake}Cookie: token={ann.token}\r\n\r\n".encode(), 1).split(b"\r\n")[0])

    def test_headers_of_answers(self):
        (ann,), chat = town(self.server, 1)
        refresh = {"refresh_token": ann.session["refresh_token"]}
        for r in [
            ann.call("GET", "/me"),
            ann.call("POST", "/stream/tickets"),
            self.server.call("POST", "/api/v1/refresh", refresh),
            self.server.call("POST", "/api/v1/login", {"email": ann.email, "password": "correct horse"}),
            self.server.call("POST", "/api/v1/login", {"email": "x", "password": "x"}),
            ann.call("GET", "/nonsense"),
            self.server.call("GET", "/api/v1/me"),
            ann.call("GET", f"/chats/{chat}/messages"),
            ann.call("POST", "/chats", b"{"),
            ann.call("GET", "/sync"),
            self.server.call("GET", "/openapi.json"),
            self.server.call("GET", "/healthz"),
        ]:
            self.assertEqual(
                (r.headers["x-content-type-options"], r.headers["cache-control"], r.headers["content-type"]), ("nosniff", "no-store", "application/json"), r.headers
            )
            self.assertEqual([h for h in ("server", "x-powered-by", "set-cookie", "location") if h in r.headers], [])
        metrics = self.server.call("GET", "/metrics").headers
        self.assertEqual((metrics["x-content-type-options"], metrics["cache-control"]), ("nosniff", "no-store"))
        ws = WebSocket(ann)
        ws.hello(), ws.close()
        self.assertIn("\r\nx-content-type-options: nosniff\r\n", ws.head + "\r\n")
        self.assertIn("\r\nCache-Control: no-store\r\n", ws.head + "\r\n")
        self.assertNotIn("beast", ws.head.lower())
        raw = self.server.raw(f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ann.token}\r\n\r\n".encode(), 0.5)
        self.assertIn(b"cache-control: no-store", raw)
        self.assertIn(b"x-content-type-options: nosniff", raw)

"""The three forms of the live stream, alike for tests: frames, wait, event, gone, close."""
import base64, hashlib, http.client, json, os, socket, threading, urllib.parse
from server import CALLED, Reply

SEEN = set()  # (form, frame, kind of stream, type of event) of every frame that came


class Stream:
    """Server-Sent Events on a thread; frames: (event, id, data)."""
    form = "sse"

    def __init__(self, user, query="", headers=None, token=True):
        self.frames, self.closed, self.lock = [], False, threading.Condition()
        self.c = http.client.HTTPConnection("127.0.0.1", user.server.port, timeout=60)
        h = {"Authorization": "Bearer " + user.token} if token else {}
        self.c.request("GET", "/api/v1/stream" + query, headers={**h, **(headers or {})})
        self.sock = self.c.sock  # getresponse() lets go of it
        self.r = self.c.getresponse()
        self.status = self.r.status
        if self.status == 200:
            CALLED.add(("GET", "/api/v1/stream"))
            threading.Thread(target=self.read, daemon=True).start()
        else:
            self.reply = Reply(self.status, {k.lower(): v for k, v in self.r.getheaders()}, self.r.read())

    def read(self):
        frame = {}
        try:
            while line := self.r.readline().decode():
                line = line.rstrip("\r\n")
                if line:
                    key, _, value = line.partition(": ")
                    frame[key] = value
                elif frame:
                    self.add((frame.get("event"), frame.get("id"), json.loads(frame["data"])))
                    frame = {}
        except (OSError, ValueError, AttributeError):
            pass
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def add(self, frame):
        kind, what = (frame[2]["stream"].split(":")[0], frame[2]["type"]) if frame[0] == "event" else ("", "")
        SEEN.add((self.form, frame[0], kind, what))
        with self.lock:
            self.frames.append(frame)
            self.lock.notify_all()

    def wait(self, test, timeout=10):
        with self.lock:
            assert self.lock.wait_for(lambda: any(test(f) for f in self.frames), timeout), self.frames[-5:]
            return next(f for f in self.frames if test(f))

    def hello(self):
        return self.wait(lambda f: f[0] == "hello")[2]

    def event(self, stream, kind, timeout=10):
        """The first of that type in a stream, by its kind ("chat") or whole ("chat:<id>")."""
        return self.wait(lambda f: f[0] == "event" and f[2]["type"] == kind and stream in (f[2]["stream"], f[2]["stream"].split(":")[0]), timeout)

    def gone(self, timeout=5):
        with self.lock:
            return self.lock.wait_for(lambda: self.closed, timeout)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.c.close()


class WebSocket(Stream):
    """RFC 6455, as much as a test needs."""
    form = "ws"
    code = None  # of the close frame

    def __init__(self, user, query="", protocol="fechatter.v1", token=True):
        self.frames, self.closed, self.lock = [], False, threading.Condition()
        self.s = socket.create_connection(("127.0.0.1", user.server.port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        auth = f"Authorization: Bearer {user.token}\r\n" if token else ""
        self.s.sendall((f"GET /api/v1/ws{query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {protocol}\r\n{auth}\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            chunk = self.s.recv(4096)
            if not chunk:
                break
            self.buffer += chunk
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode()
        self.status = int(self.head.split()[1])
        if self.status == 101:
            want = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            assert want in self.head
            CALLED.add(("GET", "/api/v1/ws"))
            threading.Thread(target=self.read, daemon=True).start()

    def take(self, n):
        while len(self.buffer) < n:
            chunk = self.s.recv(65536)
            if not chunk:
                raise OSError("closed")
            self.buffer += chunk
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def send(self, opcode, payload):
        mask = os.urandom(4)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        n = len(body)
        length = bytes([0x80 | n]) if n < 126 else b"\xfe" + n.to_bytes(2, "big") if n < 65536 else b"\xff" + n.to_bytes(8, "big")
        head = bytes([0x80 | opcode]) + length
        self.s.sendall(head + mask + body)

    def read(self):
        try:
            while True:
                first, second = self.take(2)
                n = second & 127
                if n == 126:
                    n = int.from_bytes(self.take(2), "big")
                elif n == 127:
                    n = int.from_bytes(self.take(8), "big")
                body = self.take(n)
                if first & 15 == 1:
                    frame = json.loads(body)
                    self.add((frame["event"], frame.get("id"), frame["data"]))
                elif first & 15 == 9:
                    self.send(10, body)
                elif first & 15 == 8:
                    self.code = int.from_bytes(body[:2], "big")
                    break
        except OSError:
            pass
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def close(self):
        self.s.close()


class Poll(Stream):
    """Long poll: asks again and again on a thread, each time with the cursor of the last answer."""
    form = "poll"

    def __init__(self, user, query="", wait=5):
        self.frames, self.closed, self.lock = [], False, threading.Condition()
        self.user, self.pause, self.ended, self.sock = user, wait, False, None
        self.cursor = urllib.parse.unquote(query.removeprefix("?cursor="))
        threading.Thread(target=self.read, daemon=True).start()

    def ask(self):
        query = f"?wait={self.pause}" + (f"&cursor={urllib.parse.quote(self.cursor)}" if self.cursor else "")
        self.c = http.client.HTTPConnection("127.0.0.1", self.user.server.port, timeout=60)
        self.c.request("GET", "/api/v1/poll" + query, headers={"Authorization": "Bearer " + self.user.token})
        self.sock = self.c.sock
        r = self.c.getresponse()
        return Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())

    def read(self):
        try:
            while not self.ended and (r := self.ask()).status == 200:
                CALLED.add(("GET", "/api/v1/poll"))
                self.cursor = r.json["cursor"]
                for f in r.json["items"]:
                    self.add((f["event"], f.get("id"), f["data"]))
                self.ended = self.ended or any(f["event"] == "closing" for f in r.json["items"])
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def close(self):
        self.ended = True
        if self.sock:
            super().close()


FORMS = [Stream, WebSocket, Poll]

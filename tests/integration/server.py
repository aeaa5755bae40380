"""A real fechatterd for tests: start, stop, kill; requests; the three forms of the live stream. Standard library only."""
import base64, hashlib, http.client, json, os, random, signal, socket, subprocess, tempfile, threading, time, uuid

FECHATTERD = os.environ.get("FECHATTERD", "build/release/bin/fechatterd")


def free_port():
    for _ in range(200):
        port = random.randint(20000, 31000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def new_id():
    """UUIDv7."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 15
    raw[8] = 0x80 | raw[8] & 63
    return str(uuid.UUID(bytes=bytes(raw)))


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.raw = status, headers, body
        self.json = json.loads(body) if body and "json" in headers.get("content-type", "") else None

    @property
    def code(self):
        return self.json["error"]["code"]

    @property
    def field(self):
        return self.json["error"].get("field", "")


class Server:
    def __init__(self, data=None, rates=False, **limits):
        self.folder = data or tempfile.mkdtemp(prefix="fechatter-")
        self.port = free_port()
        self.config = os.path.join(self.folder, "server.toml")
        lines = [f'[server]\ndata = "{self.folder}/data"\nlisten = "127.0.0.1:{self.port}"', "[log]", 'level = "warn"', "[limits]", f"rates = {str(rates).lower()}"]
        lines += [f"{k} = {v}" for k, v in limits.items()]
        with open(self.config, "w") as f:
            f.write("\n".join(lines))
        self.process = None

    def start(self):
        self.process = subprocess.Popen([FECHATTERD, "--config", self.config], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        assert line.startswith("listening on http://"), line + self.process.stderr.read().decode()
        threading.Thread(target=lambda p=self.process: p.stderr.read(), daemon=True).start()
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def raw(self, data, timeout=10):
        """Sends bytes, returns what comes until the peer closes or goes quiet."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
            except OSError:
                pass
            got = b""
            s.settimeout(timeout)
            try:
                while chunk := s.recv(65536):
                    got += chunk
            except OSError:
                pass
            return got

    def call(self, method, path, body=None, token=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        h = dict(headers or {})
        if token:
            h["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            h.setdefault("Content-Type", "application/json")
        c.request(method, path if path.startswith("/") and not path.startswith("/!") else path[2:], body, h)
        r = c.getresponse()
        data = r.read()
        c.close()
        return Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, data)


class User:
    def __init__(self, server, name, **more):
        self.server, self.name, self.email = server, name, f"{name.lower()}-{uuid.uuid4().hex[:8]}@example.org"
        r = server.call("POST", "/api/v1/signup", {"email": self.email, "password": "correct horse", "name": name, **more})
        assert r.status == 201, r.raw
        self.session = r.json
        self.token, self.id = r.json["access_token"], r.json["user"]["id"]

    def call(self, method, path, body=None, **headers):
        return self.server.call(method, "/api/v1" + path, body, self.token, {k.replace("_", "-"): v for k, v in headers.items()})

    def ok(self, method, path, body=None, **headers):
        r = self.call(method, path, body, **headers)
        assert 200 <= r.status < 300, (method, path, r.status, r.raw)
        return r.json

    def say(self, chat, body, **more):
        return self.ok("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": body, **more})


class Stream:
    """Server-Sent Events on a thread; frames: (event, id, data)."""

    def __init__(self, user, query="", headers=None, token=True):
        self.frames, self.closed, self.lock = [], False, threading.Condition()
        self.c = http.client.HTTPConnection("127.0.0.1", user.server.port, timeout=60)
        h = {"Authorization": "Bearer " + user.token} if token else {}
        self.c.request("GET", "/api/v1/stream" + query, headers={**h, **(headers or {})})
        self.r = self.c.getresponse()
        self.status = self.r.status
        if self.status == 200:
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
        with self.lock:
            self.frames.append(frame)
            self.lock.notify_all()

    def wait(self, test, timeout=10):
        with self.lock:
            assert self.lock.wait_for(lambda: any(test(f) for f in self.frames), timeout), self.frames[-5:]
            return next(f for f in self.frames if test(f))

    def event(self, kind, timeout=10):
        return self.wait(lambda f: f[0] == "event" and f[2]["type"] == kind, timeout)

    def gone(self, timeout=5):
        with self.lock:
            return self.lock.wait_for(lambda: self.closed, timeout)

    def close(self):
        try:
            self.c.sock and self.c.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.c.close()


class WebSocket(Stream):
    """RFC 6455, as much as a test needs."""

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
        head = bytes([0x80 | opcode]) + (bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0x80 | 126]) + len(body).to_bytes(2, "big"))
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
                    break
        except OSError:
            pass
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def close(self):
        self.s.close()


def town(server, people=2, kind="public_channel"):
    """The first owns a workspace and a channel; the others are in both."""
    first = User(server, "Ann", workspace={"id": new_id(), "name": "Town"})
    first.workspace = first.ok("GET", "/workspaces")["items"][0]["id"]
    code = first.ok("POST", f"/workspaces/{first.workspace}/invites", {})["code"]
    others = [User(server, name, invite=code) for name in ["Bob", "Cem", "Dee", "Eve"][: people - 1]]
    chat = new_id()
    first.ok("POST", "/chats", {"id": chat, "workspace_id": first.workspace, "kind": kind, "name": "general", "member_ids": [u.id for u in others]})
    for u in others:
        u.workspace = first.workspace
    return [first, *others], chat

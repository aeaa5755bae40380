"""Very many sockets on one thread, for tests of limits."""
import selectors, socket, time


def request(user, path, method="GET", more=""):
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user.token}\r\n{more}\r\n".encode()


class Crowd:
    """Connections that each send one text and then read what comes (or nothing, until they are told to)."""

    def __init__(self, port, receive_buffer=0):
        self.port, self.receive_buffer, self.selector, self.sockets = port, receive_buffer, selectors.DefaultSelector(), []
        self.got, self.ended = [], []

    def add(self, text, source="127.0.0.1"):
        s = socket.socket()
        if self.receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        s.bind((source, 0))
        s.settimeout(20)
        s.connect(("127.0.0.1", self.port))
        if text:
            s.sendall(text)
        s.setblocking(False)
        self.selector.register(s, selectors.EVENT_READ, len(self.sockets))
        self.sockets.append(s), self.got.append(b""), self.ended.append(False)

    def take(self, timeout, only=None):
        """Reads what is there; which of them have got something or have ended."""
        for key, _ in self.selector.select(timeout):
            i = key.data
            if only is not None and i not in only:
                continue
            try:
                data = self.sockets[i].recv(1 << 20)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            self.got[i] += data
            if not data:
                self.ended[i] = True
                self.selector.unregister(self.sockets[i])
            yield i

    def wait(self, done, timeout=30, only=None):
        """Reads until `done(text, ended)` holds for everybody (or for `only`); how many it does not hold for when time is over."""
        missing = {i for i in (only or range(len(self.sockets))) if not done(self.got[i], self.ended[i])}
        until = time.monotonic() + timeout
        while missing and time.monotonic() < until:
            for i in self.take(0.2, only):
                if i in missing and done(self.got[i], self.ended[i]):
                    missing.discard(i)
        return len(missing)

    def forget(self):
        """What was read."""
        self.got = [b""] * len(self.got)

    def close(self):
        for s in self.sockets:
            s.close()
        self.selector.close()


def metrics(server):
    """Name (with its labels) to value."""
    lines = server.call("GET", "/metrics").raw.decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}


def eventually(test, timeout=15):
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        if test():
            return True
        time.sleep(0.1)
    return False


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Pulse:
    """Somebody who is served all the while, on a thread of their own: how long each call took."""

    def __init__(self, call, pause=0.02):
        import threading
        self.call, self.pause, self.took, self.failed, self.over = call, pause, [], [], False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over:
            begun = time.monotonic()
            try:
                self.call()
            except Exception as e:  # whatever it is, it must not be
                self.failed.append(repr(e))
            self.took.append(time.monotonic() - begun)
            time.sleep(self.pause)

    def stop(self):
        self.over = True
        self.thread.join(60)
        return max(self.took)

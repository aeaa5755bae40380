"""The full screen of a terminal client, under tmux."""
import subprocess


class Tmux:
    def __init__(self, test, words):
        self.test, self.words = test, words
        self.socket = ["tmux", "-L", f"fechatter-{test.server.port}", "-f", "/dev/null"]

    def run(self, *words):
        env = {**self.test.ENV, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        return subprocess.run([*self.socket, *words], capture_output=True, text=True, timeout=20, env=env).stdout

    def __enter__(self):
        self.run("new-session", "-d", "-s", "s", "-x", "100", "-y", "24", " ".join(self.words))
        return self

    def __exit__(self, *_):
        self.run("kill-server")

    def type(self, text, *keys):
        self.run("send-keys", "-t", "s", "-l", text), self.keys(*keys)

    def keys(self, *names):
        if names:
            self.run("send-keys", "-t", "s", *names)

    def paste(self, text):
        path = f"{self.test.home}/pasted"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self.run("load-buffer", path), self.run("paste-buffer", "-p", "-t", "s")

    def shown(self):
        return self.run("capture-pane", "-p", "-t", "s")

    def line(self):
        """What stands in the line to write in."""
        return self.shown().splitlines()[-1]

    def see(self, *texts):
        self.test.until(lambda: all(text in self.shown() for text in texts), shown=self.shown)

    def see_line(self, text):
        self.test.until(lambda: self.line().rstrip() == ("> " + text).rstrip(), shown=self.shown)

    def ended(self):
        self.test.until(lambda: not self.run("list-sessions"), shown=self.shown)

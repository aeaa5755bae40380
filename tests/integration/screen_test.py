"""The full screen of the terminal client, as somebody sees it who types."""
import os, pty, re, select, shutil, subprocess, unittest
from home import Home
from tmux import Tmux


@unittest.skipUnless(shutil.which("tmux"), "tmux shows the full screen")
class Screen(Home):
    def setUp(self):
        super().setUp()
        self.people()
        self.run_cli("ann", "new", "public_channel", "team", "Bob")

    def screen(self):
        return Tmux(self, self.command("bob"))

    def bodies(self, chat="team"):
        return [m["body"] for m in self.lines("ann", "history", chat, "--limit", "200")]

    def test_what_is_typed_and_what_comes(self):
        self.run_cli("ann", "send", "team", "hello from Ann")
        with self.screen() as s:
            s.see("#team", "Ann: hello from Ann", " live")
            s.type("written on the screen", "Enter"), s.see("Bob: written on the screen")
            self.until(lambda: "written on the screen" in self.bodies())
            self.run_cli("ann", "send", "team", "seen at once"), s.see("Ann: seen at once")
            s.type("/edit changed", "Enter"), s.see("Bob: changed (edited)")
            s.type("/nonsense", "Enter"), s.see("/join CHAT", "/discard"), s.see_line("/nonsense")
            s.keys("C-u"), s.type("/quit", "Enter"), s.ended()

    def search(self, s):
        s.type("/search needle", "Enter"), s.see("Ann: needle")
        self.assertNotIn("m120", s.shown())

    def test_there_is_a_way_back_to_the_newest(self):
        self.run_cli("ann", "send", "team", "-", text="needle\n" + "".join(f"m{i}\n" for i in range(1, 121)))
        self.run_cli("bob", "history", "team", "--limit", "200")
        with self.screen() as s:
            s.see("Ann: m120", " live")
            self.search(s)
            self.run_cli("ann", "send", "team", "while bob looked back")
            seen = set(re.findall(r"Ann: m(\d+)", s.shown()))
            for _ in range(40):  # page by page, and nothing left out
                before = s.shown()
                if "while bob looked back" in before:
                    break
                s.keys("NPage"), self.until(lambda: s.shown() != before, shown=s.shown)
                seen |= set(re.findall(r"Ann: m(\d+)", s.shown()))
            s.see("Ann: while bob looked back")
            self.assertEqual(seen, {str(i) for i in range(1, 121)})
            self.run_cli("ann", "send", "team", "followed again"), s.see("Ann: followed again")
            self.search(s)
            s.type("mine", "Enter"), s.see("Bob: mine", "Ann: followed again")

    def test_reading_back_is_not_disturbed(self):
        self.run_cli("ann", "send", "team", "-", text="".join(f"m{i}\n" for i in range(1, 61)))
        with self.screen() as s:
            s.see("Ann: m60", " live"), s.keys("PPage"), s.see("Ann: m35")
            top = s.shown().splitlines()[:10]
            self.run_cli("ann", "send", "team", "below"), s.see("#team (1)")
            self.assertEqual([re.sub(r".*│", "", line) for line in s.shown().splitlines()[:10]], [re.sub(r".*│", "", line) for line in top])
            s.keys("NPage"), s.keys("NPage"), s.see("Ann: below")

    def test_what_was_refused_is_reached(self):
        team = self.lines("ann", "chats")[0]["id"]
        archive = lambda on: self.assertEqual(self.harness_call("ann", "PATCH", f"/chats/{team}", {"archived": on}).status, 200)
        with self.screen() as s:
            s.see("#team", " live"), archive(True)
            s.type("first", "Enter"), s.see("Bob: first (not sent)", "1 refused (/retry, /discard)")
            s.type("second", "Enter"), s.see("Bob: second (waits)")
            archive(False), s.type("/retry", "Enter")
            self.until(lambda: self.bodies() == ["first", "second"], shown=s.shown)
            archive(True), s.type("third", "Enter"), s.see("Bob: third (not sent)")
            s.type("/discard", "Enter"), self.until(lambda: "third" not in s.shown(), shown=s.shown)
            s.type("/discard", "Enter"), s.see("nothing of that id has failed"), s.see_line("/discard")

    def test_what_is_not_sent_is_kept(self):
        self.run_cli("ann", "new", "public_channel", "other", "Bob"), self.run_cli("ann", "send", "team", "to be the first")
        with self.screen() as s:
            s.see("#other", "Ann: to be the first", " live")
            s.type("half a thought"), s.see_line("half a thought"), s.keys("Tab"), s.see_line("")
            s.keys("Tab"), s.see_line("half a thought"), s.keys("Enter"), s.see("Bob: half a thought"), s.see_line("")
            s.type("/quit", "Enter"), s.ended()
        with self.screen() as s:
            s.see("Bob: half a thought", " live"), s.see_line("")
            s.type("hung up upon"), s.see_line("hung up upon"), s.run("kill-session", "-t", "s")
        self.until(lambda: subprocess.run(self.command("bob", "whoami"), capture_output=True).returncode == 0)  # the screen has let go of the home
        with self.screen() as s:
            s.see(" live"), s.see_line("hung up upon"), s.keys("C-u")
            s.type("/usr/bin is gone", "Enter"), s.see("/usr/bin is no command"), s.see_line("/usr/bin is gone")
            s.keys("C-u"), s.type("//usr/bin is gone", "Enter"), s.see("Bob: /usr/bin is gone"), s.see_line("")
            s.paste("x" * 40001 + "end"), self.until(lambda: s.line().rstrip().endswith("xend"), shown=s.shown)
            s.keys("Enter"), s.see("not kept: ")
            self.assertTrue(s.line().rstrip().endswith("xend"))

    def test_a_pasted_text_is_one_message(self):
        with self.screen() as s:
            s.see("#team", " live"), s.paste("one\n\ttwo\nthree\n"), self.until(lambda: "> one↵?two↵three" in s.line(), shown=s.shown)
            self.assertEqual(self.bodies(), [])
            s.keys("Enter"), self.until(lambda: self.bodies() == ["one\n\ttwo\nthree"], shown=s.shown)

    def test_wide_characters_have_two_columns(self):
        for text in ["✅⌚⭐" * 30, "각힣" * 40, "⺀㏿" * 40]:
            self.run_cli("ann", "send", "team", text)
        with self.screen() as s:
            s.see(" live", "Ann: ⺀㏿")
            for text, n in [("✅⌚⭐", 90), ("각힣", 80), ("⺀㏿", 80)]:
                self.assertEqual(sum(c in text for c in s.shown()), n, s.shown())
            self.assertTrue(all(re.match(r"[ -~]", line) for line in s.shown().splitlines() if line), s.shown())

    def test_a_terminal_that_is_gone_ends_it(self):
        env = {**self.ENV, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        for typed in [b"half", b""]:  # the second one finds what was typed
            terminal, end = pty.openpty()
            # Another session's terminal: its end is no SIGHUP to this one.
            process = subprocess.Popen(self.command("bob"), stdin=end, stdout=end, stderr=subprocess.DEVNULL, env=env, start_new_session=True)
            self.addCleanup(lambda process=process: (process.kill(), process.wait()))
            os.close(end)
            if typed:
                self.read_until(terminal, b"#team"), os.write(terminal, typed)  # what is typed before is for no chat yet
            self.read_until(terminal, b"half"), os.close(terminal)
            self.assertEqual(process.wait(20), 0)

    def read_until(self, terminal, wanted):
        shown = b""
        while wanted not in shown:
            self.assertTrue(select.select([terminal], [], [], 20)[0], shown)
            shown += os.read(terminal, 4096)

    def test_without_a_terminal_there_is_no_screen(self):
        self.run_cli("bob", code=2)
        self.assertIn("needs a terminal", self.errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)

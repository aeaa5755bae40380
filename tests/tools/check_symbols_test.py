"""The symbol check sees calls past the seams in real object files."""
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "tools" / "check_symbols.sh"
COMPILER = shutil.which("g++") or shutil.which("clang++-19")


@unittest.skipUnless(COMPILER, "no compiler")
class Symbols(unittest.TestCase):
    def run_on(self, code):
        with tempfile.TemporaryDirectory() as scratch:
            source, unit, names = (Path(scratch, name) for name in ("a.cpp", "a.o", "list"))
            source.write_text(code)
            subprocess.run([COMPILER, "-std=c++20", "-c", source, "-o", unit], check=True)
            names.write_text(f"{unit}\n{scratch}/not_built.o\n")
            return subprocess.run(["bash", SCRIPT, names], capture_output=True, text=True)

    def test_pure_code_passes(self):
        done = self.run_on("#include <string>\nint clock_of(const std::string& s) { return s.find('x') == s.npos; }\n")
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertIn("1 objects checked", done.stdout)

    def test_each_seam_is_guarded(self):
        for header, call in {
            "chrono": "std::chrono::steady_clock::now()",
            "thread": "std::thread([] {}).join()",
            "cstdlib": 'std::getenv("HOME")',
            "cstdio": 'std::fopen("x", "r")',
            "ctime": "std::time(nullptr)",
            "random": "std::random_device{}()",
            "fstream": 'std::ifstream("x").get()',
            "filesystem": 'std::filesystem::exists("x")',
            "sys/socket.h": "socket(AF_INET, SOCK_STREAM, 0)",
        }.items():
            with self.subTest(call):
                done = self.run_on(f"#include <{header}>\nvoid f() {{ (void)0, {call}; }}\n")
                self.assertEqual(1, done.returncode, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()

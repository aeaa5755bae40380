"""Attacks of the classes that chat servers have fallen to, by theme; docs/security.md says which defence each of them holds."""

import unittest
from security.ids import *
from security.resources import *
from security.rows import *
from security.sessions import *
from security.transport import *

if __name__ == "__main__":
    unittest.main(verbosity=2)
